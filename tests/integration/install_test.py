#!/usr/bin/env python3
"""Installs the build into a folder and uses what came: both names, the manual page, the completions."""
import os
import unittest

import support


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.prefix = support.temporary_folder() / "usr"
        result = support.run(["cmake", "--install", support.build_dir(), "--prefix", cls.prefix])
        if result.returncode != 0:
            raise AssertionError(result.stderr)
        cls.env = support.environment(cls.prefix / "bin", KUBECONFIG="/dev/null")

    def test_both_names_run(self):
        for name in ("oidc-audit", "kubectl-oidc_audit"):
            result = support.run([self.prefix / "bin" / name, "--version"])
            self.assertEqual(result.returncode, 0)
            self.assertTrue(result.stdout.startswith("oidc-audit "))
        self.assertEqual(os.readlink(self.prefix / "bin" / "kubectl-oidc_audit"), "oidc-audit")

    def test_destdir_is_honoured(self):
        stage = support.temporary_folder()
        result = support.run(["cmake", "--install", support.build_dir(), "--prefix", "/opt/oidc-audit"],
                             env=dict(os.environ, DESTDIR=str(stage)))
        self.assertEqual(result.returncode, 0, result.stderr)
        link = stage / "opt/oidc-audit/bin/kubectl-oidc_audit"
        self.assertTrue(link.is_symlink() and link.exists())

    def test_completion_helper_answers_for_kubectl(self):
        result = support.run([self.prefix / "bin" / "kubectl_complete-oidc_audit", "sca"], env=self.env)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout.splitlines()[-1], ":4")
        self.assertTrue(result.stdout.startswith("scan\t"))
        # A word that a shell has not closed is no error of the helper.
        self.assertEqual(support.run([self.prefix / "bin" / "kubectl_complete-oidc_audit", "--nonsense"], env=self.env).stderr, "")

    def test_manual_page(self):
        manual = self.prefix / "share" / "man" / "man1"
        page = manual / "oidc-audit.1"
        for alias in ("kubectl-oidc_audit.1", "kubectl-oidc-audit.1"):
            self.assertEqual((manual / alias).read_bytes(), page.read_bytes())
        support.need("mandoc")
        lint = support.run(["mandoc", "-T", "lint", "-W", "warning", page])
        # A date would differ from build to build.
        self.assertEqual([line for line in lint.stdout.splitlines() if "missing date" not in line], [])
        support.need("man")
        shown = support.run(["man", "--warnings", "-l", page], env=dict(self.env, MANWIDTH="80", PAGER="cat"))
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        text = shown.stdout
        self.assertIn("--fail-on SEVERITY", text)
        self.assertIn("EXIT STATUS", text)

    def test_completions_are_where_shells_look(self):
        share = self.prefix / "share"
        for path, shell in (("bash-completion/completions/oidc-audit", "bash"),
                            ("bash-completion/completions/kubectl-oidc_audit", "bash"),
                            ("zsh/site-functions/_oidc-audit", "zsh"),
                            ("fish/vendor_completions.d/oidc-audit.fish", "fish"),
                            ("fish/vendor_completions.d/kubectl-oidc_audit.fish", "fish")):
            with self.subTest(path):
                printed = support.run([support.program(), "completion", shell]).stdout
                self.assertEqual((share / path).read_text(), printed)

    def test_bash_completion_loads_it(self):
        loader = "/usr/share/bash-completion/bash_completion"
        if not os.path.exists(loader):
            support.missing("bash-completion")
        script = f"source {loader}; for name in oidc-audit kubectl-oidc_audit; do __load_completion $name; complete -p $name; done"
        result = support.run([support.need("bash"), "--norc", "-c", script],
                             env=dict(self.env, XDG_DATA_DIRS=str(self.prefix / "share")))
        self.assertEqual(result.stdout, "complete -F _oidc_audit oidc-audit\ncomplete -F _oidc_audit kubectl-oidc_audit\n")

    def test_scripts_are_sound(self):
        shellcheck = support.need("shellcheck")
        script = support.temporary_folder() / "oidc-audit.bash"
        script.write_text(support.run([support.program(), "completion", "bash"]).stdout)
        checked = support.run([shellcheck, "--shell=bash", "--severity=warning", script])
        self.assertEqual(checked.stdout, "")
        for path in sorted(support.ROOT.glob("docs/**/*.sh")) + [self.prefix / "bin" / "kubectl_complete-oidc_audit"]:
            with self.subTest(path.name):
                self.assertEqual(support.run([shellcheck, "--severity=warning", path]).stdout, "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
