#!/usr/bin/env python3
"""The hooks of .pre-commit-hooks.yaml, run by pre-commit itself on repositories with good and bad commits."""
import os
import pty
import re
import unittest

import support

HOOKS = support.ROOT / ".pre-commit-hooks.yaml"


class PreCommit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pre_commit = support.need("pre-commit")
        cls.git = support.need("git")
        cls.bin = support.program_folder()
        home = support.temporary_folder()
        cls.env = support.environment(cls.bin, home=home, PRE_COMMIT_HOME=home / "cache", GIT_CONFIG_NOSYSTEM="1",
                                      GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@example.com", GIT_COMMITTER_NAME="a",
                                      GIT_COMMITTER_EMAIL="a@example.com", COLUMNS="200")
        cls.hooks = cls.repository(cls, {".pre-commit-hooks.yaml": HOOKS.read_text()})
        support.run([cls.git, "commit", "-qm", "hooks"], cwd=cls.hooks, env=cls.env)

    def repository(self, files):
        folder = support.temporary_folder()
        support.run([self.git, "init", "-q", folder], env=self.env)
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content)
        support.run([self.git, "add", "-A"], cwd=folder, env=self.env)
        return folder

    def try_repo(self, files, hook="oidc-audit", more=("--all-files",)):
        folder = self.repository(files)
        result = support.run([self.pre_commit, "try-repo", self.hooks, hook, "--verbose", *more], cwd=folder, env=self.env)
        state = support.run([self.git, "status", "--porcelain"], cwd=folder, env=self.env).stdout
        self.assertNotRegex(state, r"(?m)^.M", "the hook changed a file")
        return result

    def check(self, result, status, *parts):
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        for part in parts:
            self.assertIn(part, result.stdout)

    def test_manifest_is_valid(self):
        result = support.run([self.pre_commit, "validate-manifest", HOOKS], env=self.env)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_manifest_is_as_old_and_new_versions_want_it(self):
        text = HOOKS.read_text()
        self.assertEqual(re.findall(r"(?m)^- id: (.*)$", text), ["oidc-audit", "oidc-audit-tree"])
        self.assertEqual(text.count("language: system"), 2)  # its later name is unknown to Debian 12's version
        self.assertEqual(text.count("types_or: [yaml, json]"), 2)
        self.assertNotIn("stages:", text)  # renamed in 3.2
        self.assertIn("require_serial: true", text)
        self.assertNotRegex(text, r"(?m)^ *entry: .*kubectl ")  # a path behind `kubectl oidc-audit` may be run
        self.assertNotRegex(text, r"(?m)^ *entry: .* --( |$)")  # users' args hold options

    def test_a_good_commit_passes(self):
        self.check(self.try_repo({"rbac.yaml": support.CLEAN}), 0, "Passed")

    def test_a_bad_commit_fails_at_its_line(self):
        result = self.try_repo({"deploy/rbac.yaml": support.RISKY})
        self.check(result, 1, "Failed", "- exit code: 1", "deploy/rbac.yaml:12:9: high:", "[wildcard-tenant]")

    def test_installed_hook_stops_the_commit(self):
        folder = self.repository({"rbac.yaml": support.RISKY, ".pre-commit-config.yaml":
                                  f"repos:\n- repo: {self.hooks}\n  rev: HEAD\n  hooks:\n  - id: oidc-audit\n"})
        head = support.run([self.git, "rev-parse", "HEAD"], cwd=self.hooks, env=self.env).stdout.strip()
        config = folder / ".pre-commit-config.yaml"
        config.write_text(config.read_text().replace("HEAD", head))
        support.run([self.git, "add", "-A"], cwd=folder, env=self.env)
        installed = support.run([self.pre_commit, "install"], cwd=folder, env=self.env)
        self.assertEqual(installed.returncode, 0, installed.stderr)
        bad = support.run([self.git, "commit", "-m", "bad"], cwd=folder, env=self.env)
        self.assertNotEqual(bad.returncode, 0)
        self.assertIn("[wildcard-tenant]", bad.stdout + bad.stderr)
        (folder / "rbac.yaml").write_text(support.CLEAN)
        support.run([self.git, "add", "-A"], cwd=folder, env=self.env)
        good = support.run([self.git, "commit", "-m", "good"], cwd=folder, env=self.env)
        self.assertEqual(good.returncode, 0, good.stdout + good.stderr)

    def test_no_match_is_skipped(self):
        self.check(self.try_repo({"README.md": "x\n"}), 0, "Skipped")

    def test_files_outside_kubernetes_are_passed_over(self):
        files = {"package.json": '{"name": "x"}\n', ".github/workflows/ci.yml": "on: push\njobs: {}\n", "list.yaml": "- a\n- b\n",
                 "templates/role.yaml": "kind: Role\nmetadata:\n  name: {{ .Values.name }}\n", "rbac.yaml": support.CLEAN}
        self.check(self.try_repo(files), 0, "Passed")

    def test_what_is_no_manifest_need_not_be_well_formed(self):
        files = {"tsconfig.json": "{\n  // a comment\n  \"a\": 1,\n}\n", "mkdocs.yml": "a: [\n", "rbac.yaml": support.CLEAN,
                 "chart/templates/role.yaml": "apiVersion: v1\nkind: {{ .Values.kind }}\n"}
        self.check(self.try_repo(files), 0, "Passed")
        only_template = {"role.yaml": "apiVersion: v1\n{{- if .x }}\nkind: Role\n{{- end }}\n"}
        self.check(self.try_repo(only_template), 0, "Passed", "1 template skipped")

    def test_a_broken_manifest_fails(self):
        self.check(self.try_repo({"rbac.yaml": support.RISKY + "  bad: [\n"}), 1, "- exit code: 3", "rbac.yaml:")

    def test_names_with_space_and_dot(self):
        result = self.try_repo({"a b/my rbac.yaml": support.RISKY, ".hidden.yaml": support.RISKY.replace("terraform", "two")})
        self.check(result, 1, "a b/my rbac.yaml:12:9:", ".hidden.yaml:12:9:")

    def test_a_name_that_looks_like_an_option_is_an_error_with_a_hint(self):
        self.check(self.try_repo({"-rbac.yaml": support.CLEAN}), 1, "- exit code: 2", "./-rbac.yaml")

    def test_two_hundred_files_are_one_picture(self):
        """A binding and its role in different files: were they divided among processes, the role would be missing."""
        role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: NAME}\nrules: []\n"
        files = {f"role-{i}.yaml": role.replace("NAME", f"role-{i}") for i in range(200)}
        files["rbac.yaml"] = support.CLEAN
        result = self.try_repo(files)
        self.check(result, 0, "201 files read")

    def test_configuration_of_the_repository_counts(self):
        files = {"rbac.yaml": support.RISKY, "vendor/rbac.yaml": support.RISKY, ".oidc-audit.yaml": "exclude: [vendor/]\n"}
        result = self.try_repo(files)
        self.check(result, 1, "rbac.yaml:12:9:")
        self.assertNotIn("vendor/", result.stdout)

    def test_args_of_the_user_are_options(self):
        folder = self.repository({"rbac.yaml": support.RISKY, ".pre-commit-config.yaml":
                                  f"repos:\n- repo: {self.hooks}\n  rev: HEAD\n  hooks:\n  - id: oidc-audit\n"
                                  "    args: [--fail-on, never]\n"})
        head = support.run([self.git, "rev-parse", "HEAD"], cwd=self.hooks, env=self.env).stdout.strip()
        config = folder / ".pre-commit-config.yaml"
        config.write_text(config.read_text().replace("HEAD", head))
        support.run([self.git, "add", "-A"], cwd=folder, env=self.env)
        result = support.run([self.pre_commit, "run", "--all-files", "--verbose"], cwd=folder, env=self.env)
        self.check(result, 0, "Passed", "[wildcard-tenant]")

    def test_whole_tree_sees_what_was_not_changed(self):
        folder = self.repository({"rbac.yaml": support.RISKY})
        support.run([self.git, "commit", "-qm", "before"], cwd=folder, env=self.env)
        (folder / "other.yaml").write_text("a: b\n")
        support.run([self.git, "add", "-A"], cwd=folder, env=self.env)
        named = support.run([self.pre_commit, "try-repo", self.hooks, "oidc-audit"], cwd=folder, env=self.env)
        self.check(named, 0, "Passed")
        tree = support.run([self.pre_commit, "try-repo", self.hooks, "oidc-audit-tree"], cwd=folder, env=self.env)
        self.check(tree, 1, "rbac.yaml:12:9:")

    def test_color_and_no_progress_behind_a_pseudo_terminal(self):
        folder = self.repository({"rbac.yaml": support.RISKY})
        env = dict(self.env, TERM="xterm")
        output = bytearray()

        def read(fd):
            data = os.read(fd, 65536)
            output.extend(data)
            return b""

        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(folder)
            os.execvpe(self.pre_commit, [self.pre_commit, "try-repo", str(self.hooks), "oidc-audit", "--all-files",
                                         "--color", "always"], env)
        try:
            while True:
                read(fd)
        except OSError:
            pass
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 1)
        text = output.decode()
        self.assertIn("[wildcard-tenant]", re.sub(r"\x1b\[[0-9;]*m", "", text))
        hook = text[text.index("exit code"):]
        self.assertNotIn("\r\x1b[K", hook)  # how progress erases itself


if __name__ == "__main__":
    unittest.main(verbosity=2)
