"""The program as a plugin of a real kubectl."""
import json
import os
import pathlib
import tempfile
import unittest

from harness import shared
from harness.tools import ROOT

BAD = ROOT / "fixtures/docs/cluster.yaml"


class Plugin(unittest.TestCase):
    def setUp(self):
        shared.server()
        self.folder = tempfile.TemporaryDirectory(prefix="oidc-audit-plugin-")
        self.addCleanup(self.folder.cleanup)
        os.symlink(shared.oidc_audit(), pathlib.Path(self.folder.name) / "kubectl-oidc_audit")
        self.path = f"{self.folder.name}:{os.environ['PATH']}"

    def kubectl(self, *arguments):
        return shared.kubectl(*arguments, path=self.path, check=False)

    def test_is_found_without_warnings(self):
        done = self.kubectl("plugin", "list")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("kubectl-oidc_audit", done.stdout)
        self.assertNotIn("warning", (done.stdout + done.stderr).lower())

    def test_same_answer_and_status_as_the_program(self):
        for arguments in (["scan", "-f", BAD], ["scan", "-o", "json", "-f", BAD], ["simulate", "list", "pods", "--user", "x", "-f", BAD],
                          ["simulate", "list", "pods", "--user", "x", "--group", "system:masters", "-f", BAD], ["scan", "-f", "/nonexistent"],
                          ["scan", "--no-such-option"], ["--version"]):
            with self.subTest(arguments=arguments):
                through, alone = self.kubectl("oidc-audit", *arguments), shared.run(*arguments)
                self.assertEqual((alone.returncode, alone.stdout), (through.returncode, through.stdout), through.stderr)

    def test_help_speaks_of_kubectl(self):
        done = self.kubectl("oidc-audit", "scan", "--help")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("kubectl oidc-audit scan", done.stdout)

    def test_reads_what_kubectl_prints(self):
        """A pipe from kubectl gives what a dump in a file gives."""
        listed = self.kubectl("get", "clusterrolebindings", "-o", "json").stdout
        report = json.loads(shared.run("scan", "-o", "json", "-", stdin=listed).stdout)
        self.assertEqual(len(json.loads(listed)["items"]), report["summary"]["objects"]["ClusterRoleBinding"])


if __name__ == "__main__":
    unittest.main()
