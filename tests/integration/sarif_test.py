#!/usr/bin/env python3
"""SARIF of whole inputs, checked by validators that are not ours: the official schema in Python's jsonschema (with URI
formats), and Microsoft's sarif-multitool where it is installed (SARIF_MULTITOOL names the program)."""
import json
import os
import shutil
import unittest
from urllib.parse import unquote

import support

VALIDATE = """import json, sys
from jsonschema import Draft4Validator, FormatChecker
import rfc3987  # without it URI formats are not checked, silently
validator = Draft4Validator(json.load(open(sys.argv[1])), format_checker=FormatChecker())
bad = 0
for path in sys.argv[2:]:
    for error in validator.iter_errors(json.load(open(path))):
        print(path, list(error.path), error.message[:200])
        bad = 1
sys.exit(bad)
"""

HOSTILE = support.RISKY.replace("User", "Group").replace(
    "organization:*:project:p:workspace:w:run_phase:apply",
    '"organization:*:[click](https://evil.example) {0} \\e[31m \\"quoted\\" \\U0001F600 <b>"')


def mutations():
    def first_result(sarif):
        return sarif["runs"][0]["results"][0]

    def place(sarif):
        return first_result(sarif)["locations"][0]["physicalLocation"]

    yield "level", lambda s: first_result(s).update(level="fatal")
    yield "version", lambda s: s.update(version="2.0.0")
    yield "unknown member", lambda s: first_result(s).update(colour="red")
    yield "no message", lambda s: first_result(s).pop("message")
    yield "line zero", lambda s: place(s)["region"].update(startLine=0)
    yield "text as number", lambda s: first_result(s)["message"].update(text=7)
    yield "no driver", lambda s: s["runs"][0]["tool"].pop("driver")
    yield "no runs", lambda s: s.pop("runs")
    yield "column kind", lambda s: s["runs"][0].update(columnKind="bytes")
    yield "uri", lambda s: place(s)["artifactLocation"].update(uri="a b[].yaml")
    yield "help uri", lambda s: s["runs"][0]["tool"]["driver"]["rules"][0].update(helpUri="no uri")
    yield "suppression state", lambda s: first_result(s).update(suppressions=[{"kind": "inSource", "state": "accepted"}])


class Sarif(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = support.temporary_folder()
        inputs = {"quickstart": support.ROOT / "fixtures/quickstart", "rules": support.ROOT / "rules/packs"}
        for project in sorted((support.ROOT / "fixtures/projects").iterdir()):
            if project.is_dir():
                inputs[f"project-{project.name}"] = project
        for name, content in (("hostile a[b]#c%", HOSTILE), ("broken", support.RISKY + "---\na: [\n"), ("clean", support.CLEAN)):
            path = cls.folder / "in" / f"{name}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)
            inputs[name] = path
        (cls.folder / "in" / ".git").mkdir()
        cls.reports = []
        for name, path in inputs.items():
            report = cls.folder / f"{name}.sarif"
            cwd = cls.folder / "in" if path.is_relative_to(cls.folder) else support.ROOT
            result = support.run([support.program(), "scan", "--hidden", "--min-severity", "info", "-o", "sarif",
                                  "--output-file", report, path], cwd=cwd)
            if result.returncode not in (0, 1, 3):
                raise AssertionError(result.stderr)
            cls.reports.append(report)

    def validate(self, *paths):
        shared = support.need_shared()
        python = support.python_with("jsonschema", "rfc3987")
        return support.run([python, "-W", "ignore", "-c", VALIDATE, shared / "schemas" / "sarif-2.1.0.json", *paths])

    def test_fixtures_have_findings_of_many_rules(self):
        rules = {result["ruleId"] for report in self.reports for result in json.loads(report.read_text())["runs"][0]["results"]}
        self.assertGreater(len(rules), 50)

    def test_schema(self):
        result = self.validate(*self.reports)
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)

    def test_mutated_reports_fail(self):
        good = json.loads((self.folder / "quickstart.sarif").read_text())
        for name, mutate in mutations():
            with self.subTest(name):
                broken = json.loads(json.dumps(good))
                mutate(broken)
                path = self.folder / "mutated.json"
                path.write_text(json.dumps(broken))
                self.assertEqual(self.validate(path).returncode, 1)

    def test_multitool(self):
        tool = os.environ.get("SARIF_MULTITOOL") or shutil.which("Sarif.Multitool")
        if not tool:
            self.skipTest("sarif-multitool is not installed; SARIF_MULTITOOL would name it")
        # Notes may stay; of warnings those about what cannot be known here: no network, no provenance.
        known = {"SARIF2002", "SARIF2003", "SARIF2006", "SARIF2009", "SARIF2011"}
        # It needs some seconds a file; these have everything.
        for report in [r for r in self.reports if r.stem in ("rules", "broken", "clean") or r.stem.startswith("hostile")]:
            with self.subTest(report.name):
                out = self.folder / "multitool.sarif"
                ran = support.run([tool, "validate", report, "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning",
                                   "--output", out, "--log", "ForceOverwrite"])
                found = json.loads(out.read_text(encoding="utf-8-sig"))["runs"][0]
                self.assertTrue(found["invocations"][0]["executionSuccessful"], ran.stdout)
                bad = sorted({(r["ruleId"], r.get("level", "warning")) for r in found.get("results", [])
                              if r["ruleId"].split("/")[0] not in known})
                self.assertEqual(bad, [])

    def test_multitool_sees_mutations(self):
        tool = os.environ.get("SARIF_MULTITOOL") or shutil.which("Sarif.Multitool")
        if not tool:
            self.skipTest("sarif-multitool is not installed; SARIF_MULTITOOL would name it")
        broken = json.loads((self.folder / "quickstart.sarif").read_text())
        broken["runs"][0]["results"][0]["locations"] = []
        path = self.folder / "no-location.sarif"
        path.write_text(json.dumps(broken))
        out = self.folder / "multitool.sarif"
        support.run([tool, "validate", path, "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--output", out,
                     "--log", "ForceOverwrite"])
        self.assertTrue(json.loads(out.read_text(encoding="utf-8-sig"))["runs"][0]["results"])

    def test_same_bytes_twice(self):
        once = (self.folder / "quickstart.sarif").read_bytes()
        again = self.folder / "again.sarif"
        support.run([support.program(), "scan", "--hidden", "--min-severity", "info", "-o", "sarif", "--output-file", again,
                     support.ROOT / "fixtures/quickstart"], cwd=support.ROOT)
        self.assertEqual(again.read_bytes(), once)

    def test_uris_lead_to_files(self):
        for report in self.reports:
            base = self.folder / "in" if report.stem in ("hostile a[b]#c%", "broken", "clean") else support.ROOT
            for result in json.loads(report.read_text())["runs"][0]["results"]:
                uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
                self.assertTrue((base / unquote(uri)).is_file(), uri)


if __name__ == "__main__":
    unittest.main(verbosity=2)
