"""Finds kube-apiserver, etcd and kubectl, and builds those that are missing."""
import functools
import os
import pathlib
import shutil
import subprocess
import sys

E2E = pathlib.Path(__file__).resolve().parent.parent
ROOT = E2E.parent.parent

# Program: its package. Versions stand in tests/e2e/go.mod.
PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
    "oracle": "./oracle",
}


class Missing(Exception):
    """A program is not there and cannot be built."""


def cache_dir():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ.get("HOME") or "/tmp", ".cache")
    return pathlib.Path(base) / "oidc-audit-e2e"


def module_version(module):
    """The version of a module in go.mod, such as v1.37.2."""
    for line in (E2E / "go.mod").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == module:
            return words[1]
    raise Missing(f"go.mod requires no {module}")


@functools.cache
def build(*names):
    """Builds programs into the cache. Go decides what is out of date, so this is cheap when nothing changed."""
    if not shutil.which("go"):
        raise Missing("Go is not installed")
    folder = cache_dir()
    folder.mkdir(parents=True, exist_ok=True)
    # kube-apiserver tells clients the release that the linker was told.
    release = module_version("k8s.io/kubernetes")
    major, minor, _ = release.lstrip("v").split(".")
    version = "k8s.io/component-base/version"
    flags = f"-s -w -X {version}.gitVersion={release} -X {version}.gitMajor={major} -X {version}.gitMinor={minor}"
    for name in names:
        print(f"building {name}", file=sys.stderr, flush=True)
        subprocess.run(["go", "build", "-ldflags", flags, "-o", str(folder / name), PACKAGES[name]], cwd=E2E, check=True)


@functools.cache
def server_programs():
    """Paths of kube-apiserver, etcd and kubectl: those of KUBEBUILDER_ASSETS (as envtest has it), else our own builds."""
    names = ["etcd", "kube-apiserver", "kubectl"]
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if assets:
        found = {name: pathlib.Path(assets) / name for name in names}
        absent = [name for name, path in found.items() if not os.access(path, os.X_OK)]
        if absent:
            raise Missing(f"KUBEBUILDER_ASSETS is {assets}, and there is no {' or '.join(absent)} in it")
        return found
    build(*names)
    return {name: cache_dir() / name for name in names}


def main():
    """tools.py NAME...: builds and prints where they are."""
    build(*sys.argv[1:])
    for name in sys.argv[1:]:
        print(cache_dir() / name)


if __name__ == "__main__":
    main()
