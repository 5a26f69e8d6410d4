"""1,000,000 small files: the first add, the next one after one change, and what that transfers.

Arguments: WORK_DIRECTORY LSTAT_WALK, a program that walks a tree with two threads.
"""
import json
import os
import sys

from measure import Timed, row, seconds, size_below

work, walker, count = sys.argv[1], sys.argv[2], int(os.environ.get("INGOT_FILES", "1000000"))
os.makedirs(f"{work}/data")
for folder in range(count // 1000):
    os.makedirs(f"{work}/data/{folder:04d}")
    for index in range(1000):
        with open(f"{work}/data/{folder:04d}/{index:03d}", "w") as out:
            out.write(f"file {folder * 1000 + index}\n")
Timed("ingot", "init", cwd=work)
remote = ["--remote", f"{work}/remote"]
first = Timed("ingot", "add", "data", cwd=work)
Timed("ingot", "push", "data:v1", *remote, cwd=work)
stored = size_below(f"{work}/.ingot/blobs")
with open(f"{work}/data/0500/500", "a") as out:
    out.write("changed\n")
walks = [Timed(walker, f"{work}/data").seconds for _ in range(3)]
second = Timed("ingot", "add", "data", cwd=work)
walks += [Timed(walker, f"{work}/data").seconds for _ in range(3)]
walk = sorted(walks)[len(walks) // 2]
grown = size_below(f"{work}/.ingot/blobs") - stored
sent = json.loads(Timed("ingot", "push", "data:v2", "--json", *remote, cwd=work).output)[0]["sent"]
status = Timed("ingot", "status", cwd=work)
listed = Timed("ingot", "ls", "data:v2", cwd=work)
files = f"{count:,} files"
row(f"{files}: first add", f"{seconds(first.seconds)}, {first.peak_bytes / 1e6:.0f} MB memory",
    "none", f"{first.peak_bytes / (1 << 30):.2f} GiB", "≤ 1 GiB")
row(f"{files}: add after one change",
    f"{seconds(second.seconds)}, {second.peak_bytes / 1e6:.0f} MB memory, {grown / 1e3:.0f} kB stored, "
    f"{sent / 1e3:.0f} kB sent", f"lstat walk, two threads {seconds(walk)}",
    f"{second.seconds / walk:.2f}× its time", "≤ 2×, < 1 MiB")
row(f"{files}: status, unchanged", seconds(status.seconds), f"lstat walk, two threads {seconds(walk)}",
    f"{status.seconds / walk:.2f}× its time", "none")
row(f"{files}: ls", seconds(listed.seconds), "none", f"{listed.output.count(chr(10)):,} lines", "none")
