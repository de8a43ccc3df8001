#!/usr/bin/env python3
"""The GitHub action: its form, and its steps run as a runner would, with files in place of GitHub's."""
import hashlib
import json
import pathlib
import re
import shutil
import unittest

import support

ACTION = support.ROOT / "action.yml"


def load_yaml(path):
    python = support.python_with("yaml")
    script = "import json,sys,yaml; print(json.dumps([d for d in yaml.safe_load_all(open(sys.argv[1]))]))"
    result = support.run([python, "-c", script, path])
    if result.returncode != 0:
        raise AssertionError(result.stderr)
    return json.loads(result.stdout)


def make_release(folder, version="v0.1.0"):
    """A release as docs/release/package.sh makes it, below folder/VERSION."""
    made = support.run([support.ROOT / "docs/release/package.sh", support.build_dir(), folder / "made"])
    if made.returncode != 0:
        raise AssertionError(made.stderr)
    archive = pathlib.Path(made.stdout.strip())
    release = folder / version
    release.mkdir()
    name = re.sub(r"_v[^_]*_", f"_{version}_", archive.name)
    shutil.copy(archive, release / name)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    (release / "SHA256SUMS").write_text(f"{digest}  {name}\n")
    return release / name, digest


class Runner:
    """As much of a runner as composite actions need: inputs, env, expressions of a few forms, files for outputs."""

    def __init__(self, workspace, inputs, path_folders=()):
        self.action = load_yaml(ACTION)[0]
        self.inputs = {name: spec.get("default", "") for name, spec in self.action["inputs"].items()}
        self.inputs.update(inputs)
        self.workspace = workspace
        self.temp = support.temporary_folder()
        self.steps = {}
        self.summary = self.temp / "summary.md"
        self.path_folders = list(path_folders)
        self.uploaded = None
        self.log = ""

    def value(self, expression):
        scope, _, rest = expression.partition(".")
        if scope == "inputs":
            return self.inputs[rest]
        if expression == "github.action_path":
            return str(support.ROOT)
        if expression == "github.action_repository":
            return "example/oidc-audit"
        match = re.fullmatch(r"steps\.([\w-]+)\.outputs\.([\w-]+)", expression)
        if match:
            return self.steps.get(match.group(1), {}).get(match.group(2), "")
        raise AssertionError(f"the test knows no {expression}")

    def expand(self, text):
        return re.sub(r"\$\{\{ *(.*?) *\}\}", lambda match: self.value(match.group(1)), str(text))

    def holds(self, condition):
        for part in condition.split("&&"):
            left, operator, right = re.fullmatch(r"\s*(\S+)\s*(==|!=)\s*'(.*)'\s*", part).groups()
            if (self.value(left) == right) != (operator == "=="):
                return False
        return True

    def run(self):
        for step in self.action["runs"]["steps"]:
            if "if" in step and not self.holds(step["if"]):
                continue
            if "uses" in step:
                self.uploaded = {key: self.expand(value) for key, value in step["with"].items()}
                continue
            status = self.run_step(step)
            if status != 0 and not step.get("continue-on-error"):
                return status
        return 0

    def run_step(self, step):
        files = {name: self.temp / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_PATH")}
        for path in files.values():
            path.write_text("")
        env = support.environment(*self.path_folders, RUNNER_TEMP=self.temp, GITHUB_ACTION_PATH=support.ROOT,
                                  GITHUB_STEP_SUMMARY=self.summary, GITHUB_SERVER_URL="https://github.example",
                                  GITHUB_ACTIONS="true", CI="true", **files)
        env.update({name: self.expand(value) for name, value in step.get("env", {}).items()})
        # How a runner calls `shell: bash`.
        script = self.temp / "step.sh"
        script.write_text(step["run"])
        result = support.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", script], env=env, cwd=self.workspace)
        self.log += result.stdout + result.stderr
        outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
        self.steps[step.get("id", "")] = outputs
        self.path_folders = files["GITHUB_PATH"].read_text().splitlines() + self.path_folders
        return result.returncode


class Form(unittest.TestCase):
    def setUp(self):
        self.action = load_yaml(ACTION)[0]

    def test_required_keys(self):
        for key in ("name", "description", "inputs", "outputs", "runs"):
            self.assertTrue(self.action.get(key), key)
        self.assertEqual(self.action["runs"]["using"], "composite")
        for name, spec in {**self.action["inputs"], **self.action["outputs"]}.items():
            self.assertTrue(spec.get("description"), name)
        for name, spec in self.action["outputs"].items():
            self.assertTrue(spec.get("value"), name)

    def test_steps_are_as_composite_actions_want_them(self):
        for step in self.action["runs"]["steps"]:
            self.assertTrue(("run" in step) != ("uses" in step))
            if "run" in step:
                self.assertEqual(step.get("shell"), "bash", "a run step needs a shell")
                self.assertNotIn("${{", step["run"], "inputs reach scripts through env: anything else is injection")
                self.assertNotRegex(step["run"], r"kubectl +oidc-audit")

    def test_every_input_and_output_exists(self):
        text = ACTION.read_text()
        for name in re.findall(r"inputs\.([\w-]+)", text):
            self.assertIn(name, self.action["inputs"])
        for name in self.action["inputs"]:
            self.assertIn(f"inputs.{name}", text)
        ids = {step.get("id") for step in self.action["runs"]["steps"]}
        for name in re.findall(r"steps\.([\w-]+)\.", text):
            self.assertIn(name, ids)

    def test_inline_scripts_are_sound(self):
        shellcheck = support.need("shellcheck")
        for step in self.action["runs"]["steps"]:
            if "run" in step:
                script = support.temporary_folder() / "step.sh"
                script.write_text("#!/usr/bin/env bash\n" + step["run"])
                self.assertEqual(support.run([shellcheck, "--severity=warning", script]).stdout, "")


class Steps(unittest.TestCase):
    def workspace(self, files):
        folder = support.temporary_folder()
        (folder / ".git").mkdir()
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content)
        return folder

    def runner(self, files, **inputs):
        inputs = {name.replace("_", "-"): value for name, value in inputs.items()}
        return Runner(self.workspace(files), inputs, [support.program_folder()])

    def test_findings_fail_the_job_after_the_upload(self):
        runner = self.runner({"deploy/rbac.yaml": support.RISKY})
        self.assertEqual(runner.run(), 1)
        self.assertEqual(runner.steps["scan"]["exit-status"], "1")
        sarif = json.loads(pathlib.Path(runner.uploaded["sarif_file"]).read_text())
        self.assertEqual(runner.uploaded["category"], "oidc-audit")
        run = sarif["runs"][0]
        self.assertNotIn("automationDetails", run, "an id in the file would win over the action's category")
        uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        self.assertEqual(uri, "deploy/rbac.yaml")
        self.assertRegex(runner.log, r"(?m)^::error file=deploy/rbac\.yaml,line=12,endLine=12,col=9,endColumn=\d+,title=wildcard-tenant")
        summary = runner.summary.read_text()
        self.assertTrue(summary.startswith("### oidc-audit\n\n    "))
        self.assertIn("1 finding: 1 high", summary)

    def test_clean(self):
        runner = self.runner({"rbac.yaml": support.CLEAN})
        self.assertEqual(runner.run(), 0)
        self.assertIsNotNone(runner.uploaded, "an upload without results closes the alerts of the last one")
        self.assertNotIn("::error", runner.log)

    def test_inputs_reach_the_scan(self):
        files = {"a b/rbac.yaml": support.RISKY, "other.yaml": support.CLEAN}
        self.assertEqual(self.runner(files, paths="a b\nother.yaml\n").run(), 1)
        self.assertEqual(self.runner(files, paths="other.yaml").run(), 0)
        self.assertEqual(self.runner(files, fail_on="never").run(), 0)
        self.assertEqual(self.runner(files, fail_on="critical").run(), 0)
        self.assertEqual(self.runner(files, args="--disable\nwildcard-tenant\n").run(), 0)

    def test_inputs_are_never_code(self):
        runner = self.runner({"rbac.yaml": support.CLEAN}, paths="$(touch pwned)\n`touch pwned`\n; touch pwned\n--config=x")
        runner.run()
        self.assertFalse((runner.workspace / "pwned").exists())

    def test_incomplete_input_fails_unless_allowed(self):
        files = {"rbac.yaml": support.CLEAN, "broken.yaml": "a: [\n"}
        runner = self.runner(files)
        self.assertEqual(runner.run(), 3)
        self.assertIsNotNone(runner.uploaded)
        self.assertEqual(self.runner(files, allow_incomplete="true").run(), 0)

    def test_bad_usage_uploads_nothing(self):
        runner = self.runner({"rbac.yaml": support.CLEAN}, fail_on="hihg")
        self.assertEqual(runner.run(), 2)
        self.assertIsNone(runner.uploaded)
        self.assertIn("did you mean `high`?", runner.log)

    def test_upload_can_be_left_out(self):
        runner = self.runner({"rbac.yaml": support.RISKY}, upload="false")
        self.assertEqual(runner.run(), 1)
        self.assertIsNone(runner.uploaded)

    def test_release_is_downloaded_and_checked(self):
        support.need("curl")
        releases = support.temporary_folder()
        archive, digest = make_release(releases)
        files = {"rbac.yaml": support.RISKY}
        for sha256 in ("", digest):
            with self.subTest(sha256=sha256):
                runner = Runner(self.workspace(files), {"version": "v0.1.0", "releases": releases.as_uri(), "sha256": sha256})
                self.assertEqual(runner.run(), 1, runner.log)
                self.assertEqual(runner.path_folders[0], str(runner.temp / "oidc-audit" / "bin"))
        with archive.open("ab") as opened:
            opened.write(b"x")
        for sha256 in ("", digest):
            with self.subTest("changed archive", sha256=sha256):
                runner = Runner(self.workspace(files), {"version": "v0.1.0", "releases": releases.as_uri(), "sha256": sha256})
                self.assertEqual(runner.run(), 2)
                self.assertIn("it is not used", runner.log)

    def test_version_cannot_lead_elsewhere(self):
        for version in ("latest", "v1/../../x", "v1 x", "0.1.0"):
            with self.subTest(version):
                runner = Runner(self.workspace({}), {"version": version, "releases": "https://127.0.0.1:1"})
                self.assertEqual(runner.run(), 2)
                self.assertIn("is not a version", runner.log)


if __name__ == "__main__":
    unittest.main(verbosity=2)
