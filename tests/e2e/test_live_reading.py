"""What `--live` reads: pages, partial rights, and what networks and servers do on bad days."""
import json
import pathlib
import tempfile
import time
import unittest

from harness import faults, kubeconfigs, policies, shared
from harness.pki import Authority

GROUP = "rbac.authorization.k8s.io"
CLUSTER_ROLES = f"/apis/{GROUP}/v1/clusterroles"
CLUSTER_ROLE_BINDINGS = f"/apis/{GROUP}/v1/clusterrolebindings"
ROLES = f"/apis/{GROUP}/v1/roles"
KINDS = {"ClusterRole": CLUSTER_ROLES, "ClusterRoleBinding": CLUSTER_ROLE_BINDINGS, "Role": ROLES, "RoleBinding": f"/apis/{GROUP}/v1/rolebindings"}


def counts(server):
    """Objects of each kind, as the server itself lists them."""
    return {kind: len(server.client.must("GET", path)["items"]) for kind, path in KINDS.items()}


def counted(report):
    return {kind: report["summary"]["objects"].get(kind, 0) for kind in KINDS}


class Reading(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = shared.server()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="oidc-audit-live-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def scan(self, kubeconfig, *arguments):
        started = time.monotonic()
        done = shared.run("scan", "--live", "--kubeconfig", kubeconfig, "-o", "json", *arguments, cwd=self.folder)
        self.seconds = time.monotonic() - started
        report = json.loads(done.stdout) if done.stdout else None
        return done, report


class Whole(Reading):
    def test_everything_is_seen(self):
        done, report = self.scan(self.server.kubeconfig)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertEqual(counts(self.server), counted(report))
        self.assertTrue(report["summary"]["complete"])

    def test_a_fresh_cluster_is_clean(self):
        done, report = self.scan(self.server.kubeconfig, "--fail-on", "low")
        self.assertEqual(([], 0), (report["findings"], done.returncode), done.stderr)

    def test_same_findings_as_of_a_dump(self):
        items = [
            {"kind": "ClusterRoleBinding", "metadata": {"name": "pipeline"}, "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "cluster-admin"},
             "subjects": [{"kind": "User", "apiGroup": GROUP, "name": "organization:*:project:p:workspace:w:run_phase:apply"}]},
            {"kind": "RoleBinding", "metadata": {"name": "lost", "namespace": "default"}, "roleRef": {"apiGroup": GROUP, "kind": "Role", "name": "gone"},
             "subjects": [{"kind": "User", "apiGroup": GROUP, "name": "https://gitlab.com#project_path:acme/app:ref_type:branch:ref:main"}]},
        ]
        self.addCleanup(policies.clear, ["default"])
        for status, body in policies.apply(items):
            self.assertEqual(201, status, body)
        _, live = self.scan(self.server.kubeconfig)
        dumped = shared.run_json("scan", shared.dump())

        def essence(report):
            for finding in report["findings"]:
                finding["object"].pop("cluster", None)
            return sorted(json.dumps([f["rule"], f["severity"], f["object"], f["pointer"], f["message"]]) for f in report["findings"])
        self.assertEqual(essence(dumped), essence(live))
        self.assertGreater(len(live["findings"]), 1)

    def test_sarif(self):
        """Results of a cluster have a place of their own, and its category."""
        self.addCleanup(policies.clear, ["default"])
        policies.apply([{"kind": "ClusterRoleBinding", "metadata": {"name": "pipeline"}, "roleRef": {
            "apiGroup": GROUP, "kind": "ClusterRole", "name": "cluster-admin"}, "subjects": [
                {"kind": "User", "apiGroup": GROUP, "name": "organization:*:project:p:workspace:w:run_phase:apply"}]}])
        done = shared.run("scan", "--live", "--kubeconfig", self.server.kubeconfig, "-o", "sarif")
        run, = json.loads(done.stdout)["runs"]
        self.assertEqual("oidc-audit/cluster/e2e/", run["automationDetails"]["id"])
        self.assertTrue(run["results"])
        for result in run["results"]:
            location, = result["locations"]
            self.assertRegex(location["physicalLocation"]["artifactLocation"]["uri"], r"^[^/:][^:]*e2e")
            self.assertEqual(1, location["physicalLocation"]["region"]["startLine"])
            self.assertTrue(location["logicalLocations"])

    def test_pages(self):
        proxy = faults.FaultProxy(self.server)
        self.addCleanup(proxy.close)
        kubeconfig = kubeconfigs.write(self.folder / "kubeconfig", kubeconfigs.config(
            {"c": self.server.cluster(server=proxy.address)}, {"u": {"token": "x"}}, {"e2e": {"cluster": "c", "user": "u"}}, "e2e"))
        done, report = self.scan(kubeconfig, "--chunk-size", "7")
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertEqual(counts(self.server), counted(report))
        pages = proxy.asked(CLUSTER_ROLES)
        self.assertEqual(-(-counted(report)["ClusterRole"] // 7), len(pages))
        self.assertTrue(all("limit=7" in page for page in pages))
        self.assertTrue(all("resourceVersion" not in page for page in pages))
        self.assertEqual({"GET"}, {method for method, _ in proxy.requests})  # nothing is ever written


class PartialRights(Reading):
    """What may not be listed is said, and never called clean."""

    def setUp(self):
        super().setUp()
        for namespace in ("dev", "prod"):
            policies.make_namespace(namespace)
        self.addCleanup(policies.clear, ["dev", "prod", "default"])

    def allow(self, name, rules, namespace=None):
        kind = "Role" if namespace else "ClusterRole"
        meta = {"name": f"{name}", **({"namespace": namespace} if namespace else {})}
        items = [{"kind": kind, "metadata": dict(meta), "rules": rules},
                 {"kind": kind + "Binding", "metadata": dict(meta), "roleRef": {"apiGroup": GROUP, "kind": kind, "name": name},
                  "subjects": [{"kind": "User", "apiGroup": GROUP, "name": "part"}]}]
        for status, body in policies.apply(items):
            self.assertEqual(201, status, body)
        policies.settle()

    def kubeconfig(self, namespace=None):
        part = self.server.ca.issue(f"part-{time.time_ns()}", "part")
        return self.server.write_kubeconfig("part.kubeconfig", self.server.client_certificate(part), namespace=namespace)

    def test_nothing_allowed(self):
        done, report = self.scan(self.kubeconfig())
        self.assertEqual(3, done.returncode, done.stderr)
        self.assertFalse(report["summary"]["complete"])
        self.assertIn("clusterrolebindings", done.stderr)
        self.assertNotIn("no findings", done.stderr.lower())

    def test_cluster_kinds_only(self):
        self.allow("part", [{"verbs": ["list"], "apiGroups": [GROUP], "resources": ["clusterroles", "clusterrolebindings"]}])
        done, report = self.scan(self.kubeconfig())
        self.assertEqual(3, done.returncode, done.stderr)
        self.assertFalse(report["summary"]["complete"])
        self.assertEqual(counts(self.server)["ClusterRole"], counted(report)["ClusterRole"])
        self.assertIn("rolebindings", done.stderr)
        self.assertIn(self.scan(self.kubeconfig(), "--allow-partial")[0].returncode, (0, 1))

    def test_namespace_by_namespace(self):
        self.allow("part", [{"verbs": ["list"], "apiGroups": [GROUP], "resources": ["clusterroles", "clusterrolebindings"]},
                            {"verbs": ["list"], "apiGroups": [""], "resources": ["namespaces", "serviceaccounts"]}])
        self.allow("part-dev", [{"verbs": ["list"], "apiGroups": [GROUP], "resources": ["roles", "rolebindings"]}], "dev")
        done, report = self.scan(self.kubeconfig())
        self.assertEqual(3, done.returncode, done.stderr)
        self.assertEqual(1, counted(report)["RoleBinding"])
        self.assertIn("kube-system", done.stderr)
        # Of the namespace that was asked for everything is seen.
        done, report = self.scan(self.kubeconfig(namespace="dev"), "-n", "dev")
        self.assertEqual(1, counted(report)["RoleBinding"])


class BadDays(Reading):
    def setUp(self):
        super().setUp()
        self.proxy = faults.FaultProxy(self.server)
        self.addCleanup(self.proxy.close)
        self.kubeconfig = kubeconfigs.write(self.folder / "kubeconfig", kubeconfigs.config(
            {"c": self.server.cluster(server=self.proxy.address)}, {"u": {"token": "x"}}, {"e2e": {"cluster": "c", "user": "u"}}, "e2e"))

    def assert_recovers(self, *bad, path=CLUSTER_ROLES, arguments=()):
        self.proxy.plan[path] = list(bad)
        done, report = self.scan(self.kubeconfig, *arguments)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertTrue(report["summary"]["complete"], done.stderr)
        self.assertEqual(counts(self.server), counted(report))
        self.assertEqual([], self.proxy.plan[path], "the faults happened")
        return done

    def assert_incomplete(self, text, *bad, path=CLUSTER_ROLES, arguments=()):
        """The one kind is missing, the others are there, and it is said."""
        self.proxy.plan[path] = list(bad)
        self.proxy.forever = True
        done, report = self.scan(self.kubeconfig, *arguments)
        self.assertEqual(3, done.returncode, done.stderr)
        self.assertFalse(report["summary"]["complete"])
        self.assertIn(text, done.stderr)
        self.assertIn("clusterroles", done.stderr)
        self.assertEqual(counts(self.server)["RoleBinding"], counted(report)["RoleBinding"])
        return done

    def test_lost_connections(self):
        self.assert_recovers(faults.cut())
        self.assert_recovers(faults.cut(), faults.cut_within())

    def test_connections_lost_again_and_again(self):
        self.assert_incomplete("", faults.cut())

    def test_too_many_requests(self):
        busy = faults.answer(429, faults.status(429, "TooManyRequests", "slow down"), Retry_After="1")
        self.assert_recovers(busy, busy)
        self.assertGreater(self.seconds, 1.9)
        self.assert_recovers(faults.answer(429, faults.status(429, "TooManyRequests", "slow down")))

    def test_busy_for_ever(self):
        self.assert_incomplete("slow down", faults.answer(429, faults.status(429, "TooManyRequests", "slow down")))

    def test_server_errors(self):
        self.assert_recovers(faults.answer(500, faults.status(500, "InternalError", "etcd said no")),
                             faults.answer(503, b"upstream gone", "text/plain", Retry_After="0"))

    def test_broken_for_ever(self):
        self.assert_incomplete("etcd said no", faults.answer(500, faults.status(500, "InternalError", "etcd said no")))

    def expired(self, token=None):
        more = {"metadata": {"continue": token}} if token else {}
        return faults.answer(410, faults.status(410, "Expired", "the continue token is too old", **more))

    def test_expired_page(self):
        """The list starts anew; what was read of it before does not count twice."""
        good = lambda handler, real: handler.reply(*real(), {"Content-Type": "application/json"})  # noqa: E731
        self.assert_recovers(good, self.expired("later"), arguments=["--chunk-size", "20"])
        pages = self.proxy.asked(CLUSTER_ROLES)
        self.assertNotIn("continue=later", "".join(pages))

    def test_pages_that_expire_again(self):
        """Then the whole list is asked for at once."""
        good = lambda handler, real: handler.reply(*real(), {"Content-Type": "application/json"})  # noqa: E731
        self.assert_recovers(good, self.expired(), good, self.expired(), arguments=["--chunk-size", "20"])
        self.assertNotIn("limit", self.proxy.asked(CLUSTER_ROLES)[-1])

    def test_a_list_without_end(self):
        page = json.dumps({"kind": "ClusterRoleList", "apiVersion": f"{GROUP}/v1", "metadata": {"continue": "same"}, "items": []}).encode()
        self.assert_incomplete("no end", faults.answer(200, page))
        self.assertLess(len(self.proxy.asked(CLUSTER_ROLES)), 10)

    def test_an_empty_page_is_not_the_end(self):
        first = json.dumps({"kind": "ClusterRoleList", "apiVersion": f"{GROUP}/v1", "metadata": {"continue": "go-on"}, "items": []}).encode()
        rest = self.server.client.raw("GET", CLUSTER_ROLES)[1]
        self.assert_recovers(faults.answer(200, first), faults.answer(200, rest))

    def test_slow(self):
        self.assert_recovers(faults.slow(1.5))
        self.assert_recovers(faults.trickle(1.5))

    def test_too_slow(self):
        self.assert_incomplete("", faults.slow(20), arguments=["--request-timeout", "1s"])
        self.assertLess(self.seconds, 30)

    def test_too_large(self):
        self.assert_incomplete("", faults.announced(1 << 42))
        self.assertLess(self.seconds, 20)

    def test_what_unpacks_to_too_much(self):
        self.assert_incomplete("", faults.bomb(5 << 30))

    def test_wrong_content_type(self):
        self.assert_incomplete("text/html", faults.answer(200, b"<html>Please log in</html>", "text/html"))

    def test_no_json(self):
        self.assert_incomplete("", faults.answer(200, b'{"kind": "ClusterRoleList", "items": [{'))

    def test_another_list(self):
        self.assert_incomplete("ClusterRoleList", faults.answer(200, json.dumps({"kind": "PodList", "apiVersion": "v1", "items": []}).encode()))

    def test_redirects(self):
        self.assert_incomplete("redirect", faults.answer(302, b"", Location="https://evil.example.com/apis"))
        self.assertNotIn("evil", str(self.proxy.requests))

    def test_not_served(self):
        gone = faults.answer(404, b"404 page not found\n", "text/plain")
        self.assert_incomplete("", gone)

    def test_credentials_run_out(self):
        self.proxy.plan[CLUSTER_ROLES] = [faults.answer(401, faults.status(401, "Unauthorized", "Unauthorized"))]
        self.proxy.forever = True
        done, _ = self.scan(self.kubeconfig)
        self.assertEqual(3, done.returncode, done.stderr)
        self.assertIn("does not accept the credentials", done.stderr)

    def test_warnings_are_shown_once(self):
        body = self.server.client.raw("GET", CLUSTER_ROLES)[1]
        done = self.assert_recovers(faults.answer(200, body, Warning='299 - "old \\"API\\" \x1b[31m", 199 - "not this"'))
        self.assertEqual(1, done.stderr.count('old "API"'))
        self.assertNotIn("not this", done.stderr)
        self.assertNotIn("\x1b", done.stderr)

    def test_messages_of_servers_are_escaped(self):
        text = "no \x1b]0;title\x07 ::error::\u202e"
        done = self.assert_incomplete("no ", faults.answer(403, faults.status(403, "Forbidden", text)))
        self.assertNotIn("\x1b", done.stderr)
        self.assertNotIn("\u202e", done.stderr)

    def test_bad_certificates(self):
        stranger = Authority(self.folder / "stranger", "stranger").issue("x", "x", names=["IP:127.0.0.1"])
        other_name = self.server.ca.issue("other-name", "x", names=["DNS:elsewhere.e2e.test"])
        for name, certificate in (("unknown authority", stranger), ("another name", other_name)):
            with self.subTest(name):
                proxy = faults.FaultProxy(self.server, certificate)
                self.addCleanup(proxy.close)
                kubeconfig = kubeconfigs.write(self.folder / "kubeconfig", kubeconfigs.config(
                    {"c": self.server.cluster(server=proxy.address)}, {"u": {"token": "x"}}, {"e2e": {"cluster": "c", "user": "u"}}, "e2e"))
                done, _ = self.scan(kubeconfig)
                self.assertEqual(3, done.returncode, done.stderr)
                self.assertEqual([], proxy.requests)
                self.assertNotIn("insecure", done.stderr)


if __name__ == "__main__":
    unittest.main()
