#!/usr/bin/env python3
"""What reading a large list from a server costs: live_bench.py [OIDC_AUDIT [MEGABYTES]]

A server on loopback answers with role bindings of this size (200 MB when nothing is said), in pages, as one page, and
packed by gzip. Printed are the peak of resident memory in sizes of the list, and the time of processors in times that a scan
of the same list in a file takes. For comparison only: nothing is asserted but that all objects were seen."""
import gzip
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GROUP = "rbac.authorization.k8s.io"
LIST_KINDS = {"clusterroles": "ClusterRoleList", "roles": "RoleList", "clusterrolebindings": "ClusterRoleBindingList",
              "rolebindings": "RoleBindingList", "serviceaccounts": "ServiceAccountList", "namespaces": "NamespaceList"}
MANAGED = [{"manager": "kubectl-create", "operation": "Update", "apiVersion": f"{GROUP}/v1", "time": "2026-01-02T03:04:05Z",
            "fieldsType": "FieldsV1", "fieldsV1": {"f:roleRef": {}, "f:subjects": {}}}]


# What the bindings refer to, so that there is little to be found.
OTHERS = {"namespaces": [json.dumps({"metadata": {"name": f"team-{number}"}}).encode() for number in range(997)],
          "clusterroles": [json.dumps({"metadata": {"name": "view"}, "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]}).encode()]}


def items(size):
    """Role bindings as a server writes them, some `size` bytes of them."""
    made, total, number = [], 0, 0
    while total < size:
        item = {"metadata": {"name": f"binding-{number}", "namespace": f"team-{number % 997}", "uid": f"00000000-0000-4000-8000-{number:012d}",
                             "resourceVersion": str(number + 1), "creationTimestamp": "2026-01-02T03:04:05Z", "managedFields": MANAGED},
                "subjects": [{"kind": "User", "apiGroup": GROUP, "name": f"oidc:user-{number}@example.com"},
                             {"kind": "Group", "apiGroup": GROUP, "name": f"oidc:team-{number % 997}"}],
                "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "view"}}
        text = json.dumps(item, separators=(",", ":")).encode()
        made.append(text)
        total += len(text) + 1
        number += 1
    return made


def page(kind, texts, following=""):
    meta = {"resourceVersion": "1", **({"continue": following} if following else {})}
    head = json.dumps({"kind": kind, "apiVersion": "v1" if kind[0] in "SN" else f"{GROUP}/v1", "metadata": meta}, separators=(",", ":"))
    return head.encode()[:-1] + b',"items":[' + b",".join(texts) + b"]}"


def serve(pages, packed):
    """Answers list requests for ever; its address is the first line of standard output. `pages` maps continue tokens to bodies."""
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            address = urllib.parse.urlsplit(self.path)
            resource_name = address.path.rsplit("/", 1)[1]
            if resource_name == "rolebindings":
                token = dict(urllib.parse.parse_qsl(address.query)).get("continue", "")
                self.answer(pages[token], packed)
            elif resource_name in LIST_KINDS:
                self.answer(page(LIST_KINDS[resource_name], OTHERS.get(resource_name, [])))
            elif resource_name == "version":
                self.answer(b'{"gitVersion":"v1.37.2"}')
            else:
                self.answer(json.dumps({"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}).encode(), code=404)

        def answer(self, body, packs=False, code=200):
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            if packs:
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


def serve_list(size, per_page, packed):
    bindings = items(size)
    step = per_page or len(bindings)
    pages = {}
    for start in range(0, len(bindings), step):
        end = min(start + step, len(bindings))
        body = page("RoleBindingList", bindings[start:end], str(end) if end < len(bindings) else "")
        pages[str(start) if start else ""] = gzip.compress(body, 1) if packed else body
    del bindings
    serve(pages, packed)


def write_list(size, path):
    """In a process of its own: what this one holds would count as memory of those it starts."""
    bindings = items(size)
    pathlib.Path(path).write_bytes(page("RoleBindingList", bindings))
    print(len(bindings))


def run(program, arguments, folder):
    """Seconds of processors and peak of resident memory in bytes of a run, and how many role bindings it says it saw."""
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    out = folder / "out"
    with open(out, "wb") as stdout:
        child = os.posix_spawn(program, [program, *arguments], environment, file_actions=[(os.POSIX_SPAWN_DUP2, stdout.fileno(), 1)])
        _, status, usage = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"{' '.join(arguments)}: status {os.waitstatus_to_exitcode(status)}")
    # Not in this process: what it holds counts as memory of those that it starts.
    count = "import json, sys; print(json.load(sys.stdin)['summary']['objects'].get('RoleBinding', 0))"
    with open(out, "rb") as report:
        seen = int(subprocess.run([sys.executable, "-c", count], stdin=report, stdout=subprocess.PIPE, check=True).stdout) if out.stat().st_size else 0
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, seen


def measure(program, size, folder):
    file = folder / "list.json"
    count = int(subprocess.run([sys.executable, __file__, "--write", str(size), str(file)], stdout=subprocess.PIPE, check=True).stdout)
    asked, size = size, file.stat().st_size
    print(f"{count} role bindings, {size / 1e6:.0f} MB")

    def row(title, arguments, base=None, counted=True):
        seconds, memory, seen = run(program, arguments, folder)
        assert not counted or seen == count, f"{title}: {seen} of {count}"
        print(f"{title:<28} {memory / size:5.2f} sizes of memory, {seconds / (base or seconds):5.2f} of its time ({seconds:.2f} s)", flush=True)
        return seconds

    base = row("scan of a file", ["scan", "-o", "json", str(file)])
    for title, per_page, packed in (("live, pages of 500", 500, False), ("live, pages of 500, gzip", 500, True),
                                    ("live, one page", 0, False), ("live, one page, gzip", 0, True)):
        server = subprocess.Popen([sys.executable, __file__, "--serve", str(asked), str(per_page), "gzip" if packed else "plain"],
                                  stdout=subprocess.PIPE, text=True)
        try:
            config = folder / "kubeconfig"
            config.write_text(json.dumps({
                "apiVersion": "v1", "kind": "Config", "current-context": "c",
                "clusters": [{"name": "c", "cluster": {"server": server.stdout.readline().strip()}}],
                "users": [{"name": "u", "user": {}}], "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}), encoding="utf-8")
            live = ["--live", "--kubeconfig", str(config), "-q"]
            row(title, ["scan", "-o", "json", *live], base)
            row("  the same into a snapshot", ["snapshot", "save", str(folder / "snapshot"), *live], base, counted=False)
        finally:
            server.kill()
            server.wait()
    row("scan of the snapshot", ["scan", "-o", "json", str(folder / "snapshot")], base)


def main():
    words = sys.argv[1:]
    if words[:1] == ["--serve"]:
        serve_list(int(words[1]), int(words[2]), words[3] == "gzip")
    elif words[:1] == ["--write"]:
        write_list(int(words[1]), words[2])
    else:
        program = words[0] if words else str(ROOT / "build/release/src/oidc-audit")
        size = int(words[1]) * 1_000_000 if len(words) > 1 else 200_000_000
        with tempfile.TemporaryDirectory(prefix="oidc-audit-bench-") as name:
            measure(program, size, pathlib.Path(name))


if __name__ == "__main__":
    main()
