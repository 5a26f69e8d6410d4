"""An HTTP proxy that takes CONNECT alone, and says to whom in a file.

Arguments: PORT LOG [USER:PASSWORD]. Every name is this machine: a client that asks it need not, and
cannot, resolve one.
"""
import base64
import selectors
import socket
import socketserver
import sys

port, log, user = int(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None
wanted = user and "Basic " + base64.b64encode(user.encode()).decode()


class Connection(socketserver.StreamRequestHandler):
    def handle(self):
        first = self.rfile.readline().decode().split()
        if len(first) != 3:
            return
        method, target, _ = first
        headers = {}
        while line := self.rfile.readline().strip():
            name, value = line.decode().split(":", 1)
            headers[name.lower()] = value.strip()
        if method != "CONNECT":
            return self.answer("405 Method Not Allowed")
        if wanted and headers.get("proxy-authorization") != wanted:
            return self.answer('407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"')
        with open(log, "a") as file:
            print(target, file=file)
        with socket.create_connection(("127.0.0.1", int(target.rsplit(":", 1)[1]))) as there:
            self.answer("200 Connection established")
            self.relay(there)

    def answer(self, status):
        self.wfile.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()
                         if status[0] != "2" else f"HTTP/1.1 {status}\r\n\r\n".encode())

    def relay(self, there):
        pairs = {self.connection: there, there: self.connection}
        with selectors.DefaultSelector() as selector:
            for side in pairs:
                selector.register(side, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    try:
                        data = key.fileobj.recv(1 << 16)
                        pairs[key.fileobj].sendall(data)
                    except OSError:
                        return
                    if not data:
                        return


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server(("127.0.0.1", port), Connection).serve_forever()
