"""Proxies that clients are sent through: HTTP CONNECT and SOCKS 5."""
import select
import socket
import socketserver
import struct
import threading


def pump(one, other):
    """Copies both ways until either side ends."""
    while True:
        for ready in select.select([one, other], [], [], 60)[0]:
            data = ready.recv(65536)
            if not data:
                return
            (other if ready is one else one).sendall(data)


class Proxy:
    """Counts the connections that it made, by target."""

    def __init__(self, greet):
        proxy = self
        self.targets = []

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                target = greet(self.request)
                if target is None:
                    return
                proxy.targets.append(target)
                with socket.create_connection(target) as onward:
                    try:
                        pump(self.request, onward)
                    except OSError:
                        pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def greet_connect(client):
    head = b""
    while b"\r\n\r\n" not in head:
        data = client.recv(4096)
        if not data:
            return None
        head += data
    method, target, _ = head.split(b"\r\n", 1)[0].split(b" ", 2)
    if method != b"CONNECT":
        client.sendall(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
        return None
    host, _, port = target.decode().rpartition(":")
    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    return host, int(port)


def exactly(client, count):
    data = b""
    while len(data) < count:
        more = client.recv(count - len(data))
        if not more:
            raise OSError("ended early")
        data += more
    return data


def greet_socks5(client):
    _, methods = exactly(client, 2)
    exactly(client, methods)
    client.sendall(b"\x05\x00")
    _, _, _, kind = exactly(client, 4)
    if kind == 1:
        host = socket.inet_ntoa(exactly(client, 4))
    else:
        host = exactly(client, exactly(client, 1)[0]).decode()
    port, = struct.unpack("!H", exactly(client, 2))
    client.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
    return host, port


def http_proxy():
    return Proxy(greet_connect)


def socks5_proxy():
    return Proxy(greet_socks5)
