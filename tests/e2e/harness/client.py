"""A plain client of an API server, for what the tests themselves set up and ask."""
import concurrent.futures
import http.client
import json
import ssl
import threading


class Client:
    def __init__(self, port, ca, certificate=None, host="127.0.0.1"):
        self.host, self.port = host, port
        self.context = ssl.create_default_context(cafile=ca)
        if certificate:
            self.context.load_cert_chain(certificate.crt, certificate.key)
        self.local = threading.local()
        self.connections = []
        self.pool = None

    def raw(self, method, path, body=None, headers=None):
        """Status and body, as bytes. `headers` is a dict, or a list of pairs where a name comes several times.
        Connections are kept, one a thread."""
        sent = [*(headers.items() if isinstance(headers, dict) else headers or [])]
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            if not any(name.lower() == "content-type" for name, _ in sent):
                sent.append(("Content-Type", "application/json"))
        for attempt in (0, 1):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = self.local.connection = http.client.HTTPSConnection(self.host, self.port, timeout=60, context=self.context)
                self.connections.append(connection)
            try:
                connection.putrequest(method, path, skip_accept_encoding=True)
                for name, value in sent:
                    connection.putheader(name, value)
                connection.putheader("Content-Length", str(len(data or b"")))
                connection.endheaders(data)
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (http.client.HTTPException, OSError):
                connection.close()
                self.local.connection = None
                if attempt:
                    raise
        raise AssertionError

    def ask(self, method, path, body=None, headers=None):
        status, data = self.raw(method, path, body, headers)
        return status, json.loads(data) if data else None

    def must(self, method, path, body=None, headers=None):
        status, answer = self.ask(method, path, body, headers)
        if status >= 300:
            raise AssertionError(f"{method} {path}: {status} {answer}")
        return answer

    def in_parallel(self, function, items, workers=8):
        if self.pool is None:
            self.pool = concurrent.futures.ThreadPoolExecutor(workers)
        return list(self.pool.map(function, items))

    def close(self):
        if self.pool:
            self.pool.shutdown()
        for connection in self.connections:
            connection.close()
