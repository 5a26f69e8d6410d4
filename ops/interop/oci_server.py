"""`ingot serve` as a child process, and what tests of the OCI distribution protocol share."""
import atexit
import hashlib
import http.client
import json
import signal
import subprocess
import sys


class Server:
    def __init__(self, store, *options, port=0):
        self.process = subprocess.Popen(
            ["ingot", "serve", "--listen", f"127.0.0.1:{port}", *options], cwd=store, stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)
        line = self.process.stdout.readline()
        if "serving" not in line:
            sys.exit(f"the server did not start: {line}")
        self.port = int(line.rsplit(":", 1)[1].split("/")[0])

    def ask(self, method, path, body=None, headers=None, **more):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body=body, headers=headers or {}, **more)
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(timeout=30) != 0:
            sys.exit(f"SIGTERM: status {self.process.returncode}")


def sha(data, algorithm="sha256"):
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


class Checks:
    count = 0


def expect(what, answer, status, code=None, **headers):
    """An answer with this status; an error with this code, as JSON; headers with these values."""
    Checks.count += 1
    if answer.status != status:
        sys.exit(f"{what}: status {answer.status}, not {status}: {answer.body[:300]}")
    if code and json.loads(answer.body)["errors"][0]["code"] != code:
        sys.exit(f"{what}: {answer.body}, not {code}")
    for name, value in headers.items():
        found = answer.getheader(name.replace("_", "-"))
        if found != value:
            sys.exit(f"{what}: {name} is {found}, not {value}")
    return answer


def push(server, repository, data, digest=None):
    digest = digest or sha(data)
    begun = expect("begin", server.ask("POST", f"/v2/{repository}/blobs/uploads/"), 202)
    place = begun.getheader("Location")
    return server.ask("PUT", f"{place}?digest={digest}", data)


IMAGE = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = {"Content-Type": IMAGE}


def descriptor(content, kind, algorithm="sha256", **more):
    return {"mediaType": kind, "digest": sha(content, algorithm), "size": len(content), **more}


def manifest(config, layers, **more):
    return json.dumps({
        "schemaVersion": 2, "mediaType": IMAGE,
        "config": descriptor(config, "application/vnd.oci.image.config.v1+json"),
        "layers": [descriptor(layer, "application/vnd.oci.image.layer.v1.tar") for layer in layers], **more}).encode()
