"""The command line of the benchmark: interleaved rounds of every workload, then the tables."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import cluster, comparisons, hooks, instructions, report
from bench.builds import TREE, Build, committed, compiled
from bench.servers import OTHERS, Failed, Missing, Server, build_load
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
        choices=comparisons.HISTORIES[2:],
        help="measure tornado_chat with this history too, beside memory, both with refs, in W1 to W4",
    )
    parser.add_argument(
        "--against",
        metavar="REV",
        help="measure this commit of the checkout too, with the same Python, and say how many times as good the "
        f"working tree is; with W1 to W6 and {INSTRUCTIONS}",
    )
    parser.add_argument(
        "--compiled",
        action="store_true",
        help="measure the compiled build of the working tree too, which is built first (1 to 2 minutes); likewise",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("bench.json"), metavar="FILE", help="all figures (bench.json)"
    )
    options = parser.parse_args(arguments)
    if (options.against is not None or options.compiled) and not {*options.only} - {HOOKS, CLUSTER}:
        parser.error(f"--against and --compiled go with W1 to W6 and {INSTRUCTIONS}")
    return options


def say(text: str) -> None:
    """Tell how far it is; the tables alone go to stdout."""
    sys.stderr.write(text + "\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; return 1 if a measurement failed, 2 if it cannot start."""
    options = parse(arguments)
    if HOOKS in options.only:
        with tempfile.TemporaryDirectory() as folder:
            sys.stdout.write(hooks.run(Path(folder)))
    if CLUSTER in options.only:
        cluster.main([] if options.rounds is None else ["--rounds", str(options.rounds)])
    workloads = [one for one in WORKLOADS if one.key in options.only]
    with ExitStack() as stack:
        try:
            commit = stack.enter_context(committed(options.against)) if options.against is not None else None
            if workloads:
                cores = two_cores()
                build_load()
            if INSTRUCTIONS in options.only:
                instructions.prepare([commit] if commit else [])
            if options.compiled:
                say("building the compiled build …")
            builds = [TREE, compiled()] if options.compiled else [TREE]
            if INSTRUCTIONS in options.only:
                counts = [(build, instructions.measure(build)) for build in ([*builds, commit] if commit else builds)]
                sys.stdout.write(instructions.table(counts))
            return rounds(workloads, builds, commit, options, cores) if workloads else 0
        except (Missing, Failed) as error:
            say(f"bench: {error}")
            return 2 if isinstance(error, Missing) else 1


def two_cores() -> tuple[int, int]:
    """Return the cores of the server and of the load; Missing on a machine with one."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise Missing("two cores are needed: one for the server, one for the load")
    return cores[0], cores[1]


def servers_of(
    workload: Workload, builds: Sequence[Build], commit: Build | None, options: argparse.Namespace
) -> list[Server]:
    """Return who is measured in a workload."""
    ours = [*builds, commit] if commit else builds
    histories = ("memory", options.history) if options.history and workload.key in KEPT else ()
    peers = [one for one in OTHERS if one.name in options.peers and one.name not in workload.left_out]
    kept = [build.server(history) for history in histories for build in ours]
    return [*(build.server() for build in (*ours, *workload.variants)), *kept, *peers]


def rounds(
    workloads: Sequence[Workload],
    builds: Sequence[Build],
    commit: Build | None,
    options: argparse.Namespace,
    cores: tuple[int, int],
) -> int:
    """Measure all of them, interleaved, and print the tables; return 1 if a measurement failed."""
    servers = {one.key: servers_of(one, builds, commit, options) for one in workloads}
    versions: dict[str, str] = {}
    missing: list[str] = []
    failures: list[str] = []
    for server in {one.name: one for some in servers.values() for one in some}.values():
        try:
            versions[server.name] = server.prepare()
        except Missing as error:
            missing.append(f"{server.name} is left out: {error}")
            say(missing[-1])
    results: report.Results = {one.key: {} for one in workloads}
    for number in range(1, (options.rounds or (1 if options.quick else 3)) + 1):
        for workload in workloads:
            for server in servers[workload.key]:
                if server.name not in versions:
                    continue
                try:
                    figures = measure(workload, server, options.quick, cores) | {"round": number}
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
    ours = [build.name for build in builds]
    for workload in workloads:
        sys.stdout.write(report.table(workload, servers[workload.key], ours, results[workload.key]) + "\n")
    if commit:
        sys.stdout.write(comparisons.against(workloads, builds, commit, bool(options.history), results))
    sys.stdout.write(comparisons.in_short(builds, commit, results))
    for line in missing + [f"FAILED: {failure}" for failure in failures]:
        sys.stdout.write(f"* {line}\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
