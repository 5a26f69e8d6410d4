"""Registries on loopback: a pull beside skopeo, `ingot serve` beside docker-registry.

Argument: WORK_DIRECTORY. `docker-registry`, `skopeo`, `ab`, `curl` and `ingot` are on the PATH.
"""
import contextlib
import hashlib
import json
import os
import random
import re
import socket
import subprocess
import sys
import time
import urllib.request

from measure import Timed, row, seconds

work = sys.argv[1]
count = int(os.environ.get("INGOT_BYTES", str(1 << 30)))


def free_port():
    """None of those that the kernel gives to clients, who might take it first."""
    while True:
        with contextlib.suppress(OSError), socket.socket() as listener:
            listener.bind(("127.0.0.1", random.randint(10000, 30000)))
            return listener.getsockname()[1]


@contextlib.contextmanager
def server(*command, port):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        time.sleep(0.1)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def docker_registry(name):
    port = free_port()
    with open(f"{work}/{name}.yml", "w") as out:
        out.write("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
                  f"storage: {{filesystem: {{rootdirectory: {work}/{name}}}}}\n"
                  f"http: {{addr: '127.0.0.1:{port}'}}\n")
    return server("docker-registry", "serve", f"{work}/{name}.yml", port=port)


def ingot_serve(store):
    port = free_port()
    return server("ingot", "serve", "--listen", f"127.0.0.1:{port}", "--store", store, port=port)


def store(name):
    os.makedirs(f"{work}/{name}")
    Timed("ingot", "init", cwd=f"{work}/{name}")
    return f"{work}/{name}"


def pull():
    place = store("source")
    with open(f"{place}/data", "wb") as out:
        for _ in range(0, count, 1 << 20):
            out.write(os.urandom(1 << 20))
    Timed("ingot", "add", "data", cwd=place)
    with docker_registry("remote") as address:
        Timed("ingot", "push", "data:v1", "--remote", f"oci://{address}/team", cwd=place)
        # The packs are what skopeo copies: they are the layers of the pack list.
        peer = Timed("skopeo", "copy", "-q", "--src-tls-verify=false",
                     f"docker://{address}/team/data@{pack_list(address)}", f"dir:{work}/copied")
        fresh = store("fresh")
        fetch = Timed("ingot", "fetch", "data:v1", "--remote", f"oci://{address}/team", cwd=fresh)
        os.symlink(f"{place}/data.ingot", f"{fresh}/data.ingot")
        whole = store("whole")
        with open(f"{whole}/data.ingot", "w") as out:
            out.write(open(f"{place}/data.ingot").read())
        pulled = Timed("ingot", "pull", "--remote", f"oci://{address}/team", cwd=whole)
    Timed("cmp", f"{place}/data", f"{whole}/data")
    size = f"{count / (1 << 30):g} GiB"
    for title, mine in (("into a store (fetch)", fetch), ("with its files (pull)", pulled)):
        row(f"{size} from docker-registry on loopback {title}",
            f"{seconds(mine.seconds)}, {mine.peak_bytes / 1e6:.0f} MB memory",
            f"skopeo copy to dir: {seconds(peer.seconds)}", f"{peer.seconds / mine.seconds:.2f}×", "1×")


def pack_list(address):
    base = f"http://{address}/v2/team/data"
    request = urllib.request.Request(f"{base}/manifests/v1", headers={
        "Accept": "application/vnd.oci.image.manifest.v1+json"})
    digest = urllib.request.urlopen(request).headers["Docker-Content-Digest"]
    tag = digest.replace(":", "-")
    for index in (f"{base}/referrers/{digest}", f"{base}/manifests/{tag}"):
        with contextlib.suppress(urllib.error.HTTPError):
            request = urllib.request.Request(index, headers={
                "Accept": "application/vnd.oci.image.index.v1+json"})
            for item in json.load(urllib.request.urlopen(request))["manifests"]:
                if item.get("artifactType", "").endswith("pack-list.v1"):
                    return item["digest"]
    sys.exit("the registry has no pack list of data:v1")


def upload(address, path, digest):
    """Seconds of one monolithic push by curl."""
    request = urllib.request.Request(f"http://{address}/v2/bench/blobs/uploads/", method="POST")
    place = urllib.request.urlopen(request).headers["Location"]
    place = place if place.startswith("http") else f"http://{address}{place}"
    glue = "&" if "?" in place else "?"
    return Timed("curl", "-fsS", "-X", "PUT", "-T", path, "-H", "Content-Type: application/octet-stream",
                 f"{place}{glue}digest=sha256:{digest}").seconds


def serve():
    path, size = f"{work}/blob", 500_000_000
    hasher = hashlib.sha256()
    with open(path, "wb") as out:
        for _ in range(0, size, 1_000_000):
            block = os.urandom(1_000_000)
            hasher.update(block)
            out.write(block)
    digest = hasher.hexdigest()
    config = b"{}"
    with open(f"{work}/empty", "wb") as out:
        out.write(config)
    empty = hashlib.sha256(config).hexdigest()
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": f"sha256:{empty}", "size": 2},
        "layers": [{"mediaType": "application/octet-stream", "digest": f"sha256:{digest}", "size": size}],
    }).encode()
    found = {}
    for name, start in (("docker-registry", lambda: docker_registry("peer")),
                        ("ingot", lambda: ingot_serve(store("served")))):
        with start() as address:
            push = upload(address, path, digest)
            upload(address, f"{work}/empty", empty)
            request = urllib.request.Request(f"http://{address}/v2/bench/manifests/v1", manifest, {
                "Content-Type": "application/vnd.oci.image.manifest.v1+json"}, method="PUT")
            urllib.request.urlopen(request)
            reads = [Timed("curl", "-fsS", "-o", "/dev/null",
                           f"http://{address}/v2/bench/blobs/sha256:{digest}").seconds for _ in range(4)]
            said = Timed("ab", "-q", "-k", "-c", "16", "-n", "20000", "-H",
                         "Accept: application/vnd.oci.image.manifest.v1+json",
                         f"http://{address}/v2/bench/manifests/v1").output
            if "Non-2xx" in said or not re.search(r"Failed requests: +0\n", said):
                sys.exit(f"{name}: {said}")
            rate = float(re.search(r"Requests per second: +([0-9.]+)", said)[1])
            found[name] = push, min(reads), rate
    mine, peer = found["ingot"], found["docker-registry"]
    row("manifest reads, 16 connections", f"{mine[2]:.0f}/s", f"docker-registry {peer[2]:.0f}/s",
        f"{mine[2] / peer[2]:.1f}×", "5×")
    for title, index, goal in (("500 MB blob, read", 1, "1×"), ("500 MB blob, pushed", 0, "1.5×")):
        row(title, seconds(mine[index]), f"docker-registry {seconds(peer[index])}",
            f"{peer[index] / mine[index]:.2f}×", goal)


pull()
serve()
