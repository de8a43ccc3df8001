#!/usr/bin/env python3
"""The plugin and its completion through a real kubectl: the one that OIDC_AUDIT_KUBECTL names, else that of PATH. Skips
without one; the gate names one that it has built."""
import os
import shutil
import unittest

import support


def kubectl():
    path = os.environ.get("OIDC_AUDIT_KUBECTL") or shutil.which("kubectl")
    if path is None:
        raise unittest.SkipTest("kubectl is missing")
    return path


class Kubectl(unittest.TestCase):
    def complete(self, *words):
        folder = support.program_folder()
        env = support.environment(folder, KUBECONFIG="/dev/null")
        return support.run([kubectl(), "__complete", "oidc-audit", *words], env=env)

    def test_subcommands(self):
        result = self.complete("")
        self.assertEqual(result.returncode, 0)
        lines = result.stdout.splitlines()
        self.assertIn("scan\tFind risky bindings of external identities in RBAC files", lines)
        self.assertEqual(lines[-1], ":4")

    def test_values(self):
        self.assertEqual(self.complete("scan", "--fail-on", "c").stdout, "critical\n:4\n")
        self.assertEqual(self.complete("scan", "-f", "").stdout, "yaml\nyml\njson\n:8\n")

    def test_plugin_list_has_no_warning(self):
        env = support.environment(support.program_folder(), KUBECONFIG="/dev/null")
        result = support.run([kubectl(), "plugin", "list"], env=env)
        self.assertIn("kubectl-oidc_audit", result.stdout)
        ours = [line for line in (result.stdout + result.stderr).splitlines() if "warning" in line and "oidc_audit" in line]
        self.assertEqual(ours, [])

    def test_exit_status_comes_through(self):
        folder = support.program_folder()
        work = support.temporary_folder()
        (work / "risky.yaml").write_text(support.RISKY)
        (work / "clean.yaml").write_text(support.CLEAN)
        env = support.environment(folder, KUBECONFIG="/dev/null")
        for args, status in ((["-f", "clean.yaml"], 0), (["-f", "risky.yaml"], 1), (["--nonsense"], 2), (["-f", "none.yaml"], 3)):
            with self.subTest(args):
                result = support.run([kubectl(), "oidc-audit", "scan", *args], env=env, cwd=work)
                self.assertEqual(result.returncode, status, result.stderr)

    def test_without_words_it_scans_the_current_context(self):
        env = support.environment(support.program_folder(), KUBECONFIG="/dev/null")
        result = support.run([kubectl(), "oidc-audit"], env=env)
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("context", result.stderr)

    def test_trap_of_planted_plugins_is_real(self):
        """A path that is the first word behind `scan` is looked for as part of the plugin's name; -f is safe."""
        folder = support.program_folder()
        work = support.temporary_folder()
        (work / "deploy").mkdir()
        (work / "deploy" / "a.yaml").write_text(support.CLEAN)
        planted = work / "kubectl-oidc_audit-scan-." / "deploy"
        planted.parent.mkdir()
        planted.write_text("#!/bin/sh\necho planted\n")
        planted.chmod(0o755)
        env = support.environment(folder, KUBECONFIG="/dev/null")
        self.assertIn("planted", support.run([kubectl(), "oidc-audit", "scan", "./deploy"], env=env, cwd=work).stdout)
        for words in (["scan", "-f", "./deploy"], ["scan", "--", "./deploy"]):
            result = support.run([kubectl(), "oidc-audit", *words], env=env, cwd=work)
            self.assertNotIn("planted", result.stdout)
            self.assertEqual(result.returncode, 0, result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
