#!/usr/bin/env python3
"""The manifest for krew and the archive that it names, made from the build and checked by krew's rules."""
import hashlib
import pathlib
import re
import shutil
import unittest

import support

RELEASE = support.ROOT / "docs" / "release"
MANIFEST = support.ROOT / "docs" / "krew" / "oidc-audit.yaml"


class Krew(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.python = support.python_with("yaml")
        cls.output = support.temporary_folder()
        made = support.run([RELEASE / "package.sh", support.build_dir(), cls.output])
        if made.returncode != 0:
            raise AssertionError(made.stderr)
        cls.archive = pathlib.Path(made.stdout.strip())
        filled = cls.tool("fill", "--releases", "https://example.com/releases", cls.archive)
        if filled.returncode != 0:
            raise AssertionError(filled.stderr)
        cls.manifest = cls.output / "oidc-audit.yaml"
        cls.manifest.write_text(filled.stdout)

    @classmethod
    def tool(cls, *args):
        return support.run([cls.python, RELEASE / "krew-manifest.py", *args])

    def test_manifest_of_the_repository_is_good(self):
        checked = self.tool("check", MANIFEST)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))

    def test_filled_manifest_fits_its_archive(self):
        text = self.manifest.read_text()
        self.assertIn(hashlib.sha256(self.archive.read_bytes()).hexdigest(), text)
        self.assertNotIn("0" * 64, text)
        checked = self.tool("check", self.manifest, self.archive)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))

    def test_archive_is_the_same_twice_and_entered_in_the_sums(self):
        again = support.temporary_folder()
        support.run([RELEASE / "package.sh", support.build_dir(), again])
        self.assertEqual((again / self.archive.name).read_bytes(), self.archive.read_bytes())
        checked = support.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=again)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        support.run([RELEASE / "package.sh", support.build_dir(), again])
        self.assertEqual(len((again / "SHA256SUMS").read_text().splitlines()), 1)

    def test_every_mutation_is_seen(self):
        good = self.manifest.read_text()
        rows = {
            "name": ("name: oidc-audit", "name: oidc_audit"),
            "kind": ("kind: Plugin", "kind: Plug"),
            "version": (r"version: v", "version: "),
            "two lines": ("shortDescription: ", "shortDescription: |\n    a\n    "),
            "short hash": (r"sha256: [0-9a-f]{4}", "sha256: "),
            "other hash": (r"sha256: [0-9a-f]{64}", "sha256: " + "1" * 64),
            "no bin": (r"    bin: .*\n", ""),
            "other bin": (r"bin: .*", "bin: nothing"),
            "other format": (r"\.tar\.gz", ".tar.xz"),
            "no files": (r"files:(\n    - .*)+", "files: []"),
            "no licence": (r"    - \{from: LICENSE, to: \.\}\n", ""),
            "unknown file": ("from: LICENSE", "from: LICENSE.txt"),
            "other key": ("arch: [a-z0-9]+}", "cpu: x}"),
            "unknown platform": ("os: linux", "os: plan9"),
            "windows": ("os: linux", "os: windows"),
            "no homepage": (r"  homepage: .*\n", ""),
        }
        for name, (pattern, replacement) in rows.items():
            with self.subTest(name):
                broken = self.output / "broken" / "oidc-audit.yaml"
                broken.parent.mkdir(exist_ok=True)
                text = re.sub(pattern, replacement, good, count=1)
                self.assertNotEqual(text, good)
                broken.write_text(text)
                self.assertEqual(self.tool("check", broken, self.archive).returncode, 1)
        twice = good + good[good.index("  - selector:"):]
        (self.output / "broken" / "oidc-audit.yaml").write_text(twice)
        self.assertIn("two platforms match", self.tool("check", self.output / "broken" / "oidc-audit.yaml").stderr)

    def test_krew_installs_it(self):
        krew = shutil.which("krew") or shutil.which("kubectl-krew")
        if krew is None:
            self.skipTest("krew is not installed")
        root = support.temporary_folder()
        env = support.environment(root / "bin", KREW_ROOT=root)
        installed = support.run([krew, "install", f"--manifest={self.manifest}", f"--archive={self.archive}"], env=env)
        self.assertEqual(installed.returncode, 0, installed.stderr)
        result = support.run([support.need("kubectl"), "oidc-audit", "--version"], env=env)
        self.assertTrue(result.stdout.startswith("oidc-audit "), result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
