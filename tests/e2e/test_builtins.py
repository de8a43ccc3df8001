"""The default objects and API resources that are embedded in the program are those of a real server."""
import subprocess
import sys
import unittest

from harness import shared, tools


class Embedded(unittest.TestCase):
    def test_is_what_the_server_has(self):
        embedded = {path.name for path in (tools.ROOT / "src/rbac/data").glob("builtin_policy-*.inc")}
        if f"builtin_policy-{shared.version().lstrip('v')}.inc" not in embedded:
            self.skipTest(f"nothing of {shared.version()} is embedded")
        done = subprocess.run([sys.executable, tools.ROOT / "src/rbac/data/update.py", "--check"], capture_output=True, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stderr)


if __name__ == "__main__":
    unittest.main()
