#!/usr/bin/env python3
"""Snapshots and drift: what is written and printed has the forms of docs/schema, and what somebody tampered with is one clear
error with the right status, and never half a file."""
import gzip
import http.server
import json
import os
import resource
import stat
import subprocess
import threading
import unittest
import zlib

import support

GROUP = "rbac.authorization.k8s.io"
BINDING = {"metadata": {"name": "ops"}, "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "cluster-admin"},
           "subjects": [{"kind": "User", "apiGroup": GROUP, "name": "jane"}]}
LISTS = {
    "clusterroles": ("ClusterRoleList", f"{GROUP}/v1", [{"metadata": {"name": "cluster-admin"}, "rules": [
        {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]}]),
    "roles": ("RoleList", f"{GROUP}/v1", []),
    "clusterrolebindings": ("ClusterRoleBindingList", f"{GROUP}/v1", [BINDING]),
    "rolebindings": ("RoleBindingList", f"{GROUP}/v1", []),
    "serviceaccounts": ("ServiceAccountList", "v1", []),
    "namespaces": ("NamespaceList", "v1", [{"metadata": {"name": "default"}}]),
}


def list_text(resource_name):
    kind, version, items = LISTS[resource_name]
    return json.dumps({"kind": kind, "apiVersion": version, "metadata": {}, "items": items})


def header(parts, **changes):
    cluster = {"name": "prod", "serverVersion": "v1.37.2", "takenAt": "2026-01-02T03:04:05Z", "parts": parts, "incomplete": [], **changes}
    return {"schema": "oidc-audit/snapshot/1", "tool": "0.1.0", "clusters": [cluster]}


def snapshot(head=None, body=None):
    """Bytes of a snapshot; without more, of one that is good."""
    texts = [list_text(name).encode() for name in LISTS]
    if head is None:
        head = header([{"what": "list", "resource": name, "namespace": "", "bytes": len(text)} for name, text in zip(LISTS, texts)])
    first = head if isinstance(head, bytes) else json.dumps(head).encode()
    return gzip.compress(first + b"\n" + (b"".join(texts) if body is None else body), mtime=0)


class FakeApi:
    """Lists over plain HTTP. `forbidden` are resources that may not be listed."""

    def __init__(self, forbidden=()):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.split("?")[0].rsplit("/", 1)[1]
                if name in forbidden:
                    code, body = 403, json.dumps({"kind": "Status", "status": "Failure", "reason": "Forbidden", "code": 403, "message": f"no {name}"})
                elif name in LISTS:
                    code, body = 200, list_text(name)
                elif name == "version":
                    code, body = 200, '{"gitVersion":"v1.37.2"}'
                elif name in ("api", "apis"):
                    code, body = 200, json.dumps({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": []})
                else:
                    code, body = 404, "{}"
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Snapshots(unittest.TestCase):
    def setUp(self):
        self.folder = support.temporary_folder()
        (self.folder / "good.yaml").write_text(support.RISKY, encoding="utf-8")

    def run_program(self, *arguments, **options):
        return support.run([support.program(), *arguments], cwd=self.folder, env=support.environment(home=self.folder), **options)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def kubeconfig(self, **servers):
        names = list(servers)
        return self.write("kubeconfig", json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": names[0], "users": [{"name": "u", "user": {}}],
            "clusters": [{"name": name, "cluster": {"server": servers[name]}} for name in names],
            "contexts": [{"name": name, "context": {"cluster": name, "user": "u"}} for name in names]}).encode())

    def api(self, **options):
        server = FakeApi(**options)
        self.addCleanup(server.close)
        return server.url


class Forms(Snapshots):
    """Outputs against the schemas in docs/schema, by a validator that is not ours."""

    def assert_form(self, name, document):
        python = support.python_with("jsonschema")
        schema = json.loads((support.ROOT / "docs/schema" / f"{name}.schema.json").read_text(encoding="utf-8"))
        script = ("import json, sys\nfrom jsonschema import Draft7Validator as V\nschema, document = json.load(sys.stdin)\nV.check_schema(schema)\n"
                  "for e in V(schema).iter_errors(document): print(list(e.path), e.message[:300])")
        done = support.run([python, "-c", script], input=json.dumps([schema, document]))
        self.assertEqual(("", 0), (done.stdout, done.returncode), done.stderr)
        # A validator that finds nothing wrong with anything would prove nothing.
        done = support.run([python, "-c", script], input=json.dumps([schema, {**document, "surplus": 1}]))
        self.assertIn("surplus", done.stdout)

    def live(self, **options):
        return ["--kubeconfig", self.kubeconfig(left=self.api(), right=self.api(**options)), "--all-contexts"]

    def test_drift(self):
        done = self.run_program("drift", "-f", "good.yaml", "-o", "json", *self.live(forbidden=["roles", "namespaces"]))
        self.assertEqual(3, done.returncode, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual({"only-live", "only-in-files"}, {entry["change"] for entry in report["drift"]})
        self.assertEqual([True, False], [cluster["complete"] for cluster in report["clusters"]])
        self.assert_form("drift-1", report)
        nothing = self.run_program("drift", "-f", "good.yaml", "--declared-only", "-o", "json", self.write("s", snapshot()))
        self.assert_form("drift-1", json.loads(nothing.stdout))

    def test_clusters(self):
        questions = (["who-can", "get", "secrets"], ["what-can", "--user", "jane"], ["simulate", "get", "secrets", "--user", "jane"],
                     ["explain-binding", "ops"])
        for question in questions:
            with self.subTest(question):
                done = self.run_program(*question, "-o", "json", *self.live())
                self.assertIn(done.returncode, (0, 1), done.stderr)
                document = json.loads(done.stdout)
                self.assertEqual(["left", "right"], [each["cluster"] for each in document["clusters"]])
                self.assert_form("clusters-1", document)

    def test_snapshot(self):
        done = self.run_program("snapshot", "save", "s", *self.live(forbidden=["roles", "namespaces"]))
        self.assertEqual(3, done.returncode, done.stderr)
        text = gzip.decompress((self.folder / "s").read_bytes())
        first, rest = text.split(b"\n", 1)
        head = json.loads(first)
        self.assert_form("snapshot-1", head)
        self.assertEqual(len(rest), sum(part["bytes"] for cluster in head["clusters"] for part in cluster["parts"]))
        done = self.run_program("snapshot", "load", "s", "-o", "json")
        self.assertEqual(3, done.returncode, done.stderr)
        self.assert_form("snapshot-load-1", json.loads(done.stdout))


class Hostile(Snapshots):
    def readers(self, path):
        """Everything that takes a snapshot."""
        return {"load": ["snapshot", "load", path], "load -o list": ["snapshot", "load", path, "-o", "list"], "scan": ["scan", path],
                "who-can": ["who-can", "get", "secrets", "-f", path], "drift": ["drift", "-f", "good.yaml", path]}

    def assert_one_error(self, done, text=""):
        errors = [line for line in done.stderr.splitlines() if "error:" in line]
        self.assertEqual(1, len(errors), done.stderr)
        self.assertIn(text, errors[0])
        self.assertFalse(any(ord(c) < 0x20 for c in errors[0]), errors[0])

    def refused(self, content, text):
        path = self.write("bad.snapshot", content)
        for name, arguments in self.readers(path).items():
            with self.subTest(name):
                done = self.run_program(*arguments, timeout=60)
                self.assertEqual(3, done.returncode, done.stderr)
                self.assert_one_error(done, text)

    def test_a_good_one(self):
        """What is refused below is so for its fault alone."""
        path = self.write("good.snapshot", snapshot())
        for name, arguments in self.readers(path).items():
            with self.subTest(name):
                self.assertIn(self.run_program(*arguments).returncode, (0, 1))

    def test_truncated(self):
        good = snapshot()
        for size in (3, 11, len(good) // 2, len(good) - 9, len(good) - 1):
            self.refused(good[:size], "damaged")

    def test_changed(self):
        good = snapshot()
        self.refused(good[:-6] + bytes([good[-6] ^ 1]) + good[-5:], "damaged")  # the checksum
        self.refused(good + b"more", "damaged")
        self.refused(good + good, "damaged")

    def test_bombs(self):
        """Much from little: a part without end, and a first line without end."""
        stream = zlib.compressobj(9, zlib.DEFLATED, 31)
        head = json.dumps(header([{"what": "list", "resource": "roles", "namespace": "", "bytes": (4 << 30) + 1}])).encode() + b"\n"
        bomb = stream.compress(head) + b"".join(stream.compress(bytes(1 << 24)) for _ in range(8)) + stream.flush()
        self.refused(bomb, "more than may be read")
        stream = zlib.compressobj(9, zlib.DEFLATED, 31)
        bomb = b"".join(stream.compress(b" " * (1 << 24)) for _ in range(8)) + stream.flush()
        self.refused(bomb, "damaged")

    def test_a_size_that_is_not_there_costs_nothing(self):
        """The sizes are the file's own word: memory is not set aside on it."""
        path = self.write("bad.snapshot", snapshot(header([{"what": "list", "resource": "roles", "namespace": "", "bytes": 3 << 30}]), b"x"))

        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        for name, arguments in self.readers(path).items():
            with self.subTest(name):
                done = self.run_program(*arguments, preexec_fn=limit)
                self.assertEqual(3, done.returncode, done.stderr)
                self.assert_one_error(done, "damaged")

    def test_other_content(self):
        self.refused(gzip.compress(b"apiVersion: v1\nkind: List\nitems: []\n"), "no snapshot")
        self.refused(gzip.compress(b"{}\n"), "no snapshot")
        self.refused(gzip.compress(b"[" * 100_000 + b"\n"), "no snapshot")
        self.refused(gzip.compress(b'{"a":' * 100_000 + b"\n"), "no snapshot")
        self.refused(gzip.compress(b""), "damaged")

    def test_other_versions(self):
        self.refused(snapshot({**header([]), "schema": "oidc-audit/snapshot/2"}, b""), "oidc-audit/snapshot/2")
        self.refused(snapshot({**header([]), "schema": "oidc-audit/snapshot/\x1b[31m"}, b""), "snapshot/")
        self.refused(snapshot({**header([]), "schema": 1}, b""), "no snapshot")

    def test_other_shapes(self):
        part = {"what": "list", "resource": "roles", "namespace": ""}
        for name, parts in {"no size": [part], "text": [{**part, "bytes": "7"}], "negative": [{**part, "bytes": -1}], "fraction": [{**part, "bytes": 1.5}],
                            "no object": [7]}.items():
            with self.subTest(name):
                self.refused(snapshot(header(parts), b""), "damaged")
        self.refused(snapshot(header([{**part, "bytes": 2**64 - 1}]), b""), "more than may be read")
        self.refused(snapshot(header([{**part, "bytes": 2**63}, {**part, "bytes": 2**63}]), b""), "more than may be read")
        self.refused(snapshot(json.dumps(header([part])).encode().replace(b'"namespace": ""', b'"namespace": "", "bytes": 1e400'), b""), "")
        self.refused(snapshot(header([], name=""), b""), "damaged")
        self.refused(snapshot({**header([]), "clusters": [7]}, b""), "damaged")
        self.refused(snapshot({**header([]), "clusters": []}, b""), "no cluster")

    def test_wrong_json_inside(self):
        """The file is whole, and an answer in it is not: the lists around it are looked at all the same."""
        text = b'{"kind":"RoleList","items":[{'
        path = self.write("bad.snapshot", snapshot(header([{"what": "list", "resource": "roles", "namespace": "", "bytes": len(text)}]), text))
        for name in ("scan", "who-can", "drift", "load -o list"):
            with self.subTest(name):
                done = self.run_program(*self.readers(path)[name])
                self.assertEqual(3, done.returncode, done.stderr)
                self.assert_one_error(done)

    def test_control_characters(self):
        evil = "\x1b[31mevil\x07\n::error::x"
        head = header([{"what": "list", "resource": evil, "namespace": evil, "bytes": 0}], name=evil, serverVersion=evil, takenAt=evil,
                      incomplete=[{"resource": evil, "reason": evil, "message": evil, "namespaces": [evil], "readNamespaces": [evil], "object": evil}])
        path = self.write("bad.snapshot", snapshot({**head, "tool": evil}, b""))
        for name, arguments in {**self.readers(path), "json": ["snapshot", "load", path, "-o", "json"]}.items():
            with self.subTest(name):
                done = self.run_program(*arguments)
                for stream in (done.stdout, done.stderr):
                    self.assertFalse([c for c in stream if ord(c) < 0x20 and c != "\n"], ascii(stream))
                    self.assertFalse([line for line in stream.splitlines() if line.startswith("::error")], stream)

    def test_places_that_are_no_files(self):
        loop = self.folder / "loop.snapshot"
        loop.symlink_to(loop)
        (self.folder / "gone.snapshot").symlink_to(self.folder / "nowhere")
        for path in (loop, self.folder / "gone.snapshot", self.folder / "absent.snapshot"):
            for name, arguments in self.readers(path).items():
                with self.subTest((path.name, name)):
                    done = self.run_program(*arguments)
                    self.assertEqual(3, done.returncode, done.stderr)
                    self.assert_one_error(done, path.name)
        self.assertEqual(3, self.run_program("snapshot", "load", self.folder).returncode)

    def test_a_link_to_a_good_one(self):
        self.write("good.snapshot", snapshot())
        link = self.folder / "link.snapshot"
        link.symlink_to("good.snapshot")
        self.assertEqual(0, self.run_program("snapshot", "load", link).returncode)


class Saving(Snapshots):
    """Either the whole snapshot stands there, or what stood there before."""

    def save(self, path, *arguments, **options):
        return self.run_program("snapshot", "save", path, "--live", "--kubeconfig", self.kubeconfig(left=self.api()), *arguments, **options)

    def test_places_that_cannot_be_written(self):
        (self.folder / "directory").mkdir()
        self.write("plain", b"")
        for path in ("directory", "plain/s", "nowhere/s", "/proc/s", "x" * 300):
            with self.subTest(path):
                before = sorted(self.folder.rglob("*"))
                done = self.save(path)
                self.assertEqual(3, done.returncode, done.stderr)
                self.assertEqual(1, done.stderr.count("error:"), done.stderr)
                self.assertEqual(sorted({*before, self.folder / "kubeconfig"}), sorted(self.folder.rglob("*")))

    def test_a_disk_that_fills_up(self):
        """Written by a process that may not write as much: what stood there before still does, and nothing beside it."""
        self.write("s", b"before")

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        done = self.save("s", preexec_fn=limit)
        self.assertNotEqual(0, done.returncode)
        self.assertEqual(b"before", (self.folder / "s").read_bytes())
        self.assertEqual({"good.yaml", "kubeconfig", "s"}, {path.name for path in self.folder.iterdir()})

    def test_over_a_link(self):
        """The link stays one, and the file that it names is replaced."""
        self.write("target", b"before")
        (self.folder / "link").symlink_to("target")
        self.assertEqual(0, self.save("link").returncode)
        self.assertTrue((self.folder / "link").is_symlink())
        self.assertEqual(b"\x1f\x8b", (self.folder / "target").read_bytes()[:2])

    def test_servers_that_cannot_be_read(self):
        self.write("s", b"before")
        done = self.run_program("snapshot", "save", "s", "--live", "--kubeconfig", self.kubeconfig(left="http://127.0.0.1:1"))
        self.assertEqual(3, done.returncode, done.stderr)
        self.assertEqual(b"before", (self.folder / "s").read_bytes())

    def test_not_everybody_may_read_it(self):
        """It tells who may do what."""
        self.assertEqual(0, self.save("s").returncode)
        self.assertEqual(0, stat.S_IMODE(os.stat(self.folder / "s").st_mode) & 0o022)


class FullDisk(Snapshots):
    def test_what_is_no_report_says_so_too(self):
        for arguments in (["help"], ["help", "scan"], ["help", "--man"], ["help", "--markdown"], ["--help"], ["scan", "--help"], ["--version"],
                          ["__complete", "sc"], ["completion", "bash"], ["snapshot", "load", self.write("s", snapshot())]):
            with self.subTest(arguments), open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([str(support.program()), *map(str, arguments)], stdout=full, stderr=subprocess.PIPE, text=True, check=False,
                                      env=support.environment(home=self.folder), timeout=60)
                self.assertEqual(3, done.returncode)
                self.assertEqual(1, done.stderr.count("error:"), done.stderr)
                self.assertIn("standard output", done.stderr)


class Completion(Snapshots):
    def complete(self, kubeconfig):
        return self.run_program("__complete", "scan", "--kubeconfig", str(kubeconfig), "--context", "").stdout

    def test_a_kubeconfig_of_any_size(self):
        """A word is completed at once or not at all."""
        small = self.kubeconfig(left="http://x", right="http://y")
        self.assertIn("left", self.complete(small))
        large = self.write("large", small.read_bytes() + b" " * (2 << 20))
        self.assertNotIn("left", self.complete(large))
        os.mkfifo(self.folder / "pipe")
        self.assertNotIn("left", self.complete(self.folder / "pipe"))


if __name__ == "__main__":
    unittest.main()
