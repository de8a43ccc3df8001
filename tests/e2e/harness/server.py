"""etcd and kube-apiserver on loopback, with a PKI and an OIDC issuer of their own."""
import base64
import json
import pathlib
import shutil
import tempfile
import time

from . import pki, processes
from .client import Client
from .issuer import Issuer

START_SECONDS = 90

# Who lists RBAC objects and in whose name, and what is asked of the authorizer by those whom it is about.
AUDIT_POLICY = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": [
    {"level": "Metadata", "verbs": ["list"], "resources": [{"group": "rbac.authorization.k8s.io"}]},
    {"level": "Request", "resources": [{"group": "authorization.k8s.io", "resources": ["selfsubjectaccessreviews"]}]},
    {"level": "None"}]}


class Server:
    """Use as a context manager. `authentication(issuer)` gives the AuthenticationConfiguration, as an object; `arguments` are
    further ones of kube-apiserver, or a function of this server that gives them once there is an issuer."""

    def __init__(self, programs, authentication=None, arguments=()):
        self.programs = programs
        self.authentication = authentication
        self.arguments = arguments
        self.running = []
        self.issuer = None
        self.client = None

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="oidc-audit-e2e-"))
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.client:
            self.client.close()
        for process in reversed(self.running):
            processes.stop(process)
        self.running = []
        if self.issuer:
            self.issuer.close()
            self.issuer = None
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def log(self):
        return self.folder / "kube-apiserver.log"

    @property
    def audit_log(self):
        return self.folder / "audit.log"

    def _events(self):
        if not self.audit_log.exists():
            return []
        return [json.loads(line) for line in self.audit_log.read_text(encoding="utf-8").splitlines()]

    def audited(self):
        """Audit events of lists of RBAC objects so far."""
        return [event for event in self._events() if event["verb"] == "list"]

    def self_reviews(self):
        """What SelfSubjectAccessReviews asked so far."""
        return [event["requestObject"]["spec"] for event in self._events() if event["verb"] == "create"]

    @property
    def address(self):
        return f"https://127.0.0.1:{self.port}"

    def _start(self):
        self.ca = pki.Authority(self.folder / "pki", "e2e-ca")
        self.serving = self.ca.issue("server", "kube-apiserver", names=["IP:127.0.0.1", "DNS:localhost", "DNS:kubernetes.e2e.test"])
        self.admin = self.ca.issue("admin", "e2e-admin", ["system:masters"])
        self.accounts_key = self.folder / "service-accounts.pem"
        pki.openssl("genrsa", "-out", str(self.accounts_key), "2048")
        # First: readyz does not wait for it, and a token that comes before discovery is refused.
        self.issuer = Issuer(self.ca, self.folder)
        self.audit_policy = self.folder / "audit-policy.json"
        self.audit_policy.write_text(json.dumps(AUDIT_POLICY), encoding="utf-8")
        self.auth_config = self.folder / "authentication.json"
        if self.authentication:
            self.auth_config.write_text(json.dumps(self.authentication(self.issuer), indent=1), encoding="utf-8")
        for attempt in range(3):  # a port found free may be taken before it is used
            if self._start_once():
                break
        else:
            raise RuntimeError("kube-apiserver does not start:\n" + self._tail())
        self.client = Client(self.port, self.ca.crt, self.admin)
        self.kubeconfig = self.write_kubeconfig("admin.kubeconfig", user=self.client_certificate(self.admin))

    def _start_once(self):
        etcd_port, peer_port, self.port = (processes.free_port() for _ in range(3))
        etcd = f"http://127.0.0.1:{etcd_port}"
        peer = f"http://127.0.0.1:{peer_port}"
        data = tempfile.mkdtemp(prefix="etcd-", dir=self.folder)
        self.running = [processes.start(
            [self.programs["etcd"], "--data-dir", data, "--listen-client-urls", etcd, "--advertise-client-urls", etcd,
             "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
             "--unsafe-no-fsync", "--log-level", "error"], self.folder / "etcd.log")]
        command = [self.programs["kube-apiserver"], "--etcd-servers", etcd, "--secure-port", self.port, "--bind-address", "127.0.0.1",
                   "--advertise-address", "192.0.2.1", "--endpoint-reconciler-type", "none",
                   "--tls-cert-file", self.serving.crt, "--tls-private-key-file", self.serving.key, "--client-ca-file", self.ca.crt,
                   "--service-account-issuer", "https://accounts.e2e.test", "--service-account-key-file", self.accounts_key,
                   "--service-account-signing-key-file", self.accounts_key, "--service-cluster-ip-range", "10.0.0.0/24",
                   "--authorization-mode", "RBAC", "--disable-admission-plugins", "ServiceAccount",
                   "--audit-policy-file", self.audit_policy, "--audit-log-path", self.audit_log, "--audit-log-mode", "blocking-strict",
                   "--cert-dir", self.folder / "certificates"]
        command += self.arguments(self) if callable(self.arguments) else self.arguments
        if self.authentication:
            command += ["--authentication-config", self.auth_config]
        self.running.append(processes.start(command, self.log))
        probe = Client(self.port, self.ca.crt, self.admin)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if any(process.poll() is not None for process in self.running):
                break
            try:
                if probe.raw("GET", "/readyz")[0] == 200:
                    return True
            except OSError:
                pass
            finally:
                probe.close()
            time.sleep(0.1)
        for process in reversed(self.running):
            processes.stop(process)
        self.running = []
        return False

    def _tail(self):
        return "\n".join(path.read_text(errors="replace")[-3000:] for path in sorted(self.folder.glob("*.log")))

    # Kubeconfigs. `user` and `cluster` are bodies as they stand in the file.

    def client_certificate(self, certificate):
        return {"client-certificate-data": certificate.crt_data(), "client-key-data": certificate.key_data()}

    def cluster(self, **changes):
        ca = base64.b64encode(pathlib.Path(self.ca.crt).read_bytes()).decode()
        body = {"server": self.address, "certificate-authority-data": ca, **changes}
        return {key: value for key, value in body.items() if value is not None}

    def write_kubeconfig(self, name, user, cluster=None, namespace=None):
        path = self.folder / name
        context = {"cluster": "e2e", "user": "e2e-user"}
        if namespace:
            context["namespace"] = namespace
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "e2e",
            "clusters": [{"name": "e2e", "cluster": cluster or self.cluster()}],
            "users": [{"name": "e2e-user", "user": user}],
            "contexts": [{"name": "e2e", "context": context}]}, indent=1), encoding="utf-8")
        return str(path)
