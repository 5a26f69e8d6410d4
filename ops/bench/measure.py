"""What the measurements share: timed commands, and the table that they are written to."""
import datetime
import os
import subprocess
import sys
import time

RESULTS = f"{os.path.dirname(os.path.abspath(__file__))}/results.md"
HEADER = """# Measured beside the peers, in one run each (`ops/bench/run`)

| date | machine | work | Ingot | peer | ratio | goal |
| --- | --- | --- | --- | --- | --- | --- |
"""


class Timed:
    """A command that ran: its seconds, its peak memory in bytes, what it said."""

    def __init__(self, *command, cwd=None, **environment):
        os.sync()
        begin = time.monotonic()
        process = subprocess.Popen(command, cwd=cwd, env={**os.environ, **environment},
                                   stdout=subprocess.PIPE, text=True)
        self.output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.seconds = time.monotonic() - begin
        self.peak_bytes = usage.ru_maxrss * 1024
        if status != 0:
            sys.exit(f"{' '.join(command)}: status {os.waitstatus_to_exitcode(status)}")


def machine():
    model = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} processors, {memory:.0f} GiB"


def row(work, ingot, peer, ratio, goal):
    """Prints a result and writes it down."""
    print(f"{work}\n  Ingot {ingot}; {peer}; {ratio} (goal {goal})", flush=True)
    if not os.path.exists(RESULTS):
        with open(RESULTS, "w") as out:
            out.write(HEADER)
    with open(RESULTS, "a") as out:
        cells = [datetime.date.today().isoformat(), machine(), work, ingot, peer, ratio, goal]
        out.write("| " + " | ".join(cells) + " |\n")


def size_below(path):
    return sum(os.lstat(f"{folder}/{name}").st_size for folder, _, files in os.walk(path) for name in files)


def seconds(value):
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"
