"""Questions to a live cluster: the answers are those over a dump of it, and the server agrees."""
import json
import os
import random
import time
import unittest

import compare_rbac
from harness import configurations, faults, policies, shared
from test_rbac import check, requests_of

DECISIONS = int(os.environ.get("OIDC_AUDIT_E2E_LIVE_REVIEWS", "1000"))


class Questions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = shared.server()
        for namespace in compare_rbac.NAMESPACES:
            policies.make_namespace(namespace)
        cls.rng = random.Random(configurations.SEED + 2)
        cls.addClassCleanup(policies.clear, compare_rbac.NAMESPACES)
        items = []
        for number in range(20):
            for item in compare_rbac.make_policy(cls.rng)["items"]:
                if "roleRef" in item:
                    item["metadata"]["name"] += f"-{number}"
                items.append(item)  # of roles of one name the first stays
        created = policies.apply(items)
        cls.items = [item for item, (status, _) in zip(items, created) if status == 201]
        policies.settle()
        cls.dump = shared.dump()

    def live(self, *arguments):
        return [*arguments, "--live", "--kubeconfig", self.server.kubeconfig]

    def bind_to_nothing(self):
        """A binding of `lost` whose role is missing: a refusal then has a reason."""
        group = "rbac.authorization.k8s.io"
        items = [{"kind": "ClusterRoleBinding", "metadata": {"name": "dangling"}, "subjects": [
            {"kind": "User", "apiGroup": group, "name": "lost"}], "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "gone"}}]
        for status, body in policies.apply(items):
            self.assertEqual(201, status, body)
        self.addCleanup(policies.remove, items)
        policies.settle()

    def test_decisions(self):
        requests = requests_of(self.items, self.rng, DECISIONS)
        text = "".join(json.dumps(request) + "\n" for request in requests)
        ours = shared.run_lines(*self.live("simulate", "--requests", "-", "-q", "--exact-groups"), stdin=text)
        theirs = self.server.client.in_parallel(policies.review, requests)
        for request, a, b in zip(requests, theirs, ours, strict=True):
            check(self, request, a, b)

    def test_same_as_over_a_dump(self):
        binding = next(item for item in self.items if item["kind"] == "ClusterRoleBinding" or item["kind"] == "RoleBinding")
        place = "/".join(filter(None, [binding["kind"], binding["metadata"].get("namespace"), binding["metadata"]["name"]]))
        for arguments in (["who-can", "get", "secrets", "-n", "dev"], ["who-can", "create", "pods", "-A", "--indirect"],
                          ["what-can", "--user", "jane", "--group", "oidc:admins"], ["explain-binding", place],
                          ["simulate", "list", "pods", "--user", "jane", "-n", "dev"]):
            with self.subTest(arguments=arguments):
                # A place in a file, the cluster's name and remarks about them are all that may differ.
                def essence(value):
                    if isinstance(value, dict):
                        return {k: essence(v) for k, v in value.items() if k not in ("location", "cluster", "clusters", "notes", "place")}
                    return [essence(v) for v in value] if isinstance(value, list) else value
                over_dump = shared.run_json(*arguments, "-f", self.dump)
                over_live = shared.run_json(*self.live(*arguments))
                self.assertEqual(essence(over_dump), essence(over_live))

    def test_who_can(self):
        """Whoever is listed is allowed by the server, and nobody else of those that are bound."""
        checked = listed = 0
        candidates = [("User", name) for name in compare_rbac.USERS if name] + [("Group", name) for name in compare_rbac.GROUPS]
        grants = [grant for grant in compare_rbac.grants_of({"items": self.items}) if {"verbs", "resources", "apiGroups"} <= grant[3].keys()]
        for _ in range(25):
            _, _, namespace, rule = self.rng.choice(grants)
            verb, group = self.rng.choice(rule["verbs"] or ["get"]), self.rng.choice(rule["apiGroups"])
            resource, _, subresource = self.rng.choice(rule["resources"]).partition("/")
            if not verb or not resource:
                continue
            arguments = ["who-can", verb, resource, "--api-group", group, "-n", namespace or self.rng.choice(compare_rbac.NAMESPACES)]
            arguments += ["--subresource", subresource] if subresource else []
            answer = shared.run_json(*arguments, "-f", self.dump)
            allowed = set()
            for entry in answer["subjects"]:
                who = entry["subject"]
                if not any(not grant["names"] for grant in entry["grants"]) and entry["authorizer"] == "rbac":
                    continue  # by name alone
                if who["kind"] == "ServiceAccount":
                    allowed.add(("User", f"system:serviceaccount:{who['namespace']}:{who['name']}"))
                else:
                    allowed.add((who["kind"], who["name"]))
            asked = answer["question"]
            request = {name: asked[name] for name in ("verb", "apiGroup", "resource", "subresource", "namespace")}

            def ask(candidate):
                kind, name = candidate
                who = {"user": name} if kind == "User" else {"user": "nobody", "groups": [name]}
                return policies.review({**who, **request})["allowed"]
            for candidate, verdict in zip(candidates, self.server.client.in_parallel(ask, candidates)):
                self.assertEqual(verdict, candidate in allowed, (arguments, candidate, answer))
                checked += 1
                listed += verdict
        print(f"{checked} subjects are listed by who-can, or not, as the server decides ({listed} allowed)")

    def test_as_is_who_asks(self):
        """With --live, --as is whom the requests are made as, and --user who is asked about."""
        before = len(self.server.audited())
        answer = shared.run_json(*self.live("simulate", "get", "pods", "--user", "jane", "--as", "root", "--as-group", "system:masters"))
        self.assertEqual("jane", answer["request"]["user"])
        self.assertEqual({"root"}, {event["impersonatedUser"]["username"] for event in self.server.audited()[before:]})
        alone = shared.run_json("simulate", "get", "pods", "--as", "jane", "-f", self.dump)
        self.assertEqual("jane", alone["request"]["user"])

    def test_what_is_not_seen_is_not_denied(self):
        """A refusal that rests on half of the objects is no answer."""
        nobody = self.server.ca.issue("nobody", "nobody")
        path = self.server.write_kubeconfig("nobody.kubeconfig", self.server.client_certificate(nobody))
        done = shared.run("simulate", "get", "pods", "--user", "jane", "--live", "--kubeconfig", path)
        self.assertEqual(3, done.returncode, done.stderr)

    def test_text_of_a_refusal_is_that_of_the_server(self):
        """Its release decides, not the newest that is known."""
        self.bind_to_nothing()
        answer = shared.run_json(*self.live("simulate", "list", "pods", "--user", "lost", "-n", "dev"))
        _, body = self.server.client.ask("GET", "/api/v1/namespaces/dev/pods", None, {"Impersonate-User": "lost"})
        self.assertEqual(body["message"], answer["denied_message"])

    def test_release_of_the_server(self):
        """It chooses the texts, and the default objects that stand in for what is missing: the nearest that are known."""
        self.bind_to_nothing()
        proxy = faults.FaultProxy(self.server)
        self.addCleanup(proxy.close)
        proxy.forever = True
        user = self.server.client_certificate(self.server.admin)
        path = self.server.write_kubeconfig("older.kubeconfig", user, self.server.cluster(server=proxy.address))
        reason = 'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found'
        for release, expected in (("v1.36.4", ": " + reason), ("v1.37.2", ": rbac: " + reason), ("v1.99.0", ": rbac: " + reason),
                                  ("v1.21.0-eks-1", ": " + reason), ("who knows", ": rbac: " + reason)):
            with self.subTest(release):
                proxy.plan["/version"] = [faults.answer(200, json.dumps({"gitVersion": release, "major": "1", "minor": "36"}).encode())]
                answer = shared.run_json("simulate", "list", "pods", "--user", "lost", "-n", "dev", "--live", "--kubeconfig", path)
                self.assertTrue(answer["denied_message"].endswith(f'in the namespace "dev"{expected}'), answer["denied_message"])

    def test_custom_resources(self):
        """Discovery of the server tells the group of a custom resource and where it lives."""
        definition = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "gadgets.e2e.test"}, "spec": {
            "group": "e2e.test", "scope": "Cluster", "names": {"plural": "gadgets", "singular": "gadget", "kind": "Gadget", "shortNames": ["gdg"]},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}]}}
        definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        self.server.client.must("POST", definitions, definition)
        self.addCleanup(self.server.client.must, "DELETE", f"{definitions}/gadgets.e2e.test")
        until = time.monotonic() + 30
        while self.server.client.raw("GET", "/apis/e2e.test/v1/gadgets")[0] != 200 and time.monotonic() < until:
            time.sleep(0.1)
        answer = shared.run_json(*self.live("simulate", "get", "gdg", "--user", "jane"))
        self.assertEqual(("e2e.test", "gadgets", ""), tuple(answer["request"][name] for name in ("apiGroup", "resource", "namespace")))


if __name__ == "__main__":
    unittest.main()
