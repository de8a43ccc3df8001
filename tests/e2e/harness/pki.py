"""Throw-away certificates, made by the openssl command."""
import base64
import pathlib
import subprocess

CONFIG = """[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign, digitalSignature
[leaf]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth, clientAuth
"""


def openssl(*arguments, stdin=None):
    return subprocess.run(["openssl", *arguments], input=stdin, check=True, capture_output=True).stdout


class Certificate:
    """A certificate and its key, as files."""

    def __init__(self, crt, key):
        self.crt = str(crt)
        self.key = str(key)

    def pem(self):
        return pathlib.Path(self.crt).read_text(encoding="ascii")

    def crt_data(self):
        return base64.b64encode(pathlib.Path(self.crt).read_bytes()).decode()

    def key_data(self):
        return base64.b64encode(pathlib.Path(self.key).read_bytes()).decode()


class Authority(Certificate):
    """Signs certificates below a folder of its own."""

    def __init__(self, folder, name):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config = self.folder / "openssl.cnf"
        self.config.write_text(CONFIG, encoding="ascii")
        super().__init__(self.folder / "ca.crt", self.folder / "ca.key")
        self._make(self, f"/CN={name}", ["-extensions", "ca"])

    def _make(self, made, subject, extra):
        openssl("req", "-x509", "-config", str(self.config), "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "2", "-utf8", "-subj", subject, "-keyout", made.key, "-out", made.crt, *extra)

    def issue(self, file_name, common_name, organizations=(), names=()):
        """`names` are subject alternative names in openssl's words: DNS:localhost, IP:127.0.0.1."""
        made = Certificate(self.folder / f"{file_name}.crt", self.folder / f"{file_name}.key")
        subject = "".join("/O=" + text.replace("/", "\\/") for text in organizations) + "/CN=" + common_name.replace("/", "\\/")
        extra = ["-CA", self.crt, "-CAkey", self.key, "-extensions", "leaf"]
        if names:
            extra += ["-addext", "subjectAltName=" + ",".join(names)]
        self._make(made, subject, extra)
        return made
