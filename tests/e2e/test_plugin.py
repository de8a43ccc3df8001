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
        os.symlink(ROOT / "src/kubectl_complete-oidc_audit", pathlib.Path(self.folder.name) / "kubectl_complete-oidc_audit")
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

    def test_alone_it_scans_the_current_context(self):
        before = len(shared.server().audited())
        done = self.kubectl("oidc-audit")
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertIn("1 cluster read: e2e", done.stdout)
        self.assertEqual({"e2e-admin"}, {event["user"]["username"] for event in shared.server().audited()[before:]})

    def test_flags_of_kubectl(self):
        """Whatever ConfigFlags has is taken or refused with a reason, never unknown."""
        for flag, value in (("--context", "e2e"), ("--cluster", "e2e"), ("--kubeconfig", shared.server().kubeconfig), ("--namespace", "dev"),
                            ("--server", shared.server().address), ("--request-timeout", "30s"), ("--as", "root"), ("--as-group", "system:masters"),
                            ("--as-uid", "1"), ("--tls-server-name", "localhost"), ("--disable-compression", None), ("--cache-dir", "/tmp"),
                            ("--token", "x"), ("--username", "x"), ("--password", "x"), ("--user", "x"), ("--match-server-version", None),
                            ("--insecure-skip-tls-verify", None), ("--certificate-authority", shared.server().ca.crt)):
            with self.subTest(flag):
                whom = ["--as", "root"] if flag in ("--as-group", "--as-uid") else []
                done = self.kubectl("oidc-audit", "scan", "--live", *whom, flag, *([value] if value else []))
                self.assertNotIn("unknown option", done.stderr)
                self.assertIn(done.returncode, (0, 1, 2, 3))
                if done.returncode == 2:
                    self.assertIn(flag.lstrip("-").split("-")[0], done.stderr)

    def complete(self, *words):
        """Candidates and directive, as kubectl gives them to a shell."""
        done = self.kubectl("__complete", "oidc-audit", *words)
        self.assertEqual(0, done.returncode, done.stderr)
        *lines, directive = done.stdout.splitlines()
        return [line.split("\t")[0] for line in lines], directive

    def test_completion(self):
        """kubectl asks kubectl_complete-oidc_audit for the words behind the plugin's name, and passes on what it says."""
        self.assertEqual((["scan"], ":4"), self.complete("sc"))
        self.assertIn("--fail-on", self.complete("scan", "--fail")[0])
        self.assertEqual(["e2e"], self.complete("scan", "--context", "")[0])
        self.assertIn("kube-system", self.complete("scan", "-n", "kube")[0])
        self.assertIn("wildcard-tenant", self.complete("scan", "--disable", "wildcard-ten")[0])
        self.assertIn("load", self.complete("snapshot", "")[0])
        # Files are the shell's to complete: no candidates, and the directive does not forbid it.
        self.assertEqual(([], ":0"), self.complete("scan", "--config", ""))

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
