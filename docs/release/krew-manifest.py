#!/usr/bin/env python3
"""Fills in the manifest for krew from the archives of a release, or checks one.

krew-manifest.py fill --releases URL ARCHIVE...   prints docs/krew/oidc-audit.yaml with version, platforms and checksums
krew-manifest.py check MANIFEST [ARCHIVE...]      says what krew or its index would refuse; status 1 if anything

Archives are those of docs/release/package.sh: their names carry version and platform. The rules are krew's own
(internal/index/validation, cmd/validate-krew-manifest). Needs PyYAML (python3-yaml).
"""
import argparse
import hashlib
import pathlib
import re
import sys
import tarfile
import zipfile

import yaml

TEMPLATE = pathlib.Path(__file__).resolve().parents[1] / "krew" / "oidc-audit.yaml"
ARCHIVE = re.compile(r"oidc-audit_(v[0-9A-Za-z.+-]+)_([a-z]+)_([a-z0-9]+)\.(tar\.gz|zip)")
SEMANTIC = re.compile(r"v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
WINDOWS_NAMES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)")
PAIRS = {("linux", arch) for arch in ("386", "amd64", "arm", "arm64", "ppc64le")}
PAIRS |= {("darwin", arch) for arch in ("386", "amd64", "arm64")} | {("windows", arch) for arch in ("386", "amd64", "arm64")}


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names_in(archive):
    if archive.name.endswith(".zip"):
        with zipfile.ZipFile(archive) as opened:
            return {name.removeprefix("./") for name in opened.namelist() if not name.endswith("/")}, []
    with tarfile.open(archive) as opened:
        members = opened.getmembers()
    strange = [member.name for member in members if not (member.isfile() or member.isdir())]
    return {member.name.removeprefix("./") for member in members if member.isfile()}, strange


def fill(releases, archives):
    text = TEMPLATE.read_text()
    head, tail = text[text.index("apiVersion:"):].split("  platforms:\n")
    versions = set()
    platforms = []
    for archive in sorted(archives):
        match = ARCHIVE.fullmatch(archive.name)
        if not match:
            raise SystemExit(f"`{archive.name}` is not named oidc-audit_vVERSION_OS_ARCH.tar.gz")
        version, system, arch, _ = match.groups()
        versions.add(version)
        block = re.sub(r"matchLabels: .*", f"matchLabels: {{os: {system}, arch: {arch}}}", tail)
        block = re.sub(r"uri: .*", f"uri: {releases.rstrip('/')}/{version}/{archive.name}", block)
        platforms.append(re.sub(r"sha256: .*", f"sha256: {sha256(archive)}", block))
    if len(versions) != 1:
        raise SystemExit(f"archives of one version are needed, not of {', '.join(sorted(versions)) or 'none'}")
    head = head.replace("v0.1.0", versions.pop())
    return head + "  platforms:\n" + "".join(platforms)


def matches(selector, pair):
    labels = selector.get("matchLabels") or {}
    if not all(dict(zip(("os", "arch"), pair)).get(key) == value for key, value in labels.items()):
        return False
    for expression in selector.get("matchExpressions") or []:
        value = dict(zip(("os", "arch"), pair)).get(expression.get("key"))
        inside = value in (expression.get("values") or [])
        if {"In": not inside, "NotIn": inside}.get(expression.get("operator"), False):
            return False
    return True


def check_platform(platform, problems, archives):
    for key in ("uri", "sha256", "bin"):
        if not platform.get(key):
            problems.append(f"a platform has no {key}")
    if not re.fullmatch(r"[0-9a-f]{64}", str(platform.get("sha256", ""))):
        problems.append("sha256 is not 64 digits of lower-case hexadecimal")
    uri = str(platform.get("uri", ""))
    if not uri.endswith((".zip", ".tar.gz")):
        problems.append(f"`{uri}` is neither .zip nor .tar.gz")
    if "files" in platform and not platform["files"]:
        problems.append("files is there and empty")
    selector = platform.get("selector") or {}
    keys = set(selector.get("matchLabels") or {}) | {e.get("key") for e in selector.get("matchExpressions") or []}
    if not keys or keys - {"os", "arch"}:
        problems.append("a selector is empty or has other keys than os and arch")
    covered = [pair for pair in sorted(PAIRS) if keys and matches(selector, pair)]
    if keys and not covered:
        problems.append(f"no platform that the index knows is selected by {selector}")
    if any(pair[0] == "windows" for pair in covered) and not str(platform.get("bin", "")).endswith(".exe"):
        problems.append("bin of a Windows platform does not end in .exe")
    installed = {str(entry.get("from", "")) for entry in platform.get("files") or []}
    if installed and not any("LICENSE" in name.upper() or "COPYING" in name.upper() for name in installed):
        problems.append("the licence is not among the files")
    for archive in archives:
        if archive.name != uri.rsplit("/", 1)[-1]:
            continue
        names, strange = names_in(archive)
        if strange:
            problems.append(f"{archive.name} holds what krew does not unpack: {', '.join(strange)}")
        for name in sorted((installed or names) | {str(platform.get("bin"))}):
            if name not in names:
                problems.append(f"{archive.name} does not hold `{name}`")
        if sha256(archive) != platform.get("sha256"):
            problems.append(f"sha256 of {archive.name} is another")
    return covered


def check(path, archives):
    problems = []
    manifest = yaml.safe_load(path.read_text())
    name = str((manifest.get("metadata") or {}).get("name", ""))
    spec = manifest.get("spec") or {}
    if manifest.get("apiVersion") != "krew.googlecontainertools.github.com/v1alpha2" or manifest.get("kind") != "Plugin":
        problems.append("apiVersion or kind is not that of a krew plugin")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name) or WINDOWS_NAMES.fullmatch(name):
        problems.append(f"`{name}` cannot be a plugin's name")
    if name != name.lower() or "_" in name or name.startswith("kube"):
        problems.append(f"`{name}` is not as the index names plugins: lower case, dashes, no kube prefix")
    if path.name != f"{name}.yaml":
        problems.append(f"the file must be named {name}.yaml")
    if not SEMANTIC.fullmatch(str(spec.get("version", ""))):
        problems.append("version is not a semantic version with v")
    short = spec.get("shortDescription") or ""
    if not short or "\n" in short:
        problems.append("shortDescription is not one line")
    if short.endswith(".") or len(short) > 50:
        problems.append("shortDescription ends in a full stop or has more than 50 characters")
    if not spec.get("homepage") or not spec.get("description"):
        problems.append("homepage or description is missing")
    platforms = spec.get("platforms") or []
    if not platforms:
        problems.append("there is no platform")
    seen = set()
    for platform in platforms:
        for pair in check_platform(platform, problems, archives):
            if pair in seen:
                problems.append(f"two platforms match {'/'.join(pair)}")
            seen.add(pair)
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    filling = commands.add_parser("fill")
    filling.add_argument("--releases", required=True)
    filling.add_argument("archives", nargs="+", type=pathlib.Path)
    checking = commands.add_parser("check")
    checking.add_argument("manifest", type=pathlib.Path)
    checking.add_argument("archives", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.command == "fill":
        sys.stdout.write(fill(arguments.releases, arguments.archives))
        return 0
    problems = check(arguments.manifest, arguments.archives)
    for problem in problems:
        print(f"{arguments.manifest}: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
