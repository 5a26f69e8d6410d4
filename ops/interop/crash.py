"""What a power cut leaves: every moment of a command, under every way to lose what was not synced.

Arguments: WORK_DIRECTORY TRACER [SHARE [COMMAND...]]

Each command runs once, undisturbed, with `crash_trace.so` preloaded, which writes down every call that
changes a file or makes it durable. From that record the directory is made again as it could be found
after a power cut at any point, in these forms:

  all    everything that was done (a kill)
  none   only what was synced: of a file its bytes, of a directory its names
  names  every rename, creation and removal, but only synced bytes
  torn   every name; of each write that was not synced the first half
  bytes  all bytes, but only synced names
  last   of names that were not synced only the newest (order is not kept)

SQLite's files are treated like all others. Then the store must open, `fsck` and the log be clean, what was
acknowledged before be there with its bytes, and the command, run again, end as it did undisturbed.
The disk is also full from any call on that needs room. SHARE takes that share of the states, evenly (0 to 1; 1 takes all).
"""
import concurrent.futures
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys

work, tracer = sys.argv[1], sys.argv[2]
share = float(sys.argv[3]) if len(sys.argv) > 3 else 1.0
FORMS = ("all", "none", "names", "torn", "bytes", "last")


def run(directory, *command, check=True, **environment):
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True,
                          env={**os.environ, **environment})
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done


class File:
    """The bytes of a file as programs see them, as they were last synced, and the writes since."""

    def __init__(self, content=b"", executable=False):
        self.content, self.synced, self.since = bytearray(content), bytes(content), []
        self.executable = executable

    def change(self, kind, place, data):
        self.apply(self.content, kind, place, data)
        self.since.append((kind, place, data))

    @staticmethod
    def apply(content, kind, place, data):
        if kind == "truncate":
            del content[place:]
            content.extend(bytes(place - len(content)))
        else:
            content.extend(bytes(max(0, place - len(content))))
            content[place:place + len(data)] = data

    def sync(self):
        self.synced, self.since = bytes(self.content), []

    def torn(self):
        content = bytearray(self.synced)
        for kind, place, data in self.since:
            self.apply(content, kind, place, data[:len(data) // 2])
        return bytes(content)


class Disk:
    """Names and files below a root, with the changes of names that are not durable yet."""

    def __init__(self, root):
        self.root = root
        self.durable, self.names, self.pending, self.files = {}, {}, [], {}
        for directory, _, files in os.walk(root):
            self.durable[directory] = None
            self.files[os.stat(directory).st_ino] = directory
            for name in files:
                path = f"{directory}/{name}"
                with open(path, "rb") as file:
                    entry = File(file.read(), os.access(path, os.X_OK))
                self.durable[path] = entry
                self.files[os.stat(path).st_ino] = entry
        self.names = dict(self.durable)

    @staticmethod
    def apply(names, change):
        kind, path, target, entry = change
        if kind in ("create", "mkdir"):
            names[path] = entry
        elif kind in ("unlink", "rmdir"):
            names.pop(path, None)
        else:
            names.pop(path, None)
            names[target] = entry

    def change(self, kind, path, target=None, entry=None):
        change = (kind, path, target, entry)
        self.apply(self.names, change)
        self.pending.append(change)

    def sync(self, inode):
        entry = self.files.get(inode)
        if isinstance(entry, File):
            return entry.sync()
        # A directory: its names, where a rename counts for the directory that it leads to.
        kept = []
        for change in self.pending:
            if os.path.dirname(change[2] or change[1]) == entry:
                self.apply(self.durable, change)
            else:
                kept.append(change)
        self.pending = kept

    def image(self, form):
        """The files by path, None for a directory, as they are after a power cut now."""
        names = dict(self.durable)
        if form in ("all", "names", "torn"):
            names = dict(self.names)
        elif form == "last" and self.pending:
            self.apply(names, self.pending[-1])
        content = {
            "all": lambda file: bytes(file.content), "bytes": lambda file: bytes(file.content),
            "torn": File.torn,
        }.get(form, lambda file: file.synced)
        image = {}
        for path, entry in names.items():
            # The shared memory of SQLite is remade; it is no file for which order is promised.
            if path.endswith("-shm"):
                continue
            # What lies in a directory that is lost is lost with it.
            above = os.path.dirname(path)
            while above.startswith(self.root) and above != self.root and above in names:
                above = os.path.dirname(above)
            if path == self.root or above == self.root:
                image[path] = None if entry is None else (content(entry), entry.executable)
        return image


def records(path):
    with open(path, "rb") as trace:
        while line := trace.readline():
            kind, inode, first, second, name = line.rstrip(b"\n").decode().split("\t")
            data = trace.read(int(second)) if kind == "write" else b""
            target = trace.readline().rstrip(b"\n").decode() if kind == "rename" else None
            yield kind, int(inode), int(first), name, target, data


def states(disk, trace):
    """Each different image, with the number of the record after which it can be found."""
    seen = set()
    for point, (kind, inode, first, name, target, data) in enumerate(records(trace)):
        if kind == "create":
            disk.files[inode] = File()
            disk.change(kind, name, entry=disk.files[inode])
        elif kind == "mkdir":
            disk.change(kind, name)
        elif kind == "open":
            # Also how the inode of a new directory becomes known.
            if inode not in disk.files or name not in disk.names:
                disk.files[inode] = name
            elif disk.names[name] is None:
                disk.files[inode] = name
        elif kind in ("write", "truncate"):
            file = disk.files[inode]
            if isinstance(file, File):
                file.change(kind, first, data)
        elif kind == "sync":
            disk.sync(inode)
        elif kind == "rename":
            disk.change(kind, name, target, disk.names[name])
        elif kind in ("unlink", "rmdir"):
            disk.change(kind, name)
        else:
            continue
        for form in FORMS:
            image = disk.image(form)
            key = hashlib.sha256(repr(sorted(image.items())).encode()).digest()
            if key not in seen:
                seen.add(key)
                yield point, form, image


def write(image, root, place):
    for path in sorted(image):
        target = place + path[len(root):]
        if image[path] is None:
            os.makedirs(target, exist_ok=True)
        else:
            content, executable = image[path]
            with open(target, "wb") as file:
                file.write(content)
            if executable:
                os.chmod(target, 0o755)


class Case:
    """A command, and what must hold after a power cut in it."""

    def __init__(self, name, start, directory, command, stores, holds, ends):
        self.name, self.start, self.directory, self.command = name, start, directory, command
        self.stores = stores
        # Commands that must succeed at any time, and those that must once the command has ended:
        # directory, arguments, and what their output must hold.
        self.holds, self.ends = holds, ends

    def undisturbed(self, disk_root):
        """Runs the command with its calls written down; returns the disk before and the record."""
        shutil.rmtree(disk_root, ignore_errors=True)
        shutil.copytree(self.start, disk_root)
        disk, trace = Disk(disk_root), f"{work}/{self.name}.trace"
        run(f"{disk_root}/{self.directory}", *self.command, LD_PRELOAD=tracer, CRASH_ROOT=disk_root,
            CRASH_TRACE=trace)
        self.expect(disk_root, self.ends)
        return disk, trace

    @staticmethod
    def expect(place, commands):
        for directory, command, output in commands:
            if output not in (found := run(f"{place}/{directory}", *command).stdout):
                raise AssertionError(f"{' '.join(command)}: {found}, without {output!r}")

    def check(self, place):
        for store in self.stores:
            run(f"{place}/{store}", "ingot", "fsck")
            run(f"{place}/{store}", "ingot", "log", "verify")
        self.expect(place, self.holds)

    def is_done(self, place):
        try:
            self.expect(place, self.ends)
        except AssertionError:
            return False
        return True

    def examine(self, number, point, form, image, has_ended):
        """Nil when all holds."""
        place = f"{work}/{self.name}-{number}"
        os.makedirs(place)
        try:
            write(image, f"{work}/run", place)
            self.check(place)
            # What was acknowledged is there, whatever was lost.
            if has_ended:
                self.expect(place, self.ends)
            self.repeat(place)
        except AssertionError as error:
            return f"{self.name}, after record {point}, {form}, {place}: {error}"
        shutil.rmtree(place)
        return None

    def repeat(self, place):
        """Run again, the command comes to the end that it would have come to."""
        again = run(f"{place}/{self.directory}", *self.command, check=False)
        # A removal that was made already finds nothing to remove.
        if again.returncode != 0 and not self.is_done(place):
            raise AssertionError(f"again: status {again.returncode}\n{again.stderr}")
        self.check(place)
        self.expect(place, self.ends)

    def fill_up(self, room):
        """The disk is full from this call on: one line says so, and all is as before."""
        place = f"{work}/{self.name}-full-{room}"
        shutil.copytree(self.start, place)
        try:
            done = run(f"{place}/{self.directory}", *self.command, check=False, LD_PRELOAD=tracer,
                       CRASH_ROOT=place, CRASH_TRACE="/dev/null", CRASH_FULL=str(room))
            if done.returncode == 0:
                self.expect(place, self.ends)
            elif done.returncode != 1 or done.stderr.count("\n") != 1 or not any(
                    said in done.stderr for said in ("full", "No space left")):
                raise AssertionError(f"status {done.returncode}: {done.stderr}")
            self.check(place)
            self.repeat(place)
        except AssertionError as error:
            return f"{self.name}, no room from call {room}, {place}: {error}"
        shutil.rmtree(place)
        return None

    def run(self, pool):
        disk, trace = self.undisturbed(f"{work}/run")
        last = sum(1 for _ in records(trace)) - 1
        found = list(states(disk, trace))
        chosen = [state for index, state in enumerate(found)
                  if int(index * share) != int((index - 1) * share) or state[0] == last]
        failures = [text for text in pool.map(
            lambda item: self.examine(item[0], *item[1], item[1][0] == last), enumerate(chosen)) if text]
        calls = sum(record[0] in ("create", "write", "truncate", "rename", "mkdir")
                    for record in records(trace))
        step = max(1, round(1 / share / 2))
        rooms = range(1, calls + 1, step)
        failures += [text for text in pool.map(self.fill_up, rooms) if text]
        print(f"{self.name}: {last + 1} calls; power cuts: {len(chosen)} of {len(found)} states; full disk: "
              f"{len(rooms)} of {calls} calls; {len(failures)} wrong", flush=True)
        return failures


def fill(directory, seed, sizes):
    os.makedirs(directory, exist_ok=True)
    source = random.Random(seed)
    for index, size in enumerate(sizes):
        with open(f"{directory}/{index}", "wb") as file:
            file.write(source.randbytes(size))


def shown(directory, name):
    found = json.loads(run(directory, "ingot", "show", name, "--json").stdout)["digest"]
    return ["ingot", "show", name, "--json"], found


# One working directory in several states: a store, a directory remote, another store.
base = f"{work}/base"
os.makedirs(f"{base}/one")
os.makedirs(f"{base}/two")
run(f"{base}/one", "ingot", "init")
run(f"{base}/two", "ingot", "init")
fill(f"{base}/one/rows", 1, [3000, 90_000, 10])
run(f"{base}/one", "ingot", "add", "rows")
run(f"{base}/one", "ingot", "push", "rows:v1", "--remote", "../remote")
run(f"{base}/two", "ingot", "fetch", "rows:v1", "--remote", "../remote")
v1 = ("one", *shown(f"{base}/one", "rows:v1"))
two_v1 = ("two", v1[1], v1[2])
remote_v1 = ("two", ["ingot", "fetch", "rows:v1", "--remote", "../remote"], "")

fill(f"{base}/one/rows", 2, [4000])
changed = f"{work}/changed"
shutil.copytree(base, changed)
run(f"{changed}/one", "ingot", "add", "rows")
v2 = ("one", *shown(f"{changed}/one", "rows:v2"))
remote_v2 = ("two", ["ingot", "fetch", "rows:v2", "--remote", "../remote"], "")
two_v2 = ("two", v2[1], v2[2])
pushed = f"{work}/pushed"
shutil.copytree(changed, pushed)
run(f"{pushed}/one", "ingot", "push", "rows:v2", "--remote", "../remote")
removed = f"{work}/removed"
shutil.copytree(changed, removed)
run(f"{removed}/one", "ingot", "rm", "rows:v1")
gone = ("one", ["ingot", "versions", "rows"], "v2")
# Of the pack of the first version little is needed: it is rewritten.
sparse = f"{work}/sparse"
shutil.copytree(base, sparse)
os.remove(f"{sparse}/one/rows/1")
run(f"{sparse}/one", "ingot", "add", "rows")
run(f"{sparse}/one", "ingot", "rm", "rows:v1")
little = ("one", *shown(f"{sparse}/one", "rows:v2"))

cases = [
    Case("add", base, "one", ["ingot", "add", "rows"], ["one"], [v1], [v1, v2]),
    Case("tag", changed, "one", ["ingot", "tag", "rows:v2", "latest"], ["one"], [v1, v2],
         [("one", ["ingot", "show", "rows:latest", "--json"], v2[2])]),
    Case("push", changed, "one", ["ingot", "push", "rows:v2", "--remote", "../remote"], ["one", "two"],
         [v1, v2, remote_v1], [remote_v2]),
    Case("pull", pushed, "two", ["ingot", "fetch", "rows:v2", "--remote", "../remote"], ["two"],
         [two_v1], [two_v2]),
    Case("rm", changed, "one", ["ingot", "rm", "rows:v1"], ["one"], [v2], [v2]),
    Case("gc", removed, "one", ["ingot", "gc"], ["one"], [v2, gone],
         [("one", ["ingot", "gc", "--dry-run", "--json"], '"garbage_blobs": 0')]),
    Case("repack", sparse, "one", ["ingot", "gc"], ["one"], [little],
         [("one", ["ingot", "gc", "--dry-run", "--json"], '"sparse_packs": 0')]),
]
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    failures = [text for case in cases if case.name in (sys.argv[4:] or [case.name])
                for text in case.run(pool)]
if failures:
    sys.exit("\n".join(failures[:10]))
