"""1 GiB incompressible, then the same with 1,000 bytes inserted at 30 %, beside borg and restic.

Argument: WORK_DIRECTORY. `borg`, `restic` and `ingot` are on the PATH.
"""
import os
import sys

from measure import Timed, row, seconds, size_below

work, count = sys.argv[1], int(os.environ.get("INGOT_BYTES", str(1 << 30)))
one, two = f"{work}/one", f"{work}/two"
os.makedirs(one)
os.makedirs(two)
with open(f"{one}/data", "wb") as first, open(f"{two}/data", "wb") as second:
    for done in range(0, count, 1 << 20):
        block = os.urandom(1 << 20)
        first.write(block)
        if done <= count * 3 // 10 < done + (1 << 20):
            second.write(block[:500_000] + os.urandom(1000) + block[500_000:])
        else:
            second.write(block)

os.environ.update(BORG_PASSPHRASE="", RESTIC_PASSWORD="x", BORG_BASE_DIR=f"{work}/borg-home")
Timed("borg", "init", "-e", "none", f"{work}/borg")
Timed("restic", "init", "-q", "-r", f"{work}/restic")
Timed("ingot", "init", cwd=work)
times = {name: [] for name in ("borg", "restic", "ingot")}
sizes = []
for place in (one, two):
    times["borg"].append(Timed("borg", "create", "-C", "none", f"{work}/borg::{os.path.basename(place)}",
                               "data", cwd=place))
    times["restic"].append(Timed("restic", "-q", "-r", f"{work}/restic", "backup", "data", cwd=place))
    times["ingot"].append(Timed("ingot", "add", "data", "--as", "data", cwd=place))
    sizes.append(size_below(f"{work}/.ingot/blobs"))
grown = sizes[1] - sizes[0]
for index, (title, goal) in enumerate((("1 GiB incompressible: add", "2× borg"),
                                       ("1,000 bytes inserted at 30 %: add", "1.5× borg, < 1 MiB stored"))):
    mine, borg, restic = (times[name][index] for name in ("ingot", "borg", "restic"))
    stored = f", {grown / 1e3:.0f} kB stored" if index else ""
    row(title.replace("1 GiB", f"{count / (1 << 30):g} GiB"),
        f"{seconds(mine.seconds)}, {mine.peak_bytes / 1e6:.0f} MB memory{stored}",
        f"borg {seconds(borg.seconds)}, restic {seconds(restic.seconds)}",
        f"{borg.seconds / mine.seconds:.1f}× borg", goal)
