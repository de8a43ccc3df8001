"""Aggregated ClusterRoles: what the controller of kube-controller-manager writes, and what oidc-audit computes."""
import json
import random
import time
import unittest

from harness import configurations, processes, shared, tools
from harness.policies import RBAC
from harness.server import Server

GROUP = "rbac.authorization.k8s.io"
KEYS = ["example.com/to-a", "example.com/to-b", "tier"]
VALUES = ["true", "false", "gold"]


def make_selector(rng):
    if rng.random() < 0.6:
        return {"matchLabels": {key: rng.choice(VALUES) for key in rng.sample(KEYS, rng.randint(1, 2))}}
    expressions = []
    for _ in range(rng.randint(1, 2)):
        operator = rng.choice(["In", "NotIn", "Exists", "DoesNotExist"])
        expression = {"key": rng.choice(KEYS), "operator": operator}
        if operator in ("In", "NotIn"):
            expression["values"] = rng.sample(VALUES, rng.randint(1, 2))
        expressions.append(expression)
    # Only among roles of this test, so that the default ones do not all join in.
    return {"matchLabels": {"made": "here"}, "matchExpressions": expressions}


def make_roles(rng):
    roles = []
    for number in range(30):
        labels = {"made": "here", **{key: rng.choice(VALUES) for key in KEYS if rng.random() < 0.4}}
        role = {"apiVersion": f"{GROUP}/v1", "kind": "ClusterRole", "metadata": {"name": f"role-{number:02}", "labels": labels}}
        if number % 3 == 0:
            role["aggregationRule"] = {"clusterRoleSelectors": [make_selector(rng) for _ in range(rng.randint(1, 2))]}
            role["rules"] = []
        else:
            role["rules"] = [{"verbs": [rng.choice(["get", "list", "create"])], "apiGroups": [""],
                              "resources": [rng.choice(["pods", "secrets", "nodes", f"things{number}"])]} for _ in range(rng.randint(1, 2))]
        roles.append(role)
    return roles


class Aggregation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shared.server()  # skips when there is none
        try:
            tools.build("oracle")
        except tools.Missing as why:
            raise unittest.SkipTest(f"no controller to compare with: {why}") from None
        cls.server = Server(tools.server_programs()).__enter__()
        cls.addClassCleanup(cls.server.close)
        cls.controller = processes.start([tools.cache_dir() / "oracle", "aggregate", cls.server.kubeconfig], cls.server.folder / "controller.log")
        cls.addClassCleanup(processes.stop, cls.controller)

    def stored(self):
        return {role["metadata"]["name"]: role for role in self.server.client.must("GET", f"{RBAC}/clusterroles")["items"]}

    def settled(self):
        """The ClusterRoles, once they have not changed for two seconds."""
        until = time.monotonic() + 60
        roles, since = {}, time.monotonic()
        while time.monotonic() < until:
            now = self.stored()
            if now != roles or not now["admin"].get("rules"):
                roles, since = now, time.monotonic()
            elif time.monotonic() - since > 2:
                return roles
            time.sleep(0.2)
        raise AssertionError("the controller does not come to rest")

    def write(self, name, items):
        path = self.server.folder / name
        path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}), encoding="utf-8")
        return path

    def rules_of_ours(self, roles, path_of_roles):
        """What oidc-audit computes for each role, through a user that is bound to it."""
        bindings = [{"apiVersion": f"{GROUP}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": f"bind-{name}"},
                     "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": name},
                     "subjects": [{"apiGroup": GROUP, "kind": "User", "name": f"user-{name}"}]} for name in roles]
        path = self.write("bindings.json", bindings)
        for name in roles:
            answer = shared.run_json("what-can", "--user", f"user-{name}", "--exact-groups", "-f", path, *path_of_roles)
            yield name, [{key: value for key, value in step["rule"].items() if value} for scope in answer["scopes"] for step in scope["rules"]]

    def test_default_roles(self):
        stored = self.settled()
        dump = self.write("dump.json", [{"apiVersion": f"{GROUP}/v1", "kind": "ClusterRole", **role} for role in stored.values()])
        self.assertEqual([], shared.run_json("scan", "--fail-on", "low", dump, statuses=(0,))["findings"])
        names = ["admin", "edit", "view"]
        for name, rules in self.rules_of_ours(names, []):  # from what is embedded
            self.assertEqual(stored[name]["rules"], rules, name)

    def test_random_roles(self):
        rng = random.Random(configurations.SEED)
        roles = make_roles(rng)
        for role in roles:
            self.server.client.must("POST", f"{RBAC}/clusterroles", role)
        stored = self.settled()
        path = self.write("roles.json", roles)
        compared = 0
        aggregated = [role["metadata"]["name"] for role in roles if "aggregationRule" in role]
        for name, rules in self.rules_of_ours(aggregated, ["-f", path]):
            self.assertEqual(stored[name].get("rules") or [], rules, name)
            compared += len(rules)
        print(f"{len(aggregated)} aggregated roles are as the controller has them ({compared} rules)")
        self.assertGreater(compared, 10)


if __name__ == "__main__":
    unittest.main()
