"""Short real examples from the Debian catalogue: TRAIN.jsonl COUNT VALIDATION.jsonl COUNT.

One package of each source, in an order that its name's digest gives: from the synopsis, name the
section.
"""
import hashlib
import json
import subprocess
import sys

packages = {}
for record in subprocess.run(
        ["apt-cache", "dumpavail"], check=True, stdout=subprocess.PIPE, text=True).stdout.split("\n\n"):
    fields = dict(line.split(": ", 1) for line in record.splitlines() if ": " in line and line[0] != " ")
    section = fields.get("Section", "").split("/")[-1]
    synopsis = fields.get("Description") or fields.get("Description-en")
    if section in ("", "debug", "oldlibs") or not synopsis:
        continue
    packages.setdefault(fields.get("Source", fields["Package"]).split(" ")[0], (synopsis, section))
order = sorted(packages, key=lambda name: hashlib.sha256(name.encode()).digest())
for path, count in zip(sys.argv[1::2], map(int, sys.argv[2::2])):
    with open(path, "w") as file:
        for name in order[:count]:
            synopsis, section = packages[name]
            prompt = f"Which section of Debian does this package belong to?\n{synopsis}"
            file.write(json.dumps({"prompt": prompt, "completion": section}) + "\n")
    del order[:count]
