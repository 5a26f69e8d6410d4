"""Checks receipts with a few lines of Python and cryptography's Ed25519: no code of Ingot's.

check_receipt.py KEY FILE           what `ingot log receipt` wrote, by what `ingot key export log` printed
check_receipt.py KEY LAYOUT DIGEST  the receipts about a version in an OCI layout: how many hold
"""
import base64
import hashlib
import json
import pathlib
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha256(data):
    return hashlib.sha256(data).digest()


def root_of(leaf, index, size, path):
    """RFC 9162 §2.1.3.2."""
    assert 0 <= index < size, "the index is outside the tree"
    place, last, node = index, size - 1, leaf
    for sibling in path:
        assert last > 0, "the path is too long"
        if place & 1 or place == last:
            node = sha256(b"\x01" + sibling + node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = sha256(b"\x01" + node + sibling)
        place, last = place >> 1, last >> 1
    assert last == 0, "the path is too short"
    return node


def check(key, text, entry=None):
    """The entry that a C2SP tlog-proof proves, and its index."""
    name, key_hash, key_bytes = key.strip().split("+", 2)
    raw = base64.b64decode(key_bytes)
    assert raw[0] == 1 and sha256(name.encode() + b"\n" + raw)[:4].hex() == key_hash, "no Ed25519 key"
    proof, head, signatures = text.split("\n\n", 2)
    first, *lines = proof.split("\n")
    assert first == "c2sp.org/tlog-proof@v1", first
    if lines[0].startswith("extra "):
        entry = base64.b64decode(lines.pop(0)[6:], validate=True)
    index = int(lines.pop(0).removeprefix("index "))
    origin, size, root = head.split("\n")
    assert origin == name, f"the log is {origin}"
    path = [base64.b64decode(line, validate=True) for line in lines]
    found = root_of(sha256(b"\x00" + entry), index, int(size), path)
    assert found == base64.b64decode(root), "the entry is not in the tree"
    signed = [line.split(" ") for line in signatures.splitlines()]
    own = [base64.b64decode(s) for dash, n, s in signed if dash == "—" and n == name]
    assert own and own[0][:4].hex() == key_hash, "no signature by the key"
    Ed25519PublicKey.from_public_bytes(raw[1:]).verify(own[0][4:], (head + "\n").encode())
    return json.loads(entry), index


def in_layout(key, layout, version):
    count = 0
    blobs = pathlib.Path(layout) / "blobs/sha256"
    for path in blobs.iterdir():
        content = path.read_bytes()
        if not content.startswith(b"{") or b"application/vnd.ingot.receipt.v1" not in content[:200]:
            continue
        manifest = json.loads(content)
        if manifest["subject"]["digest"] != version:
            continue
        entry, proof = ((blobs / layer["digest"].removeprefix("sha256:")).read_bytes() for layer in manifest["layers"])
        check(key, proof.decode(), entry)
        count += 1
    return count


key = pathlib.Path(sys.argv[1]).read_text()
if len(sys.argv) == 3:
    entry, index = check(key, pathlib.Path(sys.argv[2]).read_text())
    for change in entry["changes"]:
        if change["type"] == "statement":
            print(index, change["subject"], change["envelope"], change["predicateType"])
else:
    print(in_layout(key, sys.argv[2], sys.argv[3]))
