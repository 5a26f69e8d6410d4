"""Gives Ingot honest and hostile archives. Argument: WORK_DIRECTORY"""
import io
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tarfile
import time
import warnings
import zipfile

work = sys.argv[1]
store = f"{work}/store"
os.makedirs(store)
rng = random.Random(9)
warnings.simplefilter("ignore")


def ingot(*arguments, status=0):
    done = subprocess.run(["ingot", *arguments], cwd=store, capture_output=True, text=True)
    if done.returncode != status:
        sys.exit(f"ingot {' '.join(arguments)}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def left():
    return os.listdir(f"{store}/.ingot/incoming")


def tar(name, *members, mode="w"):
    """Members are (name, content) or (name, type, target)."""
    path = f"{work}/{name}"
    with tarfile.open(path, mode, format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            info = tarfile.TarInfo(member[0])
            content = b""
            if len(member) == 3:
                info.type, info.linkname = member[1:]
            else:
                content = member[1]
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def zipped(name, *members):
    path = f"{work}/{name}"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members:
            archive.writestr(member, content)
    return path


def zip_link():
    info = zipfile.ZipInfo("link")
    info.create_system = 3
    info.external_attr = 0o120777 << 16
    return info


ingot("init")
tree = f"{work}/tree"
contents = {"a.txt": b"one\n", "sub/été.bin": rng.randbytes(300_000), "empty": b"", "run.sh": b"#!/bin/sh\n"}
for name, content in contents.items():
    os.makedirs(os.path.dirname(f"{tree}/{name}"), exist_ok=True)
    open(f"{tree}/{name}", "wb").write(content)
os.chmod(f"{tree}/run.sh", 0o755)
expected = json.loads(ingot("add", tree, "--as", "rows", "--json"))["digest"]
made = []
for ending, mode in {"tar": "w", "tar.gz": "w:gz", "tar.xz": "w:xz"}.items():
    with tarfile.open(f"{work}/t.{ending}", mode) as archive:
        archive.add(tree, ".")
    made.append(f"{work}/t.{ending}")
subprocess.run(["zstd", "-q", f"{work}/t.tar"], check=True)
made.append(f"{work}/t.tar.zst")
with zipfile.ZipFile(f"{work}/t.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    for name in contents:
        archive.write(f"{tree}/{name}", name)
made.append(f"{work}/t.zip")
for path in made:
    added = json.loads(ingot("add", "--extract", path, "--as", "rows", "--json"))
    if (added["digest"], added["is_new"]) != (expected, False):
        sys.exit(f"{path}: {added}, expected {expected}")
print(f"{len(made)} kinds of archive: the version that the directory is")

a, big = ("a", b"1"), b"\0" * (40 << 20)
hostile = {
    "absolute.tar": tar("absolute.tar", a, ("/etc/x", b"")),
    "up.tar": tar("up.tar", a, ("x/../../y", b"")),
    "link.tar": tar("link.tar", a, ("l", tarfile.SYMTYPE, "a")),
    "hard.tar": tar("hard.tar", a, ("h", tarfile.LNKTYPE, "a")),
    "device.tar": tar("device.tar", a, ("d", tarfile.CHRTYPE, "")),
    "pipe.tar": tar("pipe.tar", a, ("p", tarfile.FIFOTYPE, "")),
    "twice.tar": tar("twice.tar", a, a),
    "case.tar": tar("case.tar", a, ("A", b"2")),
    "folder-case.tar": tar("folder-case.tar", ("D/x", b""), ("d/y", b"")),
    "unicode.tar": tar("unicode.tar", ("\u00e9", b""), ("e\u0301", b"")),
    "under.tar": tar("under.tar", a, ("a/b", b"")),
    "control.tar": tar("control.tar", a, ("x\ny", b"")),
    "long.tar": tar("long.tar", a, ("x" * 300, b"")),
    "bomb.tar.gz": tar("bomb.tar.gz", a, ("zeros", big), mode="w:gz"),
    "bomb.tar.xz": tar("bomb.tar.xz", a, ("zeros", big), mode="w:xz"),
    "absolute.zip": zipped("absolute.zip", a, ("/etc/x", b"")),
    "up.zip": zipped("up.zip", a, ("../y", b"")),
    "link.zip": zipped("link.zip", a, (zip_link(), "/etc/passwd")),
    "twice.zip": zipped("twice.zip", a, a),
    "case.zip": zipped("case.zip", a, ("A", b"2")),
    "bomb.zip": zipped("bomb.zip", a, ("zeros", big)),
}
latin = f"{work}/latin.tar"
with tarfile.open(latin, "w", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
    archive.addfile(tarfile.TarInfo("\u00e9"))
hostile["latin.tar"] = latin
whole = open(f"{work}/t.tar.gz", "rb").read()
open(f"{work}/short.tar.gz", "wb").write(whole[: len(whole) // 2])
hostile["short.tar.gz"] = f"{work}/short.tar.gz"
whole = bytearray(open(f"{work}/t.zip", "rb").read())
whole[len(whole) // 2] ^= 255
open(f"{work}/flipped.zip", "wb").write(whole)
hostile["flipped.zip"] = f"{work}/flipped.zip"
open(f"{work}/text.zip", "wb").write(b"no archive at all\n" * 100)
hostile["text.zip"] = f"{work}/text.zip"
before = ingot("ls", "--json")
for name, path in hostile.items():
    text = ingot("add", "--extract", path, "--as", "evil", status=1)
    if text.count("\n") != 1 or path not in text:
        sys.exit(f"{name}: {text}")
    if left():
        sys.exit(f"{name}: left behind: {left()}")
limits = tar("limits.tar", ("a", b"12345"), ("b", b"12345"))
for option, value in (("--max-files", "1"), ("--max-size", "9")):
    ingot("add", "--extract", limits, "--as", "evil", option, value, status=1)
ingot("add", "--extract", f"{work}/bomb.tar.gz", "--as", "zeros", "--max-ratio", "100000")
ingot("add", "--extract", limits, "--as", "limits", "--max-files", "2", "--max-size", "10")
if "evil" in ingot("ls", "--json") or left():
    sys.exit(f"something stayed: {ingot('ls')} {left()}")
print(f"{len(hostile)} hostile archives: each refused whole in one line, nothing left; limits are exact")

# One large entry, killed on the way; then whole, within little memory.
large = f"{work}/large.tar"
with tarfile.open(large, "w") as archive:
    info = tarfile.TarInfo("large")
    info.size = 600 << 20
    with open("/dev/urandom", "rb") as source:
        archive.addfile(info, source)
kept = 0
for delay in (0.15, 0.3, 0.5):
    victim = subprocess.Popen(["ingot", "add", "--extract", large, "--as", "large"], cwd=store,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(delay)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    kept += bool(left())
    ingot("ls")
    if left():
        sys.exit(f"after kill -9 and opening: {left()}")
if not kept:
    sys.exit("no kill hit the extraction")
ingot("add", "--extract", large, "--as", "large")
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
if peak > 400:
    sys.exit(f"{peak} MiB of memory")
ingot("fsck")
print(f"kill -9 while extracting: removed when the store is opened; 600 MiB in one entry: {peak} MiB at most")
