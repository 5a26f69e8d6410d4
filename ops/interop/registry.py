"""The OCI distribution protocol against `ingot serve`, byte by byte, and kill -9 in its uploads.

Arguments: STORE_DIRECTORY KILLS. Plain sockets where a client would hide what is tested.
"""
import functools
import json
import os
import random
import socket
import subprocess
import sys
import time

import oci_server
from oci_server import MANIFEST, Checks, expect, manifest, push, sha

store, kills = sys.argv[1], int(sys.argv[2])
rng = random.Random(7)
Server = functools.partial(oci_server.Server, store)


def protocol(server):
    ask = server.ask
    one, two = rng.randbytes(300_000), rng.randbytes(3_000_000)
    blobs = "/v2/team/a/blobs"
    expect("ping", ask("GET", "/v2/"), 200)
    expect("missing blob", ask("GET", f"{blobs}/{sha(b'x')}"), 404, "BLOB_UNKNOWN")
    expect("bad digest", ask("GET", f"{blobs}/sha256:12"), 400, "DIGEST_INVALID")
    expect("bad name", ask("GET", "/v2/Team/tags/list"), 404, "NAME_INVALID")
    expect("unknown name", ask("GET", "/v2/nobody/tags/list"), 404, "NAME_UNKNOWN")
    expect("method", ask("POST", f"{blobs}/{sha(one)}"), 405, "UNSUPPORTED")
    expect("long path", ask("GET", "/v2/" + "a" * 9000), 414)
    expect("headers", ask("GET", "/v2/", headers={"X-Long": "a" * 40000}), 431)
    expect("post+put", push(server, "team/a", one), 201)
    expect("monolithic", ask("POST", f"{blobs}/uploads/?digest={sha(two)}", two), 201)
    expect("empty", push(server, "team/a", b""), 201)
    expect("wrong digest", push(server, "team/a", one, sha(two)), 400, "DIGEST_INVALID")
    expect("wrong digest, monolithic", ask("POST", f"{blobs}/uploads/?digest={sha(b'y')}", two), 400, "DIGEST_INVALID")
    got = expect("get", ask("GET", f"{blobs}/{sha(two)}"), 200, Docker_Content_Digest=sha(two))
    assert got.body == two
    for text, status, part in [("500-1499", 206, two[500:1500]), ("-500", 206, two[-500:]),
                               ("2999000-9999999", 206, two[2999000:]), ("500-0", 416, None), ("3000000-", 416, None)]:
        got = expect(text, ask("GET", f"{blobs}/{sha(two)}", headers={"Range": f"bytes={text}"}), status)
        assert part is None or got.body == part, text
    expect("head", ask("HEAD", f"{blobs}/{sha(two)}"), 200, Content_Length="3000000")

    # In pieces, out of order, asked for its state.
    place = ask("POST", f"{blobs}/uploads/").getheader("Location")
    expect("piece", ask("PATCH", place, two[:1000], {"Content-Range": "0-999"}), 202, Range="0-999")
    expect("out of order", ask("PATCH", place, two[2000:3000], {"Content-Range": "2000-2999"}), 416, Range="0-999")
    expect("wrong length", ask("PATCH", place, two[1000:1500], {"Content-Range": "1000-1999"}), 400, "SIZE_INVALID")
    expect("state", ask("GET", place), 204, Range="0-999")
    expect("last piece", ask("PUT", f"{place}?digest={sha(two)}", two[1000:], {"Content-Range": "1000-2999999"}), 201)
    expect("ended", ask("GET", place), 404, "BLOB_UPLOAD_UNKNOWN")

    # Streamed without a length.
    place = ask("POST", f"{blobs}/uploads/").getheader("Location")
    stream = (two[i:i + 70_000] for i in range(0, len(two), 70_000))
    expect("stream", ask("PATCH", place, stream, {"Transfer-Encoding": "chunked"}, encode_chunked=True), 202)
    expect("close", ask("PUT", f"{place}?digest={sha(two)}"), 201)

    # A connection lost in the middle.
    place = ask("POST", f"{blobs}/uploads/").getheader("Location")
    lost = socket.create_connection(("127.0.0.1", server.port))
    lost.sendall(f"PATCH {place} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(two)}\r\n\r\n".encode() + two[:1_500_000])
    time.sleep(0.2)
    lost.close()
    for _ in range(50):
        count = int(ask("GET", place).getheader("Range").split("-")[1]) + 1
        if count == 1_500_000:
            break
        time.sleep(0.05)
    expect("resumed", ask("PATCH", place, two[count:], {"Content-Range": f"{count}-{len(two) - 1}"}), 202)
    expect("resumed", ask("PUT", f"{place}?digest={sha(two)}"), 201)

    place = ask("POST", f"{blobs}/uploads/").getheader("Location")
    expect("cancel", ask("DELETE", place), 204)
    expect("cancelled", ask("PATCH", place, b"x"), 404, "BLOB_UPLOAD_UNKNOWN")
    expect("mount", ask("POST", f"/v2/team/b/blobs/uploads/?mount={sha(one)}&from=team/a"), 201)
    expect("anonymous mount", ask("POST", f"/v2/team/c/blobs/uploads/?mount={sha(one)}"), 201)
    expect("no mount", ask("POST", f"/v2/team/b/blobs/uploads/?mount={sha(b'z')}&from=team/a"), 202)
    expect("not in b", ask("GET", f"/v2/team/b/blobs/{sha(two)}"), 404, "BLOB_UNKNOWN")

    name = sha(one, "sha512")
    expect("sha512", push(server, "team/a", one, name), 201)
    assert expect("sha512", ask("GET", f"{blobs}/{name}"), 200, Docker_Content_Digest=name).body == one
    expect("wrong sha512", push(server, "team/a", two, name), 400, "DIGEST_INVALID")

    config = b'{"architecture":"amd64"}'
    push(server, "team/a", config)
    text = manifest(config, [one])
    at = "/v2/team/a/manifests"
    expect("missing blob", ask("PUT", f"{at}/x", manifest(config, [b"nowhere"]), MANIFEST), 404, "MANIFEST_BLOB_UNKNOWN")
    expect("no JSON", ask("PUT", f"{at}/x", b"{", MANIFEST), 400, "MANIFEST_INVALID")
    expect("too large", ask("PUT", f"{at}/x", b" " * (4 << 20) + text, MANIFEST), 413)
    expect("number", ask("PUT", f"{at}/v3", text, MANIFEST), 201, Docker_Content_Digest=sha(text))
    expect("again", ask("PUT", f"{at}/v3", text, MANIFEST), 201)
    expect("tag", ask("PUT", f"{at}/latest", text, MANIFEST), 201)
    other = manifest(config, [one, two])
    expect("taken number", ask("PUT", f"{at}/v3", other, MANIFEST), 409, "DENIED")
    expect("stale swap", ask("PUT", f"{at}/latest", other, {**MANIFEST, "If-Match": f'"{sha(other)}"'}), 412)
    expect("create only", ask("PUT", f"{at}/latest", other, {**MANIFEST, "If-None-Match": "*"}), 412)
    expect("swap", ask("PUT", f"{at}/latest", other, {**MANIFEST, "If-Match": f'"{sha(text)}"'}), 201)
    assert ask("GET", f"{at}/latest").body == other
    assert json.loads(ask("GET", "/v2/team/a/tags/list").body)["tags"] == ["latest", "v3", "v4"]
    page = expect("page", ask("GET", "/v2/team/a/tags/list?n=1&last=latest"), 200)
    assert json.loads(page.body)["tags"] == ["v3"] and 'rel="next"' in page.getheader("Link")
    expect("no page", ask("GET", "/v2/team/a/tags/list?n=0"), 200, Link=None)

    about = {"mediaType": MANIFEST["Content-Type"], "digest": sha(text), "size": len(text)}
    note = manifest(config, [], subject=about, artifactType="application/x.note", annotations={"by": "me"})
    expect("referrer", ask("PUT", f"{at}/{sha(note)}", note, MANIFEST), 201, OCI_Subject=sha(text))
    found = expect("referrers", ask("GET", f"/v2/team/a/referrers/{sha(text)}"), 200,
                   Content_Type="application/vnd.oci.image.index.v1+json")
    assert json.loads(found.body)["manifests"] == [{
        "annotations": {"by": "me"}, "artifactType": "application/x.note", "digest": sha(note),
        "mediaType": MANIFEST["Content-Type"], "size": len(note)}]
    found = expect("filter", ask("GET", f"/v2/team/a/referrers/{sha(text)}?artifactType=application/y"), 200,
                   OCI_Filters_Applied="artifactType")
    assert json.loads(found.body)["manifests"] == []

    expect("needed blob", ask("DELETE", f"{blobs}/{sha(one)}"), 405, "UNSUPPORTED")
    expect("delete tag", ask("DELETE", f"{at}/latest"), 202)
    expect("deleted tag", ask("GET", f"{at}/latest"), 404, "MANIFEST_UNKNOWN")
    expect("delete", ask("DELETE", f"{at}/{sha(text)}"), 202)
    expect("deleted", ask("GET", f"{at}/v3"), 404, "MANIFEST_UNKNOWN")
    expect("delete blob", ask("DELETE", f"/v2/team/b/blobs/{sha(one)}"), 202)
    expect("deleted blob", ask("GET", f"/v2/team/b/blobs/{sha(one)}"), 404, "BLOB_UNKNOWN")


def cut(server, data, share):
    """Begins an upload, sends a share of it and kills the server."""
    place = server.ask("POST", "/v2/kill/x/blobs/uploads/").getheader("Location")
    connection = socket.create_connection(("127.0.0.1", server.port))
    target = f"PUT {place}?digest={sha(data)}"
    connection.sendall(f"{target} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n".encode())
    connection.sendall(data[:int(len(data) * share)])
    # A whole body: the kill comes while it is synced, renamed or linked.
    time.sleep(rng.random() * 0.15)
    server.kill()
    connection.settimeout(5)
    try:
        acknowledged = connection.recv(100).startswith(b"HTTP/1.1 201")
    except OSError:
        acknowledged = False
    connection.close()
    return acknowledged


def killing():
    acknowledged = 0
    for round in range(kills):
        data = rng.randbytes(4_000_000)
        share = 1 if round % 2 else rng.random()
        kept = cut(Server(), data, share)
        acknowledged += kept
        server = Server()
        answer = server.ask("HEAD", f"/v2/kill/x/blobs/{sha(data)}")
        if kept and answer.status != 200:
            sys.exit("an acknowledged blob is lost")
        if answer.status == 200:
            assert server.ask("GET", f"/v2/kill/x/blobs/{sha(data)}").body == data
        expect("the upload again", push(server, "kill/x", data), 201)
        text = manifest(b"{}", [data])
        push(server, "kill/x", b"{}")
        expect("its manifest", server.ask("PUT", f"/v2/kill/x/manifests/k{round}", text, MANIFEST), 201)
        server.kill()
        if round % 5 == 4:
            check = subprocess.run(["ingot", "fsck"], cwd=store, capture_output=True, text=True)
            if check.returncode != 0:
                sys.exit(f"fsck after kill {round}: {check.stdout}{check.stderr}")
    print(f"{2 * kills} kills, {acknowledged} of them after an acknowledgement: nothing lost, fsck is clean")


def resuming():
    """Uploads go on behind a kill and behind a SIGTERM, at what arrived of a piece."""
    data = rng.randbytes(5_000_000)
    others = set(os.listdir(f"{store}/.ingot/uploads"))
    server = Server()
    place = expect("begin", server.ask("POST", "/v2/team/a/blobs/uploads/"), 202).getheader("Location")
    expect("piece", server.ask("PATCH", place, data[:1_000_000], {"Content-Range": "0-999999"}), 202)
    lost = socket.create_connection(("127.0.0.1", server.port))
    lost.sendall(f"PATCH {place} HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n".encode())
    lost.sendall(data[1_000_000:2_500_000])
    time.sleep(0.3)
    server.kill()
    lost.close()
    server = Server()
    expect("another repository", server.ask("GET", place.replace("/a/", "/b/")), 404, "BLOB_UPLOAD_UNKNOWN")
    count = int(expect("state", server.ask("GET", place), 204).getheader("Range").split("-")[1]) + 1
    assert 1_000_000 <= count <= 2_500_000, count
    expect("too far", server.ask("PATCH", place, b"x", {"Content-Range": "2500001-2500001"}), 416)
    middle = {"Content-Range": f"{count}-3999999"}
    expect("goes on", server.ask("PATCH", place, data[count:4_000_000], middle), 202, Range="0-3999999")
    server.end()
    subprocess.run(["ingot", "gc"], cwd=store, check=True, stdout=subprocess.DEVNULL)
    server = Server()
    last = {"Content-Range": "4000000-4999999"}
    expect("ends", server.ask("PUT", f"{place}?digest={sha(data)}", data[4_000_000:], last), 201)
    assert server.ask("GET", f"/v2/team/a/blobs/{sha(data)}").body == data
    expect("ended", server.ask("GET", place), 404, "BLOB_UPLOAD_UNKNOWN")
    place = server.ask("POST", "/v2/team/a/blobs/uploads/").getheader("Location")
    expect("piece", server.ask("PATCH", place, data[:1000]), 202)
    server.kill()
    server = Server()
    expect("wrong digest", server.ask("PUT", f"{place}?digest={sha(data)}"), 400, "DIGEST_INVALID")
    expect("given up", server.ask("GET", place), 404, "BLOB_UPLOAD_UNKNOWN")
    place = server.ask("POST", "/v2/team/a/blobs/uploads/").getheader("Location")
    server.kill()
    server = Server()
    expect("cancel", server.ask("DELETE", place), 204)
    server.end()
    left = set(os.listdir(f"{store}/.ingot/uploads"))
    assert left == others, left - others
    print(f"an upload of {len(data)} bytes went on at {count} behind a kill")


server = Server()
protocol(server)
server.end()
resuming()
killing()
subprocess.run(["ingot", "fsck"], cwd=store, check=True, stdout=subprocess.DEVNULL)
subprocess.run(["ingot", "log", "verify"], cwd=store, check=True, stdout=subprocess.DEVNULL)
print(f"{Checks.count} answers as the specification says")
