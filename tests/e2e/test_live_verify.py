"""`--verify`: the server itself is asked, and a disagreement is told."""
import json
import pathlib
import tempfile
import time
import unittest

from harness import configurations, faults, policies, shared

REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
GROUP = "rbac.authorization.k8s.io"


class Decisions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = shared.server()
        cls.items = [
            {"kind": "ClusterRole", "metadata": {"name": "e2e-verify"}, "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]},
            {"kind": "ClusterRoleBinding", "metadata": {"name": "e2e-verify"}, "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "e2e-verify"},
             "subjects": [{"kind": "User", "apiGroup": GROUP, "name": "verified"}]}]
        for status, body in policies.apply(cls.items):
            assert status == 201, body
        cls.addClassCleanup(policies.remove, cls.items)
        policies.settle()

    def simulate(self, *words, kubeconfig=None):
        done = shared.run("simulate", *words, "--live", "--verify", "-o", "json", "--kubeconfig", kubeconfig or self.server.kubeconfig)
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr

    def test_agreement(self):
        for words, allowed in ((["get", "pods", "--user", "verified"], True), (["list", "pods", "--user", "verified"], False),
                               (["get", "/healthz", "--user", "verified"], True), (["get", "/metrics", "--user", "verified"], False),
                               (["delete", "nodes/n", "--user", "x", "--group", "system:masters"], True)):
            with self.subTest(words=words):
                status, answer, errors = self.simulate(*words)
                self.assertEqual((0 if allowed else 1, allowed), (status, answer["allowed"]), errors)
                self.assertEqual((allowed, True, ""), tuple(answer["verification"][name] for name in ("allowed", "agrees", "error")))

    def test_disagreement(self):
        proxy = faults.FaultProxy(self.server)
        self.addCleanup(proxy.close)
        proxy.plan[REVIEWS] = [faults.answer(201, json.dumps({
            "kind": "SubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "status": {"allowed": True, "reason": "a webhook said so"}}).encode())]
        path = self.server.write_kubeconfig("lying.kubeconfig", self.server.client_certificate(self.server.admin),
                                            self.server.cluster(server=proxy.address))
        status, answer, errors = self.simulate("list", "pods", "--user", "verified", kubeconfig=path)
        self.assertEqual((3, False, False), (status, answer["allowed"], answer["verification"]["agrees"]), errors)
        self.assertEqual("a webhook said so", answer["verification"]["reason"])

    def test_reviews_forbidden(self):
        items = [
            {"kind": "ClusterRole", "metadata": {"name": "e2e-lister"}, "rules": [{"verbs": ["list"], "apiGroups": [GROUP], "resources": ["*"]}]},
            {"kind": "ClusterRoleBinding", "metadata": {"name": "e2e-lister"}, "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "e2e-lister"},
             "subjects": [{"kind": "User", "apiGroup": GROUP, "name": "lister"}]}]
        policies.apply(items)
        self.addCleanup(policies.remove, items)
        policies.settle()
        path = self.server.write_kubeconfig("lister.kubeconfig", self.server.client_certificate(self.server.ca.issue("lister", "lister")))
        status, answer, errors = self.simulate("get", "pods", "--user", "verified", kubeconfig=path)
        self.assertEqual((3, True), (status, answer["allowed"]), errors)
        self.assertIn("subjectaccessreviews", answer["verification"]["error"])


class Identities(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = shared.server()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="oidc-audit-verify-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def whoami(self, claims, config=None, *arguments):
        token = self.folder / "token"
        token.write_text(self.server.issuer.key.sign(claims), encoding="ascii")
        path = self.folder / "auth.json"
        path.write_text(json.dumps(config) if config else self.server.auth_config.read_text(), encoding="utf-8")
        done = shared.run("whoami", "--token-file", token, "--auth-config", path, "--live", "--verify", "-o", "json",
                          "--kubeconfig", self.server.kubeconfig, *arguments)
        self.assertNotIn(token.read_text().split(".")[2], done.stdout + done.stderr)
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr

    def person(self, **changes):
        return {"iss": self.server.issuer.url("people"), "aud": "e2e", "sub": "1", "email": "jane@example.com", "email_verified": True,
                "groups": ["dev"], "exp": int(time.time()) + 600, **changes}

    def test_agreement(self):
        """The token is what is shown, not the kubeconfig's certificate of an administrator."""
        status, answer, errors = self.whoami(self.person(jti="x"))
        self.assertEqual((0, True), (status, answer["verification"]["agrees"]), errors)
        self.assertEqual(("jane@example.com", ["oidc:dev", "system:authenticated"]),
                         (answer["verification"]["username"], answer["verification"]["groups"]))

    def test_refused_by_both(self):
        for claims in (self.person(exp=1), self.person(email_verified=False), self.person(iss="https://example.com")):
            status, answer, errors = self.whoami(claims)
            self.assertEqual((1, True, False), (status, answer["verification"]["agrees"], answer["verification"]["accepted"]), errors)

    def test_another_configuration(self):
        """A file that is not the server's is found out."""
        entry = json.loads(json.dumps(configurations.by_hand[1]))
        entry["claimMappings"]["groups"]["prefix"] = "other:"
        status, answer, errors = self.whoami(self.person(), configurations.wrap([entry]))
        self.assertEqual((3, False), (status, answer["verification"]["agrees"]), errors)
        self.assertIn("oidc:dev", " ".join(answer["verification"]["differences"]))
        entry["issuer"]["audiences"] = ["other"]
        status, answer, errors = self.whoami(self.person(), configurations.wrap([entry]))
        self.assertEqual((3, False, True), (status, answer["verification"]["agrees"], answer["verification"]["accepted"]), errors)


if __name__ == "__main__":
    unittest.main()
