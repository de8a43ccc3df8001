"""What the tests of this folder share. They run the built program as users do: through shells, kubectl, pre-commit,
the steps of pipelines. A program that is not installed skips a test with a message; with CI=true that is a failure.

The program comes from the environment variable OIDC_AUDIT, the build folder from OIDC_AUDIT_BUILD; ctest sets both.
"""
import atexit
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
IN_CI = os.environ.get("CI") == "true"

RISKY = """apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: terraform
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
- apiGroup: rbac.authorization.k8s.io
  kind: User
  name: organization:*:project:p:workspace:w:run_phase:apply
"""

CLEAN = """apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: readers
  namespace: web
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
- apiGroup: rbac.authorization.k8s.io
  kind: Group
  name: oidc:web-readers
"""


def program():
    path = os.environ.get("OIDC_AUDIT")
    if not path:
        raise RuntimeError("OIDC_AUDIT does not name the program; run this through ctest")
    return pathlib.Path(path).resolve()


def build_dir():
    path = os.environ.get("OIDC_AUDIT_BUILD")
    if not path:
        raise RuntimeError("OIDC_AUDIT_BUILD does not name the build folder; run this through ctest")
    return pathlib.Path(path).resolve()


def missing(what):
    """Skips the test, or fails it in CI: a gate must not pass by skipping."""
    if IN_CI:
        raise AssertionError(f"{what} is missing, and CI requires it")
    raise unittest.SkipTest(f"{what} is missing")


def need(tool):
    path = shutil.which(tool)
    if path is None:
        missing(tool)
    return path


def need_shared():
    shared = os.environ.get("OIDC_AUDIT_SHARED", "")
    if not shared or not os.path.isdir(shared):
        missing("the shared test data (OIDC_AUDIT_SHARED)")
    return pathlib.Path(shared)


def python_with(*modules):
    """A Python that has the modules: this one, else the system's."""
    probe = "import " + ", ".join(modules)
    for python in ("python3", "/usr/bin/python3"):
        if shutil.which(python) and subprocess.run([python, "-c", probe], capture_output=True).returncode == 0:
            return python
    return missing("Python with " + ", ".join(modules))


def temporary_folder():
    folder = tempfile.TemporaryDirectory(prefix="oidc-audit-test-")
    atexit.register(folder.cleanup)
    return pathlib.Path(folder.name).resolve()


def program_folder():
    """A folder to put first on PATH: the program under both names, and kubectl's completion helper."""
    folder = temporary_folder()
    (folder / "oidc-audit").symlink_to(program())
    (folder / "kubectl-oidc_audit").symlink_to(program())
    (folder / "kubectl_complete-oidc_audit").symlink_to(ROOT / "src" / "kubectl_complete-oidc_audit")
    return folder


def environment(*folders, home=None, **more):
    """Little of the real environment: PATH with `folders` first, and a home of its own."""
    env = {"PATH": os.pathsep.join([*map(str, folders), os.environ.get("PATH", "/usr/bin:/bin")]),
           "HOME": str(home or temporary_folder()), "LANG": "C.UTF-8", "TERM": "xterm"}
    env.update({name: str(value) for name, value in more.items()})
    return env


def run(args, **options):
    options.setdefault("timeout", 120)
    return subprocess.run([str(arg) for arg in args], capture_output=True, text=True, **options)
