"""Many processes on one store at once, then what must hold. Arguments: WORK_DIRECTORY SECONDS

Workers add, remove, tag, push, pull and check out versions, through a directory and through
`ingot serve`, while collections run without a pause; some are killed with -9. Every version that was
acknowledged and not removed must be there with its bytes at the end.
"""
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

work, seconds = sys.argv[1], float(sys.argv[2])
store = f"{work}/store"
os.makedirs(store)
deadline = time.monotonic() + seconds
failures, counts = [], {}
lock = threading.Lock()


def count(what):
    with lock:
        counts[what] = counts.get(what, 0) + 1


def ingot(directory, *arguments, kill_after=None, may_fail=()):
    """The output; None when it was killed or failed in a way that is allowed."""
    process = subprocess.Popen(["ingot", *arguments], cwd=directory, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        out, err = process.communicate(timeout=kill_after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        count("killed")
        return None
    if process.returncode == 0:
        return out
    if any(text in err for text in may_fail):
        count("refused")
        return None
    with lock:
        failures.append(f"ingot {' '.join(arguments)}: status {process.returncode}\n{out[-500:]}{err}")
    return None


def content(rng, directory):
    """Files of which some are everybody's, some were there before, some are new."""
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    for index in range(rng.randint(1, 6)):
        source = random.Random(rng.choice([index, rng.randint(0, 40), rng.random()]))
        with open(f"{directory}/{index}", "wb") as file:
            file.write(source.randbytes(source.choice([10, 5000, 300_000])))


def sums(directory):
    return {name: hashlib.sha256(open(f"{directory}/{name}", "rb").read()).hexdigest()
            for name in sorted(os.listdir(directory))}


def adder(number, expected):
    """Adds versions to a repository of its own, and removes half of them again."""
    rng = random.Random(number)
    place = f"{work}/adder{number}"
    os.makedirs(place)
    while time.monotonic() < deadline:
        data = f"{place}/data"
        content(rng, data)
        out = ingot(place, "add", "data", "--as", f"mine{number}", "--store", store, "--json",
                    kill_after=rng.uniform(0.01, 0.2) if rng.random() < 0.2 else None)
        if out is None:
            continue
        count("added")
        digest = json.loads(out)["digest"]
        expected[digest] = (f"mine{number}@{digest}", sums(data))
        if rng.random() < 0.5:
            digest = rng.choice(list(expected))
            name, _ = expected.pop(digest)
            ingot(place, "rm", name, "--store", store, may_fail=["tag"])
            count("removed")


def reader(expected):
    """Checks versions out that others have acknowledged."""
    rng = random.Random(77)
    place = f"{work}/reader"
    os.makedirs(place)
    while time.monotonic() < deadline:
        known = [item for each in expected for item in list(each.values())]
        if not known:
            time.sleep(0.05)
            continue
        name, files = rng.choice(known)
        shutil.rmtree(f"{place}/out", ignore_errors=True)
        # Somebody may remove it before; once it was found, its bytes stay to the end.
        gone = ["not found"]
        if ingot(place, "checkout", name, f"{place}/out", "--store", store, may_fail=gone) is not None:
            count("read")
            if sums(f"{place}/out") != files:
                with lock:
                    failures.append(f"{name}: other bytes were checked out")


def traveller(number, address, expected):
    """A store of its own that pushes to the shared one and pulls from it."""
    rng = random.Random(1000 + number)
    place = f"{work}/traveller{number}"
    os.makedirs(place)
    ingot(place, "init")
    while time.monotonic() < deadline:
        content(rng, f"{place}/sent{number}")
        out = ingot(place, "add", f"sent{number}", "--json")
        if out is None:
            continue
        digest = json.loads(out)["digest"]
        name = f"sent{number}@{digest}"
        kill = rng.uniform(0.02, 0.3) if rng.random() < 0.2 else None
        if ingot(place, "push", name, "--remote", address, kill_after=kill) is None:
            continue
        count("pushed")
        expected[digest] = (name, sums(f"{place}/sent{number}"))
        ingot(place, "rm", name)
        ingot(place, "gc", "--json", "--wait", "5")
        if ingot(place, "fetch", name, "--remote", address) is not None:
            count("fetched")


def collector():
    rng = random.Random(5)
    while time.monotonic() < deadline:
        out = ingot(work, "gc", "--store", store, "--json", "--wait", "5", "--keep-uploads", "1",
                    kill_after=rng.uniform(0.01, 0.3) if rng.random() < 0.2 else None,
                    may_fail=["running all the time"])
        if out is not None:
            count("collected")
            report = json.loads(out)
            with lock:
                counts["blobs removed"] = counts.get("blobs removed", 0) + report["removed_blobs"]
                counts["packs rewritten"] = counts.get("packs rewritten", 0) + report["sparse_packs"]


def checker():
    while time.monotonic() < deadline:
        ingot(work, "fsck", "--store", store)
        count("checked")


def crashed(arguments):
    with lock:
        failures.append(f"{arguments.thread}: {arguments.exc_value!r}")


threading.excepthook = crashed
ingot(store, "init")
server = subprocess.Popen(["ingot", "serve", "--listen", "127.0.0.1:0", "--store", store],
                          stdout=subprocess.PIPE, text=True)
address = "ingot+http://" + server.stdout.readline().split("//")[1].split("/")[0]
mine, sent = [{} for _ in range(3)], [{} for _ in range(2)]
workers = (
    [threading.Thread(target=adder, args=(n, mine[n])) for n in range(3)]
    + [threading.Thread(target=traveller, args=(n, address, sent[n])) for n in range(2)]
    + [threading.Thread(target=reader, args=(mine + sent,)), threading.Thread(target=collector),
       threading.Thread(target=checker)]
)
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
server.terminate()
server.wait()

print(", ".join(f"{what} {number}" for what, number in sorted(counts.items())))
if failures:
    sys.exit("\n".join(failures[:10]))
ingot(work, "gc", "--store", store, "--keep-uploads", "0")
ingot(work, "fsck", "--store", store)
ingot(work, "log", "verify", "--store", store)
number = 0
for each in mine + sent:
    for name, files in each.values():
        shutil.rmtree(f"{work}/out", ignore_errors=True)
        ingot(work, "checkout", name, f"{work}/out", "--store", store)
        number += 1
        if sums(f"{work}/out") != files:
            failures.append(f"{name}: other bytes")
if failures:
    sys.exit("\n".join(failures[:10]))
for what in ("added", "removed", "pushed", "fetched", "read", "collected", "checked", "blobs removed"):
    if not counts.get(what):
        sys.exit(f"nothing was {what}")
print(f"{number} acknowledged versions have their bytes; fsck and log clean")
