"""Clusters and files: snapshots that stand for a cluster, and drift between manifests and a cluster."""
import gzip
import json
import pathlib
import random
import tempfile
import unittest

import compare_rbac
from harness import configurations, kubeconfigs, policies, shared

GROUP = "rbac.authorization.k8s.io"


def binding(name, subject, role="view", namespace=None):
    meta = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": f"{GROUP}/v1", "kind": "RoleBinding" if namespace else "ClusterRoleBinding", "metadata": meta,
            "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role}, "subjects": [{"kind": "User", "apiGroup": GROUP, "name": subject}]}


def role(name, verbs):
    return {"apiVersion": f"{GROUP}/v1", "kind": "ClusterRole", "metadata": {"name": name},
            "rules": [{"verbs": verbs, "apiGroups": [""], "resources": ["pods"]}]}


class Files(unittest.TestCase):
    def setUp(self):
        self.server = shared.server()
        folder = tempfile.TemporaryDirectory(prefix="oidc-audit-files-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        policies.make_namespace("dev")

    def apply(self, *items):
        for status, body in policies.apply(items):
            self.assertEqual(201, status, body)
        self.addCleanup(policies.remove, items)

    def run_live(self, *arguments, kubeconfig=None, **options):
        return shared.run(*arguments, "--live", "--kubeconfig", kubeconfig or self.server.kubeconfig, cwd=self.folder, **options)


def reordered(rng, items):
    """The same grants in other words: order, repetition, one rule as two."""
    out = json.loads(json.dumps(items))
    for item in out:
        rules = item.get("rules") or []
        for rule in list(rules):
            for name in rule:
                rng.shuffle(rule[name])
                rule[name] += rule[name][:rng.randint(0, 1)]
            if len(rule["verbs"]) > 1 and rng.random() < 0.5:
                rules.append({**rule, "verbs": rule["verbs"][1:]})
                rule["verbs"] = rule["verbs"][:1]
        rng.shuffle(rules)
        rng.shuffle(item.get("subjects") or [])
    rng.shuffle(out)
    return out


def changed(rng, items):
    """Something less or more, or the same after all."""
    out = reordered(rng, items)
    for item in rng.sample(out, min(3, len(out))):
        rules, subjects = item.get("rules"), item.get("subjects")
        what = rng.randint(0, 4)
        if what == 0:
            out.remove(item)
        elif rules and what == 1:
            rules.pop()
        elif rules and what == 2:
            rng.choice(rules)["verbs"] = ["get"]
        elif subjects and what == 3:
            subjects.pop()
        elif subjects:
            subjects.append({"kind": "User", "apiGroup": GROUP, "name": rng.choice(compare_rbac.USERS[:3])})
    return out


class Snapshots(Files):
    def save(self, *arguments):
        path = self.folder / "e2e.snapshot"
        done = self.run_live("snapshot", "save", path, *arguments)
        self.assertEqual(0, done.returncode, done.stderr)
        return path

    def test_stands_for_the_cluster(self):
        self.apply(binding("pipeline", "organization:*:project:p:workspace:w:run_phase:apply", "cluster-admin"))
        path = self.save()
        live = json.loads(self.run_live("scan", "-o", "json").stdout)
        loaded = json.loads(shared.run("scan", path, "-o", "json").stdout)
        self.assertEqual(live["findings"], loaded["findings"])
        self.assertEqual(live["summary"]["objects"], loaded["summary"]["objects"])
        self.assertTrue(loaded["summary"]["complete"])
        self.assertTrue(live["findings"])
        for question in (["simulate", "list", "pods", "--user", "organization:*:project:p:workspace:w:run_phase:apply"], ["who-can", "get", "secrets", "-A"]):
            self.assertEqual(json.loads(self.run_live(*question, "-o", "json").stdout),
                             json.loads(shared.run(*question, "-o", "json", "-f", path).stdout))

    def test_what_is_in_it(self):
        path = self.save()
        content = gzip.decompress(path.read_bytes())
        self.assertNotIn(self.server.address.encode(), content)
        self.assertNotIn(b"PRIVATE KEY", content)
        loaded = shared.run_json("snapshot", "load", path, statuses=(0,))
        cluster, = loaded["clusters"]
        self.assertEqual(("e2e", shared.version(), True), (cluster["name"], cluster["serverVersion"], cluster["complete"]))
        self.assertLess(path.stat().st_size, len(content) // 4)

    def test_what_is_missing_stays_missing(self):
        nobody = self.server.ca.issue("snapshot-nobody", "nobody")
        kubeconfig = self.server.write_kubeconfig("snapshot-nobody.kubeconfig", self.server.client_certificate(nobody))
        path = self.folder / "part.snapshot"
        self.assertEqual(3, self.run_live("snapshot", "save", path, kubeconfig=kubeconfig).returncode)
        self.run_live("snapshot", "save", path, "--allow-partial", kubeconfig=kubeconfig)
        done = shared.run("scan", path, "-o", "json")
        self.assertEqual(3, done.returncode, done.stderr)
        self.assertFalse(json.loads(done.stdout)["summary"]["complete"])

    def test_written_whole_or_not_at_all(self):
        path = self.folder / "kept.snapshot"
        path.write_text("what was there", encoding="utf-8")
        down = kubeconfigs.write(self.folder / "down", kubeconfigs.config(
            {"c": self.server.cluster(server="https://127.0.0.1:1")}, {"u": {"token": "x"}}, {"down": {"cluster": "c", "user": "u"}}, "down"))
        self.assertEqual(3, self.run_live("snapshot", "save", path, kubeconfig=down).returncode)
        self.assertEqual("what was there", path.read_text(encoding="utf-8"))

    def test_damaged(self):
        data = self.save().read_bytes()
        for name, broken in (("cut", data[:len(data) // 2]), ("changed", data[:-9] + bytes([data[-9] ^ 255]) + data[-8:]), ("empty", b""),
                             ("another", gzip.compress(b'{"schema": "oidc-audit/snapshot/99"}\n'))):
            with self.subTest(name):
                path = self.folder / "damaged.snapshot"
                path.write_bytes(broken)
                done = shared.run("snapshot", "load", path)
                self.assertEqual(3, done.returncode, done.stdout)
                self.assertIn("damaged.snapshot", done.stderr)


class Drift(Files):
    def drift(self, *items, arguments=()):
        folder = self.folder / "manifests"
        folder.mkdir(exist_ok=True)
        (folder / "objects.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(items)}), encoding="utf-8")
        done = self.run_live("drift", "-f", folder, "-o", "json", *arguments)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        report = json.loads(done.stdout)
        changes = {entry["object"]["name"]: (entry["change"], entry["effect"]) for entry in report["drift"]}
        return done.returncode, {name: change for name, change in changes.items() if not name.startswith("mark-")}

    def test_none(self):
        items = role("e2e-drift", ["get", "list"]), binding("e2e-drift", "jane", "e2e-drift"), binding("e2e-local", "joe", namespace="dev")
        self.apply(*items)
        self.assertEqual((0, {}), self.drift(*items))
        # Another order, and a verb twice, grant the same.
        self.assertEqual((0, {}), self.drift(role("e2e-drift", ["list", "get", "get"]), *items[1:]))

    def test_differences(self):
        self.apply(role("e2e-more", ["get", "delete"]), binding("e2e-more", "jane", "e2e-more"), role("e2e-less", ["get"]),
                   binding("e2e-less", "jane", "e2e-less"), binding("e2e-live", "mallory"), role("e2e-unused", ["get"]))
        status, changes = self.drift(role("e2e-more", ["get"]), binding("e2e-more", "jane", "e2e-more"), role("e2e-less", ["get", "list"]),
                                     binding("e2e-less", "jane", "e2e-less"), binding("e2e-files", "joe"))
        self.assertEqual(1, status)
        self.assertEqual({"e2e-more": ("differs", "more"), "e2e-less": ("differs", "less"), "e2e-live": ("only-live", "more"),
                          "e2e-files": ("only-in-files", "less"), "e2e-unused": ("only-live", "none")}, changes)
        status, changes = self.drift(role("e2e-more", ["get"]), binding("e2e-more", "jane", "e2e-more"), arguments=["--declared-only"])
        self.assertEqual((1, {"e2e-more": ("differs", "more")}), (status, changes))

    def test_random_policies(self):
        """No drift is told of the same in other words; and where a decision differs there is some with an effect."""
        rng = random.Random(configurations.SEED + 3)
        for namespace in compare_rbac.NAMESPACES:
            policies.make_namespace(namespace)
        self.addCleanup(policies.clear, compare_rbac.NAMESPACES)
        differing = rounds = 0
        while rounds < 5 or (differing < 20 and rounds < 30):
            rounds += 1
            drafts = compare_rbac.make_policy(rng)["items"]
            drafts += [binding(f"more-{n}", rng.choice(compare_rbac.USERS[:3]), rng.choice(compare_rbac.CLUSTER_ROLES)) for n in range(4)]
            items = [item for item, (status, _) in zip(drafts, policies.apply(drafts)) if status == 201]
            status, changes = self.drift(*reordered(rng, items))
            self.assertEqual((0, {}), (status, {name: change for name, change in changes.items() if change[1] != "none"}), items)
            files = changed(rng, items)
            status, changes = self.drift(*files)
            requests = [compare_rbac.make_request(rng, compare_rbac.grants_of({"items": items + files})) for _ in range(400)]
            text = "".join(json.dumps(request) + "\n" for request in requests)
            declared = shared.run_lines("simulate", "--requests", "-", "-q", "--exact-groups", "--default-bindings", "--no-aggregate",
                                        "-f", self.folder / "manifests", stdin=text)
            live = [json.loads(line) for line in self.run_live("simulate", "--requests", "-", "-q", "--exact-groups", "-o", "jsonl", stdin=text).stdout.splitlines()]
            for request, a, b in zip(requests, declared, live, strict=True):
                if a["allowed"] != b["allowed"]:
                    differing += 1
                    wanted = ("more", "both") if b["allowed"] else ("less", "both")
                    self.assertTrue(any(effect in wanted for _, effect in changes.values()), (request, changes, items, files))
            policies.clear(compare_rbac.NAMESPACES)
        print(f"{differing} decisions differ between files and cluster, each where drift has an effect")
        self.assertGreater(differing, 5)

    def test_default_objects_are_no_drift(self):
        self.assertEqual((0, {}), self.drift())


if __name__ == "__main__":
    unittest.main()
