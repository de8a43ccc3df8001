"""The default objects and API resources that are embedded in the program are those of a real server."""
import subprocess
import sys
import unittest

from harness import shared, tools


class Embedded(unittest.TestCase):
    def test_is_what_the_server_has(self):
        shared.server()  # skips when there is none
        done = subprocess.run([sys.executable, tools.ROOT / "src/rbac/data/update.py", "--check"], capture_output=True, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stderr)


if __name__ == "__main__":
    unittest.main()
