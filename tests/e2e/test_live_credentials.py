"""How `--live` reaches a cluster: every kind of credential and connection of a kubeconfig. Who asked is what the server's
audit log says."""
import base64
import json
import pathlib
import tempfile
import time
import unittest

from harness import kubeconfigs, policies, proxies, shared

EXEC = "client.authentication.k8s.io"
SECRET = "hunter2-do-not-print"


class Live(unittest.TestCase):
    """Each test writes a kubeconfig and looks at who the server saw."""

    @classmethod
    def setUpClass(cls):
        cls.server = shared.server()
        group = "rbac.authorization.k8s.io"
        for status, body in policies.apply([
                {"kind": "ClusterRole", "metadata": {"name": "e2e-auditor"}, "rules": [
                    {"verbs": ["list"], "apiGroups": [group, ""], "resources": ["*"]}]},
                {"kind": "ClusterRoleBinding", "metadata": {"name": "e2e-auditor"}, "subjects": [
                    {"kind": "Group", "apiGroup": group, "name": "system:authenticated"}],
                 "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "e2e-auditor"}}]):
            assert status == 201, body
        cls.addClassCleanup(policies.clear, [])
        policies.settle()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="oidc-audit-live-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.path = self.folder / "config" / "kubeconfig"

    def kubeconfig(self, user, cluster=None):
        return kubeconfigs.write(self.path, kubeconfigs.config(
            {"c": self.server.cluster(**(cluster or {}))}, {"u": user}, {"e2e": {"cluster": "c", "user": "u"}}, "e2e"))

    def scan(self, user, *arguments, cluster=None, environment=None):
        before = len(self.server.audited())
        done = shared.run("scan", "--live", "--kubeconfig", self.kubeconfig(user, cluster), "-o", "json", *arguments,
                          environment=environment, cwd=self.folder)
        self.assertNotIn(SECRET, done.stdout + done.stderr)
        return done, self.server.audited()[before:]

    def assert_seen(self, user, expected, *arguments, groups=(), impersonated=None, **more):
        """The scan is complete, and every list was asked for by `expected`."""
        done, events = self.scan(user, *arguments, **more)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertTrue(json.loads(done.stdout)["summary"]["complete"])
        self.assertGreaterEqual(len(events), 4)
        for event in events:
            self.assertEqual(expected, event["user"]["username"])
            self.assertTrue(set(groups) <= set(event["user"]["groups"]), event)
            self.assertEqual(impersonated, event.get("impersonatedUser"))
            self.assertTrue(event["userAgent"].startswith("kubectl-oidc_audit/v"), event["userAgent"])
        return done

    def assert_refused(self, status, text, user, *arguments, **more):
        """Nothing is listed, the status is this, and the message says so without a secret."""
        done, events = self.scan(user, *arguments, **more)
        self.assertEqual(status, done.returncode, done.stderr)
        self.assertIn(text, done.stderr)
        self.assertEqual([], [event for event in events if event["responseStatus"]["code"] < 400])
        return done

    def token(self, **claims):
        return self.server.issuer.key.sign({
            "iss": self.server.issuer.url("people"), "aud": "e2e", "sub": "1", "email": "jane@example.com", "email_verified": True,
            "groups": ["auditors"], "exp": int(time.time()) + 600, **claims})

    def jane(self, **changes):
        return self.server.ca.issue(f"jane-{time.time_ns()}", "jane", ["auditors"], **changes)


class Credentials(Live):
    def test_client_certificate_data(self):
        self.assert_seen(self.server.client_certificate(self.jane()), "jane", groups=["auditors", "system:authenticated"])

    def test_client_certificate_files_beside_the_kubeconfig(self):
        jane = self.jane()
        for source, name in ((jane.crt, "jane.crt"), (jane.key, "keys/jane.key")):
            target = self.path.parent / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(pathlib.Path(source).read_bytes())
        ca = self.path.parent / "ca.crt"
        ca.write_bytes(pathlib.Path(self.server.ca.crt).read_bytes())
        self.assert_seen({"client-certificate": "jane.crt", "client-key": "keys/jane.key"}, "jane",
                         cluster={"certificate-authority-data": None, "certificate-authority": "ca.crt"})

    def test_client_certificate_of_flags(self):
        jane = self.jane()
        self.assert_seen({}, "jane", "--client-certificate", jane.crt, "--client-key", jane.key)

    def test_certificate_of_another_authority(self):
        from harness.pki import Authority
        stranger = Authority(self.folder / "stranger", "stranger").issue("jane", "jane", ["system:masters"])
        self.assert_refused(3, "", self.server.client_certificate(stranger))

    def test_token(self):
        self.assert_seen({"token": self.token()}, "jane@example.com", groups=["oidc:auditors"])

    def test_token_file(self):
        self.path.parent.mkdir(parents=True)
        (self.path.parent / "token").write_text(self.token() + "\n", encoding="ascii")
        self.assert_seen({"tokenFile": "token"}, "jane@example.com")
        self.assert_seen({"tokenFile": "token", "token": SECRET}, "jane@example.com")

    def test_service_account_token(self):
        self.server.client.ask("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "auditor"}})
        token = self.server.client.must("POST", "/api/v1/namespaces/default/serviceaccounts/auditor/token",
                                        {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}})["status"]["token"]
        self.assert_seen({"token": token}, "system:serviceaccount:default:auditor", groups=["system:serviceaccounts:default"])

    def test_refused_tokens(self):
        self.assert_refused(3, "does not accept the credentials", {"token": SECRET})
        self.assert_refused(3, "does not accept the credentials", {"token": self.token(exp=1)})

    def test_password(self):
        """Sent as it stands; kube-apiserver takes none since 1.19 and sees nobody in particular."""
        done, events = self.scan({"username": "jane", "password": SECRET})
        self.assertEqual(3, done.returncode, done.stderr)
        self.assertFalse(json.loads(done.stdout)["summary"]["complete"])
        self.assertEqual({"system:anonymous"}, {event["user"]["username"] for event in events})
        self.assertIn("kube-apiserver takes none since 1.19", done.stderr)

    def test_no_credentials(self):
        done, events = self.scan({})
        self.assertEqual(3, done.returncode, done.stderr)
        self.assertEqual({"system:anonymous"}, {event["user"]["username"] for event in events})
        self.assertIn("no credentials", done.stderr)

    def test_legacy_auth_provider(self):
        self.assert_refused(2, "exec", {"auth-provider": {"name": "oidc", "config": {"id-token": SECRET}}})

    def test_two_methods(self):
        self.assert_refused(2, "more than one", {"token": SECRET, "username": "jane", "password": SECRET})

    def test_nobody(self):
        """Anonymous requests would be 403, or half an answer."""
        body = kubeconfigs.config({"c": self.server.cluster()}, {}, {"e2e": {"cluster": "c", "user": "gone"}}, "e2e")
        done = shared.run("scan", "--live", "--kubeconfig", kubeconfigs.write(self.path, body))
        self.assertEqual(2, done.returncode, done.stderr)
        self.assertIn("gone", done.stderr)


class ExecPlugins(Live):
    def credential(self, version, **status):
        return {"apiVersion": f"{EXEC}/{version}", "kind": "ExecCredential", "status": status}

    def user(self, path, version="v1", **more):
        body = {"apiVersion": f"{EXEC}/{version}", "command": path, "interactiveMode": "Never", **more}
        return {"exec": {name: value for name, value in body.items() if value is not None}}

    def test_token_v1(self):
        record = self.folder / "record"
        path = kubeconfigs.plugin(self.folder / "plugin", self.credential("v1", token=self.token()), record)
        self.assert_seen(self.user(path, provideClusterInfo=True), "jane@example.com")
        told = [json.loads(line) for line in record.read_text().splitlines()]
        self.assertEqual(1, len(told), "the credential is remembered")
        self.assertEqual((f"{EXEC}/v1", "ExecCredential", False), (told[0]["apiVersion"], told[0]["kind"], told[0]["spec"]["interactive"]))
        cluster = told[0]["spec"]["cluster"]
        self.assertEqual(self.server.address, cluster["server"])
        self.assertEqual(self.server.ca.pem().encode(), base64.b64decode(cluster["certificate-authority-data"]))

    def test_certificate_v1beta1(self):
        jane = self.jane()
        path = kubeconfigs.plugin(self.folder / "plugin", self.credential(
            "v1beta1", clientCertificateData=jane.pem(), clientKeyData=pathlib.Path(jane.key).read_text()))
        self.assert_seen(self.user(path, "v1beta1", interactiveMode=None), "jane")

    def test_command_beside_the_kubeconfig_with_arguments(self):
        script = self.path.parent / "bin" / "plugin"
        kubeconfigs.plugin(script, "")
        token = self.token()
        script.write_text(f'#!/bin/sh\n[ "$1 $E2E_NAME" = "get-token jane" ] || exit 7\n'
                          f'echo \'{json.dumps(self.credential("v1", token=token))}\'\n', encoding="utf-8")
        self.assert_seen(self.user("bin/plugin", args=["get-token"], env=[{"name": "E2E_NAME", "value": "jane"}]), "jane@example.com")

    def test_command_in_path(self):
        kubeconfigs.plugin(self.folder / "tools" / "e2e-login", self.credential("v1", token=self.token()))
        self.assert_seen(self.user("e2e-login"), "jane@example.com", environment={"PATH": f"{self.folder}/tools:/usr/bin:/bin"})

    def test_a_token_wins(self):
        path = kubeconfigs.plugin(self.folder / "plugin", self.credential("v1", token=SECRET), self.folder / "record")
        self.assert_seen({**self.user(path), "token": self.token()}, "jane@example.com")
        self.assertFalse((self.folder / "record").exists())

    def test_forbidden(self):
        path = kubeconfigs.plugin(self.folder / "plugin", self.credential("v1", token=self.token()), self.folder / "record")
        self.assert_refused(2, "--no-exec", self.user(path), "--no-exec")
        self.assertFalse((self.folder / "record").exists())

    def test_not_installed(self):
        done = self.assert_refused(3, "e2e-not-there", self.user("e2e-not-there", installHint="install it \x1b[31mso"))
        self.assertIn("install it", done.stderr)
        self.assertNotIn("\x1b", done.stderr)

    def test_bad_answers(self):
        cases = {
            "another version": self.credential("v1beta1", token=SECRET),
            "no status": {"apiVersion": f"{EXEC}/v1", "kind": "ExecCredential"},
            "no credential": self.credential("v1"),
            "certificate without key": self.credential("v1", clientCertificateData="x"),
            "no JSON": SECRET,
        }
        for name, credential in cases.items():
            with self.subTest(name):
                record = self.folder / "record"
                record.unlink(missing_ok=True)
                path = kubeconfigs.plugin(self.folder / "plugin", credential, record)
                self.assert_refused(3, "plugin", self.user(path))
                self.assertEqual(1, len(record.read_text().splitlines()), "a failure is remembered")

    def test_failing(self):
        path = kubeconfigs.plugin(self.folder / "plugin", self.credential("v1", token=SECRET), status=3)
        self.assert_refused(3, "3", self.user(path))

    def test_refused_apis(self):
        path = kubeconfigs.plugin(self.folder / "plugin", self.credential("v1alpha1", token=self.token()), self.folder / "record")
        self.assert_refused(2, "v1alpha1", self.user(path, "v1alpha1"))
        self.assert_refused(2, "interactiveMode", self.user(path, interactiveMode=None))
        self.assertFalse((self.folder / "record").exists())


class Impersonation(Live):
    def admin(self, **more):
        return {**self.server.client_certificate(self.server.admin), **more}

    def test_of_the_kubeconfig(self):
        self.assert_seen(
            self.admin(**{"as": "jane", "as-uid": "7", "as-groups": ["a", "b"], "as-user-extra": {"example.com/Scope": ["x", "y"]}}), "e2e-admin",
            impersonated={"username": "jane", "uid": "7", "groups": ["a", "b", "system:authenticated"], "extra": {"example.com/scope": ["x", "y"]}})

    def test_of_flags(self):
        self.assert_seen(self.admin(), "e2e-admin", "--as", "joe", "--as-group", "c", "--as-uid", "9", "--as-user-extra", "k=v",
                         impersonated={"username": "joe", "uid": "9", "groups": ["c", "system:authenticated"], "extra": {"k": ["v"]}})

    def test_name_of_the_internal_types(self):
        self.assert_seen(self.admin(**{"act-as": "jane"}), "e2e-admin")

    def test_groups_without_user(self):
        self.assert_refused(2, "", self.admin(**{"as-groups": ["a"]}))


class Connections(Live):
    def user(self):
        return {"token": self.token()}

    def test_server_name(self):
        self.assert_seen(self.user(), "jane@example.com", cluster={"tls-server-name": "kubernetes.e2e.test"})
        self.assert_refused(3, "", self.user(), cluster={"tls-server-name": "other.e2e.test"})
        self.assert_seen(self.user(), "jane@example.com", "--tls-server-name", "kubernetes.e2e.test", cluster={"tls-server-name": "other.e2e.test"})

    def test_unknown_authority(self):
        self.assert_refused(3, "", self.user(), cluster={"certificate-authority-data": None})

    def test_insecure(self):
        cluster = {"certificate-authority-data": None, "insecure-skip-tls-verify": True}
        done = self.assert_seen(self.user(), "jane@example.com", cluster=cluster)
        self.assertIn("warning", done.stderr)
        self.assertIn("insecure-skip-tls-verify", done.stderr)
        self.assert_seen(self.user(), "jane@example.com", "--insecure-skip-tls-verify")

    def test_proxy_url(self):
        for make, scheme in ((proxies.http_proxy, "http"), (proxies.socks5_proxy, "socks5")):
            with self.subTest(scheme):
                proxy = make()
                self.addCleanup(proxy.close)
                self.assert_seen(self.user(), "jane@example.com", cluster={"proxy-url": f"{scheme}://127.0.0.1:{proxy.port}"})
                self.assertEqual({("127.0.0.1", self.server.port)}, set(proxy.targets))
        self.assert_refused(2, "proxy-url", self.user(), cluster={"proxy-url": "ftp://127.0.0.1"})

    def test_proxy_of_the_environment(self):
        proxy = proxies.http_proxy()
        self.addCleanup(proxy.close)
        address = f"http://127.0.0.1:{proxy.port}"
        # Go never sends requests to loopback through a proxy of the environment (net/http/httpproxy).
        self.assert_seen(self.user(), "jane@example.com", environment={"HTTPS_PROXY": address})
        self.assertEqual([], proxy.targets)

    def test_nothing_there(self):
        self.assert_refused(3, "", self.user(), cluster={"server": "https://127.0.0.1:1"})

    def test_plain_http(self):
        self.assert_refused(2, "http", self.user(), cluster={"server": f"http://127.0.0.1:{self.server.port}", "certificate-authority-data": None})

    def test_compression_off(self):
        self.assert_seen(self.user(), "jane@example.com", cluster={"disable-compression": True})
        self.assert_seen(self.user(), "jane@example.com", "--disable-compression")

    def test_server_flag(self):
        self.assert_seen(self.user(), "jane@example.com", "--server", self.server.address, cluster={"server": "https://127.0.0.1:1"})


class Kubeconfigs(Live):
    def test_list_of_files(self):
        """The first file with an entry wins, relative paths belong to their file, missing files are passed over."""
        first, second = self.folder / "one" / "config", self.folder / "two" / "config"
        kubeconfigs.write(first, kubeconfigs.config({}, {"u": {"tokenFile": "token"}}, {"other": {"cluster": "c", "user": "u"}}))
        (first.parent / "token").write_text(self.token(), encoding="ascii")
        kubeconfigs.write(second, kubeconfigs.config(
            {"c": self.server.cluster()}, {"u": {"token": SECRET}}, {"e2e": {"cluster": "c", "user": "u"}}, "e2e"))
        before = len(self.server.audited())
        done = shared.run("scan", "--live", "-o", "json", environment={"KUBECONFIG": f"{self.folder}/none:{first}:{second}:"})
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertEqual({"jane@example.com"}, {event["user"]["username"] for event in self.server.audited()[before:]})

    def test_home(self):
        kubeconfigs.write(self.folder / ".kube" / "config", json.loads(pathlib.Path(self.server.kubeconfig).read_text()))
        self.assertIn(shared.run("scan", "--live", environment={"HOME": str(self.folder)}).returncode, (0, 1))

    def test_no_configuration(self):
        done = shared.run("scan", "--live")
        self.assertEqual(2, done.returncode, done.stderr)
        self.assertIn("--kubeconfig", done.stderr)

    def test_bad_references(self):
        good = {"c": self.server.cluster()}, {"u": {"token": SECRET}}
        cases = {
            "no such context": (kubeconfigs.config(*good, {"e2e": {"cluster": "c", "user": "u"}}, "zz"), "zz"),
            "no current context": (kubeconfigs.config(*good, {"e2e": {"cluster": "c", "user": "u"}}), "context"),
            "no such cluster": (kubeconfigs.config(*good, {"e2e": {"cluster": "zz", "user": "u"}}, "e2e"), "zz"),
            "no server": (kubeconfigs.config({"c": {}}, good[1], {"e2e": {"cluster": "c", "user": "u"}}, "e2e"), "server"),
            "no such file": (kubeconfigs.config({"c": self.server.cluster(**{"certificate-authority-data": None, "certificate-authority": "zz"})},
                                                good[1], {"e2e": {"cluster": "c", "user": "u"}}, "e2e"), "zz"),
        }
        for name, (body, text) in cases.items():
            with self.subTest(name):
                done = shared.run("scan", "--live", "--kubeconfig", kubeconfigs.write(self.path, body))
                self.assertEqual(2, done.returncode, done.stderr)
                self.assertIn(text, done.stderr)
                self.assertNotIn(SECRET, done.stderr)

    def test_several_clusters(self):
        body = kubeconfigs.config({"c": self.server.cluster()}, {"jane": {"token": self.token()}, "joe": {"token": self.token(email="joe@example.com")}},
                                  {"left": {"cluster": "c", "user": "jane"}, "right": {"cluster": "c", "user": "joe"}}, "left")
        path = kubeconfigs.write(self.path, body)
        for arguments, users in ((["--all-contexts"], {"jane@example.com", "joe@example.com"}),
                                 (["--context", "left", "--context", "right"], {"jane@example.com", "joe@example.com"}),
                                 (["--context", "right"], {"joe@example.com"}), (["--live"], {"jane@example.com"})):
            with self.subTest(arguments=arguments):
                before = len(self.server.audited())
                done = shared.run("scan", "--kubeconfig", path, "-o", "json", "--min-severity", "info", *arguments)
                self.assertIn(done.returncode, (0, 1), done.stderr)
                self.assertEqual(users, {event["user"]["username"] for event in self.server.audited()[before:]})


if __name__ == "__main__":
    unittest.main()
