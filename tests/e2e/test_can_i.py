"""Words of the command line: `oidc-audit simulate` asks the authorizer what `kubectl auth can-i` asks it."""
import json
import unittest

from harness import policies, shared

# As they stand behind `kubectl auth can-i`.
QUESTIONS = [
    ["get", "pods"], ["get", "pod"], ["get", "po"], ["get", "Pods"], ["list", "deployments"], ["list", "deploy"], ["list", "deployments.apps"],
    ["list", "deployments.v1.apps"], ["get", "deployments/web"], ["get", "secrets/token"], ["get", "pods/log"], ["get", "pods", "--subresource=log"],
    ["get", "pods/web-0", "--subresource=log"], ["create", "serviceaccounts/ci", "--subresource=token"], ["get", "nodes"], ["get", "nodes/n1"],
    ["get", "namespaces"], ["delete", "namespaces/dev"], ["list", "events"], ["list", "events.events.k8s.io"], ["get", "ingresses"], ["get", "ing"],
    ["get", "hpa"], ["get", "csr"], ["get", "crd"], ["bind", "clusterroles/admin"], ["bind", "clusterroles"], ["escalate", "roles"],
    ["impersonate", "users"], ["impersonate", "users/jane"], ["impersonate", "groups"], ["impersonate", "serviceaccounts"],
    ["impersonate", "userextras"], ["use", "podsecuritypolicies"], ["approve", "signers"], ["*", "*"], ["get", "*"], ["*", "pods"],
    ["get", "gadgets"], ["get", "gadgets.example.com"], ["get", "*.apps"], ["get", "pods.metrics.k8s.io"],
    ["get", "/healthz"], ["get", "/logs/*"], ["get", "/"], ["post", "/metrics"], ["get", "*", "--subresource=scale"],
]
PLACES = [[], ["-n", "dev"], ["-A"]]
OF_EACH_PLACE = 12  # questions; the others are asked without more

# Strings of authorization requests that no server lists as resources. kubectl asks about them in the core group.
GROUPS = {"userextras": "authentication.k8s.io", "podsecuritypolicies": "policy", "signers": "certificates.k8s.io"}


def as_ours(asked, mine):
    """What kubectl asked, in our way, where ours is another one on purpose: we leave out the namespace of what is known to be
    cluster-scoped, as requests for it do, and ask about an unknown TYPE.GROUP in that group."""
    asked = {name: value for name, value in asked.items() if name != "version"}  # the authorizer does not look at it
    if "." in asked["resource"]:
        asked["resource"], _, asked["group"] = asked["resource"].partition(".")
    if asked["resource"] in GROUPS:
        asked["group"] = GROUPS[asked["resource"]]
    if "namespace" not in mine:
        asked.pop("namespace", None)
    elif asked["resource"] == "namespaces":
        asked["namespace"] = asked["name"]
    return asked


class CanI(unittest.TestCase):
    def test_same_questions(self):
        server = shared.server()
        policies.make_namespace("dev")
        dump = shared.dump()
        compared = 0
        for number, words in enumerate(QUESTIONS):
            for place in PLACES if number < OF_EACH_PLACE else PLACES[:1]:
                with self.subTest(words=words, place=place):
                    before = len(server.self_reviews())
                    theirs = shared.kubectl("auth", "can-i", *words, *place, "--as", "jane", check=False)
                    ours = shared.run("simulate", *words, *place, "--user", "jane", "-o", "json", "-f", dump)
                    asked = server.self_reviews()[before:]
                    if not asked:
                        self.assertEqual(2, ours.returncode, (theirs.stderr, ours.stdout))
                        continue
                    self.assertIn(ours.returncode, (0, 1), (ours.stderr, theirs.stderr))
                    asked, = asked
                    said = json.loads(ours.stdout)
                    request = said["request"]
                    if "nonResourceAttributes" in asked:
                        self.assertEqual(asked["nonResourceAttributes"], {"verb": request["verb"], "path": request["path"]})
                    else:
                        mine = {"verb": request["verb"], "group": request["apiGroup"], "resource": request["resource"], "name": request["name"],
                                "subresource": request["subresource"], "namespace": request["namespace"]}
                        mine = {name: value for name, value in mine.items() if value}
                        self.assertEqual(as_ours(asked["resourceAttributes"], mine), mine)
                    self.assertEqual(theirs.stdout.split()[0], "yes" if said["allowed"] else "no")
                    compared += 1
        print(f"{compared} questions are those of kubectl auth can-i")


if __name__ == "__main__":
    unittest.main()
