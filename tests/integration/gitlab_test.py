#!/usr/bin/env python3
"""The GitLab component: its form, and its jobs run as a runner would, the reports checked by GitLab's schemas."""
import json
import re
import unittest

import action_test
import support

TEMPLATE = support.ROOT / "templates" / "oidc-audit.yml"
KEYWORDS = {"image", "stage", "variables", "before_script", "script", "artifacts", "extends", "rules", "after_script", "needs"}


class Component(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.spec, cls.jobs = action_test.load_yaml(TEMPLATE)

    def inputs(self, **given):
        values = {name: spec.get("default") for name, spec in self.spec["spec"]["inputs"].items()}
        values.update({name.replace("_", "-"): value for name, value in given.items()})
        return values

    def job(self, name, **given):
        """A job with `extends` and inputs resolved, as GitLab does it."""
        text = json.dumps(self.jobs[name])
        merged = dict(self.jobs[self.jobs[name]["extends"]]) if "extends" in self.jobs[name] else {}
        merged.update(json.loads(text))
        values = self.inputs(**given)

        def resolve(node):
            if isinstance(node, dict):
                return {key: resolve(value) for key, value in node.items()}
            if isinstance(node, list):
                return [resolve(value) for value in node]
            if isinstance(node, str):
                return re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda match: str(values[match.group(1)]), node)
            return node

        return resolve(merged)

    def run_job(self, name, workspace, folders=None, **given):
        job = self.job(name, **given)
        env = support.environment(*(folders if folders is not None else [support.program_folder()]), **job["variables"])
        script = "\n".join(job["before_script"] + job["script"])
        # The runner joins the lines and stops at the first that fails.
        return job, support.run(["sh", "-c", "set -e\n" + script], env=env, cwd=workspace)

    def workspace(self, **files):
        folder = support.temporary_folder()
        (folder / ".git").mkdir()
        for name, content in files.items():
            (folder / f"{name}.yaml").write_text(content)
        return folder

    def test_form(self):
        for name, spec in self.spec["spec"]["inputs"].items():
            self.assertTrue(spec.get("description"), name)
            self.assertIn("default", spec, f"{name}: an input without a default is required")
            if "options" in spec:
                self.assertIn(spec["default"], spec["options"])
        text = TEMPLATE.read_text()
        for name in re.findall(r"\$\[\[ inputs\.([\w-]+)", text):
            self.assertIn(name, self.spec["spec"]["inputs"])
        for name in self.spec["spec"]["inputs"]:
            self.assertIn(f"inputs.{name} ]]", text)
        for name, job in self.jobs.items():
            self.assertEqual(set(job) - KEYWORDS, set(), name)
            if not name.startswith("."):
                self.assertIn("script", job)
                # Inputs stand in scripts only by way of variables: they would be code otherwise.
                self.assertNotIn("$[[", "".join(job["script"]))
        self.assertEqual(self.jobs[".oidc-audit"]["image"]["entrypoint"], [""])
        self.assertNotRegex(text, r"kubectl +oidc-audit")

    def test_gate(self):
        rows = [("risky", support.RISKY, {}, 1), ("clean", support.CLEAN, {}, 0), ("never", support.RISKY, {"fail_on": "never"}, 0),
                ("broken", "a: [\n", {}, 3), ("paths", support.RISKY, {"paths": "none.yaml"}, 3)]
        for name, content, given, status in rows:
            with self.subTest(name):
                workspace = self.workspace(rbac=content)
                job, result = self.run_job("oidc-audit", workspace, **given)
                self.assertEqual(result.returncode, status, result.stderr)
                report = json.loads((workspace / job["artifacts"]["reports"]["codequality"]).read_text())
                self.assertEqual([issue["check_name"] for issue in report],
                                 ["wildcard-tenant"] if name in ("risky", "never") else [])
                self.assertEqual(job["artifacts"]["when"], "always")

    def test_code_quality_is_valid(self):
        schemas = support.need_shared() / "schemas"
        python = support.python_with("jsonschema")
        workspace = self.workspace(rbac=support.RISKY)
        job, _ = self.run_job("oidc-audit", workspace)
        report = workspace / job["artifacts"]["reports"]["codequality"]
        script = ("import json,sys;from jsonschema import Draft7Validator as V;"
                  "e=list(V(json.load(open(sys.argv[1]))).iter_errors(json.load(open(sys.argv[2]))));"
                  "[print(x.message) for x in e];sys.exit(bool(e))")
        valid = support.run([python, "-c", script, schemas / "gitlab-codequality-report.json", report])
        self.assertEqual(valid.returncode, 0, valid.stdout)
        for issue in json.loads(report.read_text()):
            one = workspace / "one.json"
            one.write_text(json.dumps(issue))
            item = support.run([python, "-c", script, schemas / "gitlab-codequality-item.json", one])
            self.assertEqual(item.returncode, 0, item.stdout)
        self.assertFalse(report.read_bytes().startswith(b"\xef\xbb\xbf"))

    def test_sarif_job_succeeds_with_findings(self):
        workspace = self.workspace(rbac=support.RISKY)
        job, result = self.run_job("oidc-audit-sarif", workspace, sarif="true")
        self.assertEqual(result.returncode, 0, result.stderr)
        sarif = json.loads((workspace / job["artifacts"]["reports"]["sarif"]).read_text())
        self.assertEqual(len(sarif["runs"][0]["results"]), 1)
        self.assertEqual(job["rules"], [{"if": '"true" == "true"'}])

    def test_release_is_downloaded_and_checked(self):
        support.need("curl")
        support.need("dpkg")
        releases = support.temporary_folder()
        archive, digest = action_test.make_release(releases)
        given = {"version": "v0.1.0", "releases": releases.as_uri()}
        for sha256 in ("", digest):
            _, result = self.run_job("oidc-audit", self.workspace(rbac=support.RISKY), folders=[], sha256=sha256, **given)
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertIn("[wildcard-tenant]", re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\", "", result.stdout))
        with archive.open("ab") as opened:
            opened.write(b"x")
        for sha256 in ("", digest):
            _, result = self.run_job("oidc-audit", self.workspace(rbac=support.CLEAN), folders=[], sha256=sha256, **given)
            self.assertNotEqual(result.returncode, 0)
            self.assertNotIn("oidc-audit 0", result.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
