"""Compares Ingot's import and export of DVC data with DVC. Argument: WORK_DIRECTORY"""
import glob
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys

work = sys.argv[1]
project, store = f"{work}/project", f"{work}/store"
rng = random.Random(5)


def run(directory, *command, status=0):
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    if done.returncode != status:
        sys.exit(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def write(name, content, mode=0o644):
    path = f"{project}/{name}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(content)
    os.chmod(path, mode)


def files(directory):
    """Digest and executable bit of every file, by path."""
    found = {}
    for folder, folders, names in os.walk(directory):
        folders[:] = [name for name in folders if name not in (".git", ".dvc", ".ingot")]
        for name in names:
            path = os.path.join(folder, name)
            digest = hashlib.sha256(open(path, "rb").read()).hexdigest()
            found[os.path.relpath(path, directory)] = (digest, bool(os.stat(path).st_mode & 0o100))
    return found


def expect(condition, message):
    if not condition:
        sys.exit(message)


def ingot(*arguments, status=0):
    return run(store, "ingot", *arguments, status=status)


def git_project(directory):
    os.makedirs(directory)
    run(directory, "git", "init", "-q")
    run(directory, "git", "config", "user.email", "a@example.com")
    run(directory, "git", "config", "user.name", "a")
    run(directory, "dvc", "init", "-q")


# A project with a file, a program, a directory with difficult names, and a pipeline.
git_project(project)
write("notes.txt", b"line one\r\nline two\n")
write("tools/run.sh", b"#!/bin/sh\necho run\n", 0o755)
names = ["a b.txt", "été.txt", "quo\"te.txt", "back\\slash", "\N{GRINNING FACE}/deep.bin", "Z", "z", "empty"]
for name in names:
    write(f"raw data/{name}", b"" if name == "empty" else rng.randbytes(rng.randrange(1, 200_000)))
write("raw data/copy of Z", open(f"{project}/raw data/Z", "rb").read())
write("pipe/dvc.yaml", b"""stages:
  make:
    cmd: python3 -c "open('out.txt','w').write('made\\n' * 1000); open('m.json','w').write('{}')"
    wdir: work
    outs: [out.txt]
    metrics:
      - m.json: {cache: false}
""")
os.makedirs(f"{project}/pipe/work")
run(project, "dvc", "remote", "add", "-q", "-d", "near", "../remote")
run(project, "dvc", "add", "-q", "notes.txt", "tools/run.sh", "raw data")
run(project, "dvc", "repro", "-q", "pipe/dvc.yaml")
run(project, "git", "add", ".")
run(project, "git", "commit", "-qm", "data")
run(project, "dvc", "push", "-q")

os.makedirs(store)
ingot("init")
made = json.loads(ingot("import", "dvc", project, "--json"))
references = {item["path"]: item["reference"] for item in made}
expect(references == {
    "notes.txt": "notes.txt:v1", "tools/run.sh": "tools/run.sh:v1",
    "raw data": "raw-data:v1", "pipe/work/out.txt": "pipe/work/out.txt:v1",
}, f"imported {references}")


def same(reference, path):
    """Whether a checkout of a version has what the project has at a path."""
    target = f"{work}/out"
    shutil.rmtree(target, ignore_errors=True)
    ingot("checkout", reference, target)
    if os.path.isdir(f"{project}/{path}"):
        expected = files(f"{project}/{path}")
    else:
        folder, name = os.path.split(f"{project}/{path}")
        expected = {name: files(folder)[name]}
    expect(files(target) == expected, f"{reference}: {files(target)}, expected {expected}")


for path, reference in references.items():
    same(reference, path)
again = json.loads(ingot("import", "dvc", project, "--json"))
expect([(i["reference"], i["is_new"]) for i in again] == [(i["reference"], False) for i in made], again)
print(f"imported from the cache: {len(made)} outputs, every byte and bit the same; again: unchanged")

# A clone has no cache: everything comes from the remote.
clone = f"{work}/clone"
run(work, "git", "clone", "-q", project, clone)
other = f"{work}/other"
os.makedirs(other)
run(other, "ingot", "init")
far = json.loads(run(other, "ingot", "import", "dvc", clone, "--json"))
expect([i["digest"] for i in far] == [i["digest"] for i in made], "other digests from the remote")
print("imported from the remote alone: the same versions")

# One flipped byte in the cache, in a file and in a list of files.
for number, victim in enumerate(
    [glob.glob(f"{project}/.dvc/cache/files/md5/*/*.dir")[0],
     next(p for p in sorted(glob.glob(f"{project}/.dvc/cache/files/md5/*/*")) if os.path.getsize(p) > 999)]
):
    whole = open(victim, "rb").read()
    os.chmod(victim, 0o644)
    with open(victim, "r+b") as out:
        out.seek(len(whole) // 2)
        out.write(bytes([whole[len(whole) // 2] ^ 1]))
    fresh = f"{work}/fresh{number}"
    os.makedirs(fresh)
    run(fresh, "ingot", "init")
    text = run(fresh, "ingot", "import", "dvc", project, status=1)
    expect(victim in text and "its MD5 is" in text and text.count("\n") == 1, text)
    expect(json.loads(run(fresh, "ingot", "ls", "--json")) == [], "something was named")
    open(victim, "wb").write(whole)
print("one flipped byte in the cache: refused in one line, nothing named")

# Export, and DVC pulls it in a project that never saw the data.
target = f"{work}/pulled"
git_project(target)
run(target, "dvc", "remote", "add", "-q", "-d", "exported", f"{work}/exported")
expected = {}
for path, reference in references.items():
    name = os.path.basename(path)
    done = json.loads(ingot("export", "dvc", reference, "--to", f"{work}/exported",
                            "--out", f"{target}/{name}.dvc", "--json"))
    md5 = next(item["md5"] for item in made if item["path"] == path)
    expect(done["md5"] == md5, f"{path}: exported as {done['md5']}, DVC says {md5}")
    source = f"{project}/{path}"
    if os.path.isdir(source):
        expected.update({f"{name}/{k}": v for k, v in files(source).items()})
    else:
        expected[name] = files(os.path.dirname(source))[name]
run(target, "dvc", "pull", "-q")
found = {k: v for k, v in files(target).items() if not k.endswith((".dvc", ".gitignore", ".dvcignore"))}
expect(found == expected, f"pulled {found}, expected {expected}")
status = run(target, "dvc", "status")
expect("up to date" in status, status)
# One file under another name is a directory with that file.
one = f"{work}/one"
git_project(one)
run(one, "dvc", "remote", "add", "-q", "-d", "exported", f"{work}/exported")
ingot("export", "dvc", references["notes.txt"], "--to", f"{work}/exported", "--out", f"{one}/texts.dvc")
run(one, "dvc", "pull", "-q")
expect(files(f"{one}/texts") == {"notes.txt": files(project)["notes.txt"]}, files(one))
kept = json.loads(ingot("export", "dvc", references["raw data"], "--to", f"{work}/exported",
                        "--out", f"{target}/raw data.dvc", "--json"))
expect(kept["new_bytes"] == 0, kept)
ours = {k: v[0] for k, v in files(f"{work}/exported").items()}
extra = [k for k in ours if k.endswith(".dir") and not os.path.exists(f"{work}/remote/{k}")]
expect(len(extra) == 1, extra)
del ours[extra[0]]
theirs = {k: v[0] for k, v in files(f"{work}/remote").items()}
expect(ours == theirs, f"the remotes differ: {ours.items() ^ theirs.items()}")
print(f"exported: dvc pull reads {len(found)} files, all the same; dvc status: up to date; "
      f"the remote's {len(ours)} objects are DVC's own, byte for byte")
