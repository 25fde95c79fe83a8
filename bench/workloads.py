"""The workloads, and one measurement of one of them against one server."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass

from bench.builds import PLAIN, Build
from bench.servers import LOAD, Failed, Server, running

SETTLE = 2.0  # seconds after the last of the idle connections, for what a server lets go of later
LIMIT = 900  # seconds that one measurement may take

Figures = dict[str, float]


@dataclass(frozen=True)
class Metric:
    """One figure of a workload. `digits`: how many are shown after the point."""

    key: str
    title: str
    digits: int = 0
    more_is_better: bool = True
    compared: bool = True


@dataclass(frozen=True)
class Workload:
    """`load` and `quick`: what the generator is given."""

    key: str
    title: str
    load: tuple[str, ...]
    quick: tuple[str, ...]
    metrics: tuple[Metric, ...]
    closed_loop: bool = False  # as fast as the echoes come back: somebody is always busy
    variants: tuple[Build, ...] = ()  # measured beside the working tree
    left_out: tuple[str, ...] = ()  # peers that would take minutes


RATE = Metric("per_second", "deliveries/s")
CPU = Metric("cpu_us", "server CPU µs each", 2, more_is_better=False)
P50 = Metric("p50_ms", "p50 ms", 2, more_is_better=False, compared=False)
P99 = Metric("p99_ms", "p99 ms", 2, more_is_better=False, compared=False)
UPGRADES = Metric("upgrades_per_second", "upgrades/s")
UPGRADE_CPU = Metric("upgrade_cpu_us", "server CPU µs an upgrade", more_is_better=False)
MEMORY = Metric("kb_each", "KB each", 1, more_is_better=False)
SECONDS = Metric("seconds", "seconds", 2, more_is_better=False)

FAN_OUT = (RATE, CPU, P50, P99)
FULL, BRIEF = ("--warmup", "0.5", "--seconds", "2.5"), ("--warmup", "0.4", "--seconds", "0.8")
LONG, SHORT = ("--warmup", "0.5", "--seconds", "4"), ("--warmup", "0.2", "--seconds", "1")


def _fan_out(
    key: str,
    title: str,
    load: str,
    variants: tuple[Build, ...] = (),
    metrics: tuple[Metric, ...] = (RATE, CPU, P50, P99),
) -> Workload:
    words = tuple(load.split())
    return Workload(key, title, words + FULL, words + BRIEF, FAN_OUT, True, variants)


_PACED = ("--members", "500", "--senders", "40", "--rate", "40")

WORKLOADS = (
    _fan_out("W1", "one channel of 200, one sender, 16 in flight", "--members 200 --inflight 16"),
    _fan_out("W2", "one channel of 500, 50 senders, 1 in flight each", "--members 500 --senders 50 --inflight 1"),
    _fan_out(
        "W3",
        "100 channels of 2, 200 senders, 4 in flight each",
        "--channels 100 --members 2 --senders 2 --inflight 4",
        variants=(PLAIN,),
    ),
    _fan_out(
        "W3b",
        "as W3, with a write of its own for every message sent",
        "--channels 100 --members 2 --senders 2 --inflight 4 --one-by-one",
    ),
    Workload("W4", "one channel of 500, 40 messages a second", _PACED + LONG, _PACED + SHORT, (CPU, P50, P99)),
    Workload("W5", "5,000 idle connections", ("--idle", "5000"), ("--idle", "1000"), (UPGRADES, UPGRADE_CPU, MEMORY)),
    Workload(
        "W6",
        "3,000 join one channel, until every one knows of all",
        ("--join", "3000"),
        ("--join", "300"),
        (SECONDS,),
        left_out=("aiohttp", "tornado_plain"),
    ),
)


def measure(workload: Workload, server: Server, quick: bool, cores: tuple[int, int]) -> Figures:
    """Return the figures of one fresh server; Failed if anything went wrong, a lost delivery above all."""
    load = workload.quick if quick else workload.load
    with running(server, cores[0]) as one:
        before, worked = one.memory(), one.cpu()
        command = ["taskset", "-c", str(cores[1]), str(LOAD), "--port", str(one.port), "--server-pid", str(one.pid)]
        command += [*load, *(["--random-ref"] if server.with_refs else [])]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            if "--idle" not in load:
                said, complaint = process.communicate(timeout=LIMIT)
                if process.returncode:
                    raise Failed(f"{complaint.strip()} | the server said: {one.tail()}")
                return _figures(said)
            assert process.stdout
            figures = _figures(process.stdout.readline())
            figures["upgrade_cpu_us"] = (one.cpu() - worked) / figures["connections"]
            time.sleep(SETTLE)
            figures["kb_each"] = (one.memory() - before) / 1024 / figures["connections"]
            process.communicate()
            return figures
        finally:
            process.kill()
            process.wait()


def _figures(said: str) -> Figures:
    if not said:
        raise Failed("the load generator could not connect them all")
    figures: Figures = json.loads(said)
    return figures
