"""20,000 files of about 10 KB beside DVC: add and push to a directory, pull into a fresh clone, status.

Argument: WORK_DIRECTORY. `dvc` and `ingot` are on the PATH.
"""
import os
import random
import shutil
import sys

from measure import Timed, row, seconds

work, count = sys.argv[1], int(os.environ.get("INGOT_FILES", "20000"))
data = f"{work}/data"
source = random.Random(7)
words = ["w%05d" % index for index in range(30000)]
for index in range(count):
    folder = f"{data}/part{index // 1000:03d}"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/ex{index:06d}.txt", "w") as out:
        out.write(" ".join(source.choices(words, k=source.randint(200, 2400))))


def git(place, *arguments):
    Timed("git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments, cwd=place)


dvc, ingot = {}, {}
# Ingot first: DVC replaces the files that it adds, and ext4 is slow to give out the inodes of files
# that were deleted in the last minutes.
one, two = f"{work}/ingot-one", f"{work}/ingot-two"
os.makedirs(one)
git(one, "init", "-q")
Timed("ingot", "init", cwd=one)
Timed("ingot", "remote", "add", "r", f"{work}/ingot-remote", cwd=one)
shutil.copytree(data, f"{one}/data")
ingot["add"] = Timed("ingot", "add", "data", cwd=one).seconds
git(one, "add", ".")
git(one, "commit", "-qm", "data")
ingot["push"] = Timed("ingot", "push", cwd=one).seconds
ingot["status"] = Timed("ingot", "status", cwd=one).seconds
git(work, "clone", "-q", one, two)
Timed("ingot", "init", cwd=two)
ingot["pull"] = Timed("ingot", "pull", cwd=two).seconds
Timed("diff", "-r", data, f"{two}/data")

one, two = f"{work}/dvc-one", f"{work}/dvc-two"
os.makedirs(one)
git(one, "init", "-q")
Timed("dvc", "init", "-q", cwd=one)
Timed("dvc", "config", "core.analytics", "false", cwd=one)
Timed("dvc", "remote", "add", "-q", "-d", "r", f"{work}/dvc-remote", cwd=one)
shutil.copytree(data, f"{one}/data")
dvc["add"] = Timed("dvc", "add", "-q", "data", cwd=one).seconds
git(one, "add", ".")
git(one, "commit", "-qm", "data")
dvc["push"] = Timed("dvc", "push", "-q", cwd=one).seconds
dvc["status"] = Timed("dvc", "status", "-q", cwd=one).seconds
git(work, "clone", "-q", one, two)
dvc["pull"] = Timed("dvc", "pull", "-q", cwd=two).seconds

for title, parts in (("add + push to a directory", ("add", "push")), ("pull into a fresh clone", ("pull",)),
                     ("status, unchanged", ("status",))):
    mine, theirs = (sum(each[part] for part in parts) for each in (ingot, dvc))
    row(f"{count:,} files of ~10 KB: {title}", seconds(mine), f"DVC {seconds(theirs)}",
        f"{theirs / mine:.1f}×", "10×")
