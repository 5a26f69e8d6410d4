"""Kills Ingot at random moments and looks at what is left. Arguments: WORK_DIRECTORY KILLS

Each round starts from a copy of a store in the state before the command, kills the command after a
random share of the time it takes undisturbed, and compares with the undisturbed result. "resume" is
a training that is killed, or told to end, after it saved a state, and goes on with --resume.
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

work, kills = sys.argv[1], int(sys.argv[2])
rng = random.Random(11)
recipe = f"{work}/recipe/recipe.yaml"


def ingot(directory, *arguments, check=True):
    run = subprocess.run(["ingot", *arguments], cwd=directory, capture_output=True, text=True)
    if check and run.returncode != 0:
        sys.exit(f"ingot {' '.join(arguments)}: status {run.returncode}\n{run.stdout}{run.stderr}")
    return run


def digest(directory, reference):
    return json.loads(ingot(directory, "show", reference, "--json").stdout)["digest"]


# One store in three states; keys are found by the store's own name, so copies share them.
start = f"{work}/start"
os.makedirs(start)
ingot(start, "init")
ingot(start, "import", "hf", f"{work}/model", "--as", "tiny")
ingot(start, "env", "set", f"{work}/recipe/environments.yaml")
added = f"{work}/added"
shutil.copytree(start, added)
ingot(added, "add", f"{work}/data", "--as", "rows")
judged = f"{work}/judged"
shutil.copytree(added, judged)
ingot(judged, "evaluate", recipe)

operations = {
    "add": (start, ["add", f"{work}/data", "--as", "rows"], "rows:v1"),
    "train": (added, ["train", recipe], "colours:v1"),
    "resume": (added, ["train", recipe], "colours:v1"),
    "promote": (judged, ["promote", "colours:v1", "production"], "colours:production"),
}
expected, seconds = {}, {}
for name, (state, command, reference) in operations.items():
    copy = f"{work}/reference-{name}"
    shutil.copytree(state, copy)
    begin = time.monotonic()
    ingot(copy, *command)
    seconds[name] = time.monotonic() - begin
    expected[name] = digest(copy, reference)

done, early, resumed = dict.fromkeys(operations, 0), 0, 0


def states(directory):
    folder = f"{directory}/.ingot/training"
    return [n for n in os.listdir(folder) if n.endswith(".state")] if os.path.isdir(folder) else []


for round in range(kills):
    name = list(operations)[round % len(operations)]
    state, command, reference = operations[name]
    victim = f"{work}/victim"
    shutil.rmtree(victim, ignore_errors=True)
    shutil.copytree(state, victim)
    process = subprocess.Popen(
        ["ingot", *command], cwd=victim, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if name == "resume":
        while process.poll() is None and not states(victim):
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.1))
    else:
        time.sleep(rng.uniform(0, seconds[name]))
    early += process.poll() is None
    is_told = name == "resume" and done[name] % 2 == 1
    process.send_signal(signal.SIGTERM if is_told else signal.SIGKILL)
    process.wait()
    ingot(victim, "ls")
    for checker in (["fsck"], ["log", "verify"]):
        ingot(victim, *checker)
    if name == "resume" and states(victim):
        log = ingot(victim, *command, "--resume").stdout
        if "going on after step" not in log:
            sys.exit(f"round {round}: a state is there and was not used\n{log}")
        resumed += 1
    else:
        ingot(victim, *command)
    if states(victim):
        sys.exit(f"round {round}, {name}: {states(victim)} stayed after the end")
    found = digest(victim, reference)
    if found != expected[name]:
        sys.exit(f"round {round}, {name}: {found} after the kill, {expected[name]} without")
    ingot(victim, "fsck")
    ingot(victim, "log", "verify")
    done[name] += 1

times = ", ".join(f"{name} {count} (of {seconds[name]:.2f} s)" for name, count in done.items())
print(f"{kills} kills, {early} of them while the command ran: {times}; {resumed} trainings resumed; every store clean, every result the same")
