"""One server for all tests of a run, started when the first test asks for it, and the programs under test."""
import atexit
import json
import os
import pathlib
import signal
import subprocess
import sys
import unittest

from . import configurations, tools
from .server import Server

_server = None


def _close():
    global _server
    if _server:
        _server.close()
        _server = None


def _starts_with(configuration):
    """Whether oidc-audit says that a server starts with this. The server is then given it: it had better be right."""
    done = run("auth-config", "check", "-", "-q", stdin=json.dumps(configuration), cwd="/")
    if done.returncode not in (0, 1):
        raise AssertionError(done.stderr)
    return done.returncode == 0


def server():
    global _server
    if _server is None:
        try:
            programs = tools.server_programs()
        except tools.Missing as why:
            if os.environ.get("CI") == "true":
                raise
            raise unittest.SkipTest(f"no server to test against: {why}") from None
        atexit.register(_close)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        _server = Server(programs, lambda issuer: configurations.authentication(issuer, _starts_with)).__enter__()
    return _server


def version():
    """Of the server, as it tells it: v1.37.2. It may be another than that of go.mod, with KUBEBUILDER_ASSETS."""
    return server().client.must("GET", "/version")["gitVersion"]


def release():
    """The same for --kubernetes-version: 1.37."""
    return ".".join(version().lstrip("v").split(".")[:2])


def oidc_audit():
    """The program under test."""
    return str(pathlib.Path(os.environ.get("OIDC_AUDIT", tools.ROOT / "build/release/src/oidc-audit")).resolve())


def run(*arguments, stdin=None, environment=None, cwd=None, timeout=120):
    """Runs oidc-audit with nothing of the caller's kubeconfig or configuration about."""
    clean = {key: value for key, value in os.environ.items() if key not in ("KUBECONFIG", "CI") and not key.lower().endswith("_proxy")}
    clean.update({"HOME": "/nonexistent", **(environment or {})})
    return subprocess.run([oidc_audit(), *map(str, arguments)], input=stdin, capture_output=True, text=True, check=False,
                          env=clean, cwd=cwd or server().folder, timeout=timeout)


def run_json(*arguments, statuses=(0, 1), **options):
    done = run(*arguments, "-o", "json", **options)
    if done.returncode not in statuses:
        raise AssertionError(f"status {done.returncode} of {arguments}: {done.stderr}")
    return json.loads(done.stdout)


def run_lines(*arguments, statuses=(0, 1), **options):
    done = run(*arguments, "-o", "jsonl", **options)
    if done.returncode not in statuses:
        raise AssertionError(f"status {done.returncode} of {arguments}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def kubectl(*arguments, path=None, check=True):
    here = server()
    environment = {"KUBECONFIG": here.kubeconfig, "PATH": path or os.environ["PATH"], "HOME": str(here.folder)}
    done = subprocess.run([str(here.programs["kubectl"]), *map(str, arguments)], capture_output=True, text=True, check=False,
                          env=environment, timeout=120, cwd=here.folder)
    if check and done.returncode:
        raise AssertionError(f"kubectl {arguments}: {done.stderr}")
    return done


def dump(name="dump.json"):
    """A file with all RBAC objects, as `kubectl get -o json` prints them."""
    path = server().folder / name
    path.write_text(kubectl("get", "clusterroles,clusterrolebindings,roles,rolebindings", "-A", "-o", "json").stdout, encoding="utf-8")
    return path
