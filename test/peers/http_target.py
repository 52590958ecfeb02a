"""A target with Python's own http.server: echoes bodies, streams events, and prints its port."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Target(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def head(self, status, length, **headers):
        self.send_response(status)
        self.send_header("X-Target", "python")
        self.send_header("X-Forwarded", self.headers.get("X-Forwarded-For", "-"))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        whole = b""
        while (size := int(self.rfile.readline(), 16)) > 0:
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def do_HEAD(self):
        self.head(200, 5)

    def do_GET(self):
        if self.path != "/events":
            self.head(200, 5)
            self.wfile.write(b"hello")
            return
        self.head(200, None, Content_Type="text/event-stream", Transfer_Encoding="chunked")
        for number in range(3):
            event = f"data: {number}\n\n".encode()
            self.wfile.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def do_POST(self):
        body = self.body()
        self.head(200, len(body))
        self.wfile.write(body)

    def handle_expect_100(self):
        if self.path == "/refused":
            self.close_connection = True
            self.head(413, 0)
            return False
        return super().handle_expect_100()


server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
print(server.server_port, flush=True)
sys.stdin.close()
server.serve_forever()
