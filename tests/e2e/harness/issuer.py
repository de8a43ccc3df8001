"""A throw-away OIDC issuer on loopback: discovery documents and keys over HTTPS, tokens on request."""
import base64
import http.server
import json
import pathlib
import ssl
import threading

from . import pki


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class SigningKey:
    def __init__(self, folder, name):
        self.name = name
        self.path = pathlib.Path(folder) / f"{name}.pem"
        pki.openssl("genrsa", "-out", str(self.path), "2048")
        modulus = pki.openssl("rsa", "-in", str(self.path), "-noout", "-modulus").decode().strip().partition("=")[2]
        self.jwk = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": name, "n": base64url(bytes.fromhex(modulus)), "e": "AQAB"}

    def sign(self, payload, **header):
        """A JWT over `payload`, an object or JSON text. Words of `header` replace what the header would say."""
        text = payload if isinstance(payload, str) else json.dumps(payload)
        head = {"alg": "RS256", "typ": "JWT", "kid": self.name, **header}
        body = base64url(json.dumps(head).encode()) + "." + base64url(text.encode())
        return body + "." + base64url(pki.openssl("dgst", "-sha256", "-sign", str(self.path), stdin=body.encode()))


class Issuer:
    """Every path below the address is an issuer of its own, `url("a")` and so on, all with the same key."""

    def __init__(self, authority, folder):
        certificate = authority.issue("issuer", "issuer", names=["IP:127.0.0.1", "DNS:localhost"])
        self.authority_pem = authority.pem()
        self.key = SigningKey(folder, "key-1")
        self.other_key = SigningKey(folder, "key-2")
        self.elsewhere = {}  # path: the issuer that its document names
        self.distributed = {}  # path: the token that is answered there
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                path, found, _ = self.path.partition("/.well-known/openid-configuration")
                if self.path == "/keys":
                    answer = issuer.keys()
                elif self.path in issuer.distributed:
                    self.reply("application/jwt", issuer.distributed[self.path].encode())
                    return
                elif found:
                    url = issuer.elsewhere.get(path, issuer.address + path)
                    answer = {"issuer": url, "jwks_uri": issuer.address + "/keys", "response_types_supported": ["id_token"],
                              "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"]}
                else:
                    self.send_error(404)
                    return
                self.reply("application/json", json.dumps(answer).encode())

            def reply(self, kind, body):
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.crt, certificate.key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.address = f"https://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, name):
        return f"{self.address}/{name}"

    def document_for(self, url):
        """The address of a discovery document for an issuer that is not here."""
        path = f"/elsewhere-{len(self.elsewhere)}"
        self.elsewhere[path] = url
        return self.address + path + "/.well-known/openid-configuration"

    def keys(self):
        return {"keys": [self.key.jwk]}

    def close(self):
        self.server.shutdown()
        self.server.server_close()
