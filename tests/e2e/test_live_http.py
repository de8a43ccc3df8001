"""How the program speaks to servers: HTTP/2, several lists at once, credentials that run out, and as a pod of the cluster."""
import json
import os
import pathlib
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

from harness import faults, kubeconfigs, policies, proxies, shared

GROUP = "rbac.authorization.k8s.io"
KINDS = ("clusterroles", "clusterrolebindings", "roles", "rolebindings")
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


class Http(unittest.TestCase):
    def setUp(self):
        self.server = shared.server()
        folder = tempfile.TemporaryDirectory(prefix="oidc-audit-http-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def kubeconfig(self, user, **cluster):
        return kubeconfigs.write(self.folder / "kubeconfig", kubeconfigs.config(
            {"c": self.server.cluster(**cluster)}, {"u": user}, {"e2e": {"cluster": "c", "user": "u"}}, "e2e"))

    def scan(self, kubeconfig, *arguments, **options):
        return shared.run("scan", "--live", "--kubeconfig", kubeconfig, "-o", "json", *arguments, cwd=self.folder, **options)

    def assert_complete(self, done):
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertTrue(json.loads(done.stdout)["summary"]["complete"])


class Connections(Http):
    def test_http2_is_offered_and_chosen(self):
        """A server that would speak it sees `h2` chosen, and the words that HTTP/2 begins with."""
        made = self.server.ca.issue("h2", "h2", names=["IP:127.0.0.1"])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made.crt, made.key)
        context.set_alpn_protocols(["h2", "http/1.1"])
        seen = []
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def serve():
                while True:
                    try:
                        raw, _ = listener.accept()
                        with context.wrap_socket(raw, server_side=True) as peer:
                            seen.append((peer.selected_alpn_protocol(), peer.recv(24)))
                    except OSError:
                        return
            threading.Thread(target=serve, daemon=True).start()
            self.scan(self.kubeconfig({"token": "x"}, server=f"https://127.0.0.1:{listener.getsockname()[1]}"), "--request-timeout", "2s")
            listener.shutdown(socket.SHUT_RDWR)
        self.assertTrue(seen)
        self.assertEqual({("h2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")}, set(seen))

    def test_one_connection_carries_everything(self):
        """Requests that are under way together share a connection with kube-apiserver, which HTTP/1.1 cannot do."""
        proxy = proxies.http_proxy()
        self.addCleanup(proxy.close)
        user = self.server.client_certificate(self.server.admin)
        before = len(self.server.audited())
        done = self.scan(self.kubeconfig(user, **{"proxy-url": f"http://127.0.0.1:{proxy.port}"}))
        self.assert_complete(done)
        self.assertGreaterEqual(len(self.server.audited()) - before, len(KINDS))
        self.assertEqual([("127.0.0.1", self.server.port)], proxy.targets)

    def test_kinds_are_read_together(self):
        """No answer comes before all four have been asked for: one after the other, they would never come."""
        proxy = faults.FaultProxy(self.server)
        self.addCleanup(proxy.close)
        barrier = threading.Barrier(len(KINDS), timeout=30)

        def together(handler, real):
            barrier.wait()
            handler.reply(*real(), {"Content-Type": "application/json"})
        for kind in KINDS:
            proxy.plan[f"/apis/{GROUP}/v1/{kind}"] = [together]
        done = self.scan(self.kubeconfig({"token": "x"}, server=proxy.address))
        self.assert_complete(done)
        self.assertFalse(barrier.broken)

    def test_clusters_are_read_together(self):
        """So that a slow one does not hold up the others."""
        barrier = threading.Barrier(3, timeout=30)
        clusters, contexts = {}, {}
        for name in ("slow", "b", "a"):
            proxy = faults.FaultProxy(self.server)
            self.addCleanup(proxy.close)

            def together(handler, real):
                barrier.wait()
                handler.reply(*real(), {"Content-Type": "application/json"})
            proxy.plan[f"/apis/{GROUP}/v1/clusterroles"] = [together]
            clusters[name] = self.server.cluster(server=proxy.address)
            contexts[name] = {"cluster": name, "user": "u"}
        path = kubeconfigs.write(self.folder / "kubeconfig", kubeconfigs.config(clusters, {"u": {"token": "x"}}, contexts, "a"))
        done = shared.run("scan", "--all-contexts", "--kubeconfig", path, "-o", "json", cwd=self.folder)
        self.assert_complete(done)
        self.assertFalse(barrier.broken)
        self.assertEqual(list(contexts), [cluster["name"] for cluster in json.loads(done.stdout)["summary"]["clusters"]])


class Renewal(Http):
    """A credential that the server no longer takes is asked for anew, once."""

    def setUp(self):
        super().setUp()
        self.record = self.folder / "record"
        self.proxy = faults.FaultProxy(self.server)
        self.addCleanup(self.proxy.close)

    def plugin(self):
        """Prints the token `first`, then `second`."""
        script = self.folder / "plugin"
        answer = json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "TOKEN"}})
        script.write_text(f"#!/bin/sh\necho run >> {self.record}\n[ $(wc -l < {self.record}) = 1 ] && token=first || token=second\n"
                          f"echo '{answer}' | sed s/TOKEN/$token/\n", encoding="utf-8")
        script.chmod(0o755)
        return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(script), "interactiveMode": "Never"}}

    def test_after_a_401(self):
        tokens = []
        real_answer = lambda handler, real: handler.reply(*real(), {"Content-Type": "application/json"})  # noqa: E731

        def check(handler, real):
            tokens.append(handler.headers["Authorization"])
            if tokens[-1] == "Bearer first":
                return handler.reply(401, faults.status(401, "Unauthorized", "Unauthorized"), {"Content-Type": "application/json"})
            return real_answer(handler, real)
        # The second page of each list comes when the first was taken with the same token.
        for kind in KINDS:
            self.proxy.plan[f"/apis/{GROUP}/v1/{kind}"] = [real_answer, check, check]
        self.proxy.forever = True
        done = self.scan(self.kubeconfig(self.plugin(), server=self.proxy.address), "--chunk-size", "5")
        self.assert_complete(done)
        self.assertIn("Bearer first", tokens)
        self.assertIn("Bearer second", tokens)
        self.assertEqual("Bearer second", tokens[-1])
        # Several requests were refused together, and one new credential serves them all.
        self.assertEqual(2, len(self.record.read_text().splitlines()))

    def test_of_no_avail(self):
        self.proxy.plan[f"/apis/{GROUP}/v1/clusterroles"] = [
            lambda handler, real: handler.reply(*real(), {"Content-Type": "application/json"}),
            faults.answer(401, faults.status(401, "Unauthorized", "Unauthorized"))]
        self.proxy.forever = True
        done = self.scan(self.kubeconfig(self.plugin(), server=self.proxy.address), "--chunk-size", "5")
        self.assertEqual(3, done.returncode, done.stderr)
        self.assertIn("does not accept the credentials", done.stderr)
        self.assertEqual(2, len(self.record.read_text().splitlines()))


class InCluster(Http):
    """As a pod: no kubeconfig, but a service account's folder and the addresses in the environment."""

    def setUp(self):
        super().setUp()
        made = subprocess.run(["sh", "-c", "exec unshare -rm true"], capture_output=True, text=True, check=False)
        if made.returncode:
            if os.environ.get("CI") == "true":
                raise AssertionError(f"a mount namespace cannot be made: {made.stderr}")
            raise unittest.SkipTest("a mount namespace cannot be made here, and the folder is /var/run/secrets")
        status, body = policies.apply([{"kind": "ClusterRoleBinding", "metadata": {"name": "e2e-pod"}, "subjects": [
            {"kind": "ServiceAccount", "namespace": "default", "name": "auditor"}],
            "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "cluster-admin"}}])[0]
        self.assertEqual(201, status, body)
        self.addCleanup(policies.clear, [])
        self.server.client.ask("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "auditor"}})
        self.token = self.server.client.must("POST", "/api/v1/namespaces/default/serviceaccounts/auditor/token", {
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}})["status"]["token"]
        policies.settle()
        self.account = self.folder / "account"
        self.account.mkdir()
        (self.account / "token").write_text(self.token, encoding="ascii")
        (self.account / "ca.crt").write_bytes(pathlib.Path(self.server.ca.crt).read_bytes())
        (self.account / "namespace").write_text("default", encoding="ascii")

    def in_pod(self, *arguments):
        """/var/run is covered, for this process alone, by one that holds the account's folder."""
        run = self.folder / "run"
        (run / ACCOUNT.removeprefix("/var/run/")).mkdir(parents=True, exist_ok=True)
        target = os.path.realpath("/var/run")
        script = f'mount --bind "$1" {target} && mount --bind "$2" {target}{ACCOUNT.removeprefix("/var/run")} && shift 2 && exec "$@"'
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "KUBERNETES_SERVICE_HOST": "127.0.0.1",
                       "KUBERNETES_SERVICE_PORT": str(self.server.port)}
        return subprocess.run(["unshare", "-rm", "sh", "-c", script, "sh", str(run), str(self.account), shared.oidc_audit(), *arguments],
                              capture_output=True, text=True, check=False, env=environment, cwd=self.folder, timeout=120)

    def test_scan(self):
        before = len(self.server.audited())
        done = self.in_pod("scan", "--live", "-o", "json")
        self.assert_complete(done)
        self.assertEqual({"system:serviceaccount:default:auditor"}, {event["user"]["username"] for event in self.server.audited()[before:]})
        self.assertEqual(["in-cluster"], [cluster["name"] for cluster in json.loads(done.stdout)["summary"]["clusters"]])
        self.assertNotIn(self.token, done.stdout + done.stderr)

    def test_without_a_token(self):
        (self.account / "token").unlink()
        done = self.in_pod("scan", "--live")
        self.assertEqual(2, done.returncode, done.stderr)


class AwsAuth(Http):
    """The ConfigMap by which EKS maps IAM identities is read along with RBAC objects."""
    PATH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"
    ROLE = "arn:aws:iam::111122223333:role/deploy"

    def setUp(self):
        super().setUp()
        data = {"mapRoles": f"- rolearn: {self.ROLE}\n  username: deploy\n  groups: [system:masters]\n"}
        self.server.client.must("POST", "/api/v1/namespaces/kube-system/configmaps", {"metadata": {"name": "aws-auth"}, "data": data})
        self.addCleanup(self.server.client.must, "DELETE", self.PATH)

    def found(self, done):
        self.assertEqual(1, done.returncode, done.stderr)
        findings = [finding for finding in json.loads(done.stdout)["findings"] if finding["object"]["kind"] == "ConfigMap"]
        self.assertTrue(findings)
        for finding in findings:
            self.assertEqual("e2e", finding["object"]["cluster"])
            self.assertIsNone(finding["location"])
        return sorted((finding["rule"], finding["pointer"], finding["message"]) for finding in findings)

    def test_live_and_from_a_snapshot(self):
        live = self.found(self.scan(self.server.kubeconfig))
        snapshot = self.folder / "snapshot"
        done = shared.run("snapshot", "save", snapshot, "--live", "--kubeconfig", self.server.kubeconfig, cwd=self.folder)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(live, self.found(shared.run("scan", snapshot, "-o", "json", cwd=self.folder)))
        for where in (["--live", "--kubeconfig", self.server.kubeconfig], ["-f", snapshot]):
            done = shared.run("simulate", "get", "secrets", "--aws-identity", self.ROLE, "-o", "json", *where, cwd=self.folder)
            self.assertEqual(0, done.returncode, done.stderr)
            answer = json.loads(done.stdout)
            self.assertEqual(("system:masters", "deploy"), (answer["authorizer"], answer["authentication"]["username"]))

    def test_who_may_not_read_it(self):
        """Away from EKS nothing is missing, unless the question needs it."""
        items = [{"kind": "ClusterRole", "metadata": {"name": "lister"}, "rules": [
                    {"verbs": ["list"], "apiGroups": [GROUP, ""], "resources": [*KINDS, "serviceaccounts", "namespaces"]}]},
                 {"kind": "ClusterRoleBinding", "metadata": {"name": "lister"}, "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "lister"},
                  "subjects": [{"kind": "User", "apiGroup": GROUP, "name": "lister"}]}]
        for status, body in policies.apply(items):
            self.assertEqual(201, status, body)
        self.addCleanup(policies.remove, items)
        policies.settle()
        kubeconfig = self.kubeconfig(self.server.client_certificate(self.server.ca.issue(f"lister-{time.time_ns()}", "lister")))
        done = self.scan(kubeconfig, "-v")
        self.assert_complete(done)
        self.assertIn("aws-auth was not read", done.stderr)
        self.assertNotIn("aws-auth", self.scan(kubeconfig).stderr)
        done = shared.run("simulate", "get", "secrets", "--aws-identity", self.ROLE, "--live", "--kubeconfig", kubeconfig, cwd=self.folder)
        self.assertIn(done.returncode, (2, 3), done.stderr)
        self.assertIn("configmaps kube-system/aws-auth may not be read", done.stderr)


if __name__ == "__main__":
    unittest.main()
