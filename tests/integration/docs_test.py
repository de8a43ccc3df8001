#!/usr/bin/env python3
"""What the pages show besides console examples (those are run by the C++ tests): YAML that parses, pipelines whose scripts
do what the page says, and no command through kubectl that could run a file of the scanned repository."""
import functools
import json
import re
import shlex
import unittest

import support

PAGES = [support.ROOT / "README.md", *sorted((support.ROOT / "docs").rglob("*.md"))]


def snippets(page, language):
    return re.findall(r"(?ms)^ *```" + language + r"\n(.*?)^ *```$", page.read_text())


def load_yaml(text):
    python = support.python_with("yaml")
    script = "import json,sys,yaml; print(json.dumps(yaml.safe_load(sys.stdin), default=str))"
    result = support.run([python, "-c", script], input=text)
    if result.returncode != 0:
        raise AssertionError(result.stderr)
    return json.loads(result.stdout)


@functools.cache
def candidates(*words):
    """What completion offers: it knows what the commands declare."""
    lines = support.run([support.program(), "__complete", *words]).stdout.splitlines()
    return [text.split("\t")[0] for text in lines]


class Safety(unittest.TestCase):
    def test_kubectl_is_given_options_before_paths(self):
        seen = 0
        for page in [*PAGES, support.ROOT / ".pre-commit-hooks.yaml", support.ROOT / "action.yml", support.ROOT / "templates/oidc-audit.yml"]:
            for block in re.findall(r"(?ms)^ *```\w*\n(.*?)^ *```$", page.read_text()) if page.suffix == ".md" else [page.read_text()]:
                for words in re.findall(r"kubectl oidc-audit((?: +[^\s|;&`]+)*)", block):
                    seen += 1
                    before_option = re.split(r" +-", words)[0]
                    self.assertNotRegex(before_option, r"[/.]", f"{page.name}: kubectl oidc-audit{words}")
        self.assertGreater(seen, 2)


class Options(unittest.TestCase):
    def test_every_option_in_shell_snippets_exists(self):
        """Asks completion, which knows what the commands declare."""
        seen = 0
        for page in PAGES:
            for language in ("sh", "console", "yaml", "groovy"):
                for block in snippets(page, language):
                    for line in re.findall(r"(?:^|[\s|'(])oidc-audit ([a-z-][^|'\n]*)", block):
                        seen += self.check(page, line)
        self.assertGreater(seen, 20)

    def check(self, page, line):
        seen = 0
        try:
            words = shlex.split(line)
        except ValueError:
            return 0
        command = []
        for word in words:
            if re.fullmatch(r"--[a-z][a-z-]*(=.*)?", word):
                name = word.split("=")[0]
                self.assertIn(name, candidates(*command, name), f"{page.name}: {line}")
                seen += 1
            elif not word.startswith("-") and len(command) < 2:
                if word in candidates("help", *command, word):
                    command.append(word)
        return seen


class Pipelines(unittest.TestCase):
    def workspace(self, content):
        folder = support.temporary_folder()
        (folder / ".git").mkdir()
        (folder / "rbac.yaml").write_text(content)
        return folder

    def run_scripts(self, scripts, workspace):
        """The status of the first script that fails, as these systems have it."""
        env = support.environment(support.program_folder())
        for script in scripts:
            result = support.run(["bash", "-e", "-c", script], env=env, cwd=workspace)
            if result.returncode != 0:
                return result.returncode, result.stdout
        return 0, result.stdout

    def check_gate(self, scripts, report="oidc-audit.sarif"):
        for content, status in ((support.RISKY, 1), (support.CLEAN, 0), ("a: [\n", 3)):
            workspace = self.workspace(content)
            self.assertEqual(self.run_scripts(scripts, workspace)[0], status)
            self.assertTrue((workspace / report).exists(), "the report is handed on whatever the verdict")
            json.loads((workspace / report).read_text())

    def test_yaml_parses(self):
        for page in PAGES:
            if page.parent.name == "integrations" or page.name == "README.md":
                for block in snippets(page, "yaml"):
                    self.assertTrue(load_yaml(block), page)

    def test_pre_commit_names_hooks_that_exist(self):
        hooks = {hook["id"] for hook in load_yaml((support.ROOT / ".pre-commit-hooks.yaml").read_text())}
        page = support.ROOT / "docs/integrations/pre-commit.md"
        for block in snippets(page, "yaml"):
            for repo in load_yaml(block)["repos"]:
                for hook in repo["hooks"]:
                    self.assertIn(hook["id"], hooks)
        for hook in hooks:
            self.assertIn(f"`{hook}`", page.read_text())

    def test_github(self):
        page = support.ROOT / "docs/integrations/github.md"
        whole, manual = (load_yaml(block) for block in snippets(page, "yaml"))
        job = whole["jobs"]["audit"]
        self.assertEqual(job["permissions"]["security-events"], "write")
        inputs = load_yaml((support.ROOT / "action.yml").read_text())["inputs"]
        for step in job["steps"]:
            if "oidc-audit" in step["uses"]:
                self.assertEqual(set(step["with"]) - set(inputs), set())
        for name in inputs:
            self.assertIn(f"`{name}`", page.read_text())
        self.check_gate([step["run"] for step in manual["steps"] if "run" in step])

    def test_gitlab(self):
        page = support.ROOT / "docs/integrations/gitlab.md"
        component, manual = (load_yaml(block) for block in snippets(page, "yaml"))
        inputs = load_yaml((support.ROOT / "templates/oidc-audit.yml").read_text().split("\n---\n")[0])["spec"]["inputs"]
        self.assertEqual(set(component["include"][0]["inputs"]) - set(inputs), set())
        for name in inputs:
            self.assertIn(f"`{name}`", page.read_text())
        self.check_gate(manual["oidc-audit"]["script"], manual["oidc-audit"]["artifacts"]["reports"]["codequality"])

    def test_jenkins(self):
        pipeline, statuses = snippets(support.ROOT / "docs/integrations/jenkins.md", "groovy")
        self.check_gate(re.findall(r"\bsh '(.*)'", pipeline))
        self.assertEqual(pipeline.count("{"), pipeline.count("}"))
        script = re.search(r"script: '(.*?)'", statuses).group(1)
        self.assertEqual(self.run_scripts([script], self.workspace(support.RISKY))[0], 1)

    def test_azure(self):
        steps, partial = (load_yaml(block)["steps"] for block in snippets(support.ROOT / "docs/integrations/azure.md", "yaml"))
        self.check_gate([step["bash"].replace("$(Build.ArtifactStagingDirectory)", ".") for step in steps if "bash" in step])
        for content, status, complete in ((support.RISKY, 0, True), (support.CLEAN, 0, False), ("a: [\n", 3, False)):
            ended, out = self.run_scripts([partial[0]["bash"]], self.workspace(content))
            self.assertEqual(ended, status)
            self.assertEqual("##vso[task.complete result=SucceededWithIssues;]" in out, complete)

    def test_exit_statuses_are_on_every_page(self):
        for page in sorted((support.ROOT / "docs/integrations").glob("*.md")):
            text = page.read_text()
            for status in ("1", "2", "3"):
                self.assertRegex(text, rf"\b{status}\b", page.name)

    def test_links_lead_somewhere(self):
        for page in PAGES:
            if page.parent.name != "integrations" and page.name != "README.md":
                continue
            for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text()):
                self.assertTrue((page.parent / target).exists(), f"{page}: {target}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
