"""The command line of the benchmark: interleaved rounds of every workload, then the tables."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import cluster, hooks, instructions, report
from bench.servers import OTHERS, OURS, Failed, Missing, Server, build_load, kept
from bench.workloads import WORKLOADS, Workload, measure

ABOUT = """\
Measure tornado_chat beside its peers: each on one core, the load on another, a fresh server for every
measurement, the rounds interleaved. Every delivery is counted; one that is lost or out of order fails the run."""

WORKLOAD_KEYS = tuple(one.key for one in WORKLOADS)
HOOKS = "hooks"  # measured in this process, without a load
CLUSTER = "cluster"  # measured beside one process on SQLite
INSTRUCTIONS = "instructions"  # counted, so that other work on the machine changes nothing
APART = (HOOKS, CLUSTER, INSTRUCTIONS)
KEPT = ("W1", "W2", "W3", "W4")  # where messages are sent
PEER_NAMES = tuple(one.name for one in OTHERS)


def _some_of(choices: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    def read(value: str) -> tuple[str, ...]:
        names = tuple(value.split(",")) if value else ()
        for name in names:
            if name not in choices:
                raise argparse.ArgumentTypeError(f"{name}: there are {', '.join(choices)}")
        return names

    return read


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options of a command line."""
    workloads = "\n".join(f"  {one.key}  {one.title}" for one in WORKLOADS)
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description=ABOUT,
        epilog=f"workloads:\n{workloads}\n\npeers: {', '.join(PEER_NAMES)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="one short round with fewer clients: under 2 minutes")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often each is measured (3; 1 with --quick)")
    parser.add_argument(
        "--only",
        type=_some_of((*WORKLOAD_KEYS, *APART)),
        default=WORKLOAD_KEYS,
        metavar="W1,W3",
        help=f"these workloads; {HOOKS}: what plugins cost; {CLUSTER}: several nodes on PostgreSQL; "
        f"{INSTRUCTIONS}: of a message and an upgrade, by callgrind",
    )
    parser.add_argument(
        "--peers",
        type=_some_of(PEER_NAMES),
        default=PEER_NAMES,
        metavar="A,B",
        help="beside tornado_chat ('' for none)",
    )
    parser.add_argument(
        "--history",
        metavar="KIND",
        help="measure tornado_chat with this history (sqlite) too, beside memory, both with refs, in W1 to W4",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("bench.json"), metavar="FILE", help="all figures (bench.json)"
    )
    return parser.parse_args(arguments)


def say(text: str) -> None:
    """Tell how far it is; the tables alone go to stdout."""
    sys.stderr.write(text + "\n")


def servers_of(workload: Workload, options: argparse.Namespace) -> list[Server]:
    """Return who is measured in a workload."""
    peers = [one for one in OTHERS if one.name in options.peers and one.name not in workload.left_out]
    history = [kept("memory"), kept(options.history)] if options.history and workload.key in KEPT else []
    return [OURS, *workload.variants, *history, *peers]


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; return 1 if a measurement failed, 2 if it cannot start."""
    options = parse(arguments)
    if HOOKS in options.only:
        with tempfile.TemporaryDirectory() as folder:
            sys.stdout.write(hooks.run(Path(folder)))
    if CLUSTER in options.only:
        cluster.main([] if options.rounds is None else ["--rounds", str(options.rounds)])
    if INSTRUCTIONS in options.only:
        try:
            sys.stdout.write(instructions.table(instructions.measure()))
        except (Missing, Failed) as error:
            say(f"bench: {error}")
            return 2 if isinstance(error, Missing) else 1
    if not {*options.only} - {*APART}:
        return 0
    cores = sorted(os.sched_getaffinity(0))
    try:
        build_load()
        if len(cores) < 2:
            raise Missing("two cores are needed: one for the server, one for the load")
    except Missing as error:
        say(f"bench: {error}")
        return 2
    workloads = [one for one in WORKLOADS if one.key in options.only]
    versions: dict[str, str] = {}
    missing: list[str] = []
    failures: list[str] = []
    for server in {one.name: one for workload in workloads for one in servers_of(workload, options)}.values():
        try:
            versions[server.name] = server.prepare()
        except Missing as error:
            missing.append(f"{server.name} is left out: {error}")
            say(missing[-1])
    results: report.Results = {one.key: {} for one in workloads}
    rounds = options.rounds or (1 if options.quick else 3)
    for number in range(1, rounds + 1):
        for workload in workloads:
            for server in servers_of(workload, options):
                if server.name not in versions:
                    continue
                try:
                    figures = measure(workload, server, options.quick, (cores[0], cores[1]))
                except Failed as error:
                    failures.append(f"{workload.key}, {server.name}, round {number}: {error}")
                    say("FAILED: " + failures[-1])
                    continue
                results[workload.key].setdefault(server.name, []).append(figures)
                first = workload.metrics[0]
                shown = f"{figures[first.key]:,.{first.digits}f} {first.title}"
                say(f"round {number}  {workload.key}  {server.name}: {shown}")
    report.save(options.out, workloads, versions, results, missing + failures)
    sys.stdout.write(f"{report.INTRODUCTION}\n\n{report.listing(versions)}\n")
    for workload in workloads:
        sys.stdout.write(report.table(workload, servers_of(workload, options), results[workload.key]) + "\n")
    for line in missing + [f"FAILED: {failure}" for failure in failures]:
        sys.stdout.write(f"* {line}\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
