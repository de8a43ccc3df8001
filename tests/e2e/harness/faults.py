"""A server in front of kube-apiserver that does to chosen requests what networks and servers do on bad days."""
import gzip
import http.server
import json
import ssl
import threading
import time
import urllib.parse

from .client import Client

PIECE = 1 << 16


def status(code, reason, message, **more):
    """A Status object, as API servers answer."""
    return json.dumps({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason,
                       "code": code, **more}).encode()


# A fault is called with the handler of a request, and with a function that asks the real server for its answer.

def answer(code, body, content_type="application/json", **headers):
    def act(handler, _):
        handler.reply(code, body, {"Content-Type": content_type, **{name.replace("_", "-"): value for name, value in headers.items()}})
    return act


def cut():
    """The connection ends before an answer."""
    return lambda handler, _: handler.drop()


def cut_within():
    """It ends in the midst of the answer."""
    def act(handler, real):
        code, body = real()
        handler.start(code, {"Content-Type": "application/json", "Content-Length": str(len(body))})
        handler.wfile.write(body[:len(body) // 2])
        handler.drop()
    return act


def slow(seconds):
    """The answer comes late."""
    def act(handler, real):
        time.sleep(seconds)
        handler.reply(*real(), {"Content-Type": "application/json"})
    return act


def trickle(seconds):
    """The answer comes in small pieces, for so long."""
    def act(handler, real):
        code, body = real()
        handler.start(code, {"Content-Type": "application/json", "Content-Length": str(len(body))})
        pieces = 20
        step = len(body) // pieces + 1
        for number in range(pieces):
            handler.wfile.write(body[number * step:(number + 1) * step])
            handler.wfile.flush()
            time.sleep(seconds / pieces)
    return act


def announced(size):
    """An answer that says it is of this many bytes, and sends some of them."""
    def act(handler, _):
        handler.start(200, {"Content-Type": "application/json", "Content-Length": str(size)})
        handler.wfile.write(b" " * PIECE)
        handler.drop()
    return act


def bomb(size):
    """A small answer that unpacks to this many bytes of white space."""
    packed = gzip.compress(b" " * PIECE)

    def act(handler, _):
        body = packed * (size // PIECE)  # members one after the other are one stream
        handler.reply(200, body, {"Content-Type": "application/json", "Content-Encoding": "gzip"})
    return act


class FaultProxy:
    """Forwards to kube-apiserver as an administrator; `plan[PATH]` is a list of faults for the next requests of a path, the
    last of them again and again when `forever`."""

    def __init__(self, server, certificate=None):
        proxy = self
        self.plan = {}
        self.forever = False
        self.closed = False
        self.requests = []  # method and target
        self.lock = threading.Lock()
        client = Client(server.port, server.ca.crt, server.admin)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def start(self, code, headers):
                self.send_response(code)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def reply(self, code, body, headers):
                self.start(code, {**headers, "Content-Length": str(len(body))})
                self.wfile.write(body)

            def drop(self):
                self.wfile.flush()
                self.close_connection = True
                self.connection.close()

            def do_GET(self):
                self.forward()

            def do_POST(self):
                self.forward()

            def forward(self):
                length = int(self.headers.get("Content-Length") or 0)
                sent = self.rfile.read(length) if length else None
                address = urllib.parse.urlsplit(self.path)
                with proxy.lock:
                    proxy.requests.append((self.command, self.path))
                    faults = proxy.plan.get(address.path, [])
                    fault = faults[0] if faults else None
                    if faults and not (proxy.forever and len(faults) == 1):
                        faults.pop(0)

                def real():
                    if proxy.closed:  # a slow fault wakes up in another test, whose audit events it must not add to
                        raise OSError("closed")
                    wanted = [("Accept", self.headers.get("Accept", "application/json"))]
                    return client.raw(self.command, self.path, sent, wanted)
                try:
                    if fault:
                        fault(self, real)
                    else:
                        code, body = real()
                        self.reply(code, body, {"Content-Type": "application/json"})
                except (OSError, ValueError):
                    self.close_connection = True

            def log_message(self, *_):
                pass

        class QuietServer(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # clients that hang up are what this is about

        self.server = QuietServer(("127.0.0.1", 0), Handler)
        made = certificate or server.ca.issue("fault-proxy", "fault-proxy", names=["IP:127.0.0.1"])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made.crt, made.key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.client = client
        self.address = f"https://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def asked(self, path):
        """Requests of a path so far."""
        return [target for _, target in self.requests if urllib.parse.urlsplit(target).path == path]

    def close(self):
        self.closed = True
        self.server.shutdown()
        self.server.server_close()
        self.client.close()
