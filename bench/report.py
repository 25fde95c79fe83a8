"""What was measured, as tables in Markdown and as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from bench.servers import Server
from bench.workloads import Figures, Metric, Workload

FULL = 0.95  # a generator that is busier than this may be what was measured
IDLE = 0.85  # a server and a generator that are both less busy were kept waiting by something else

INTRODUCTION = (
    "Medians (lowest–highest). A column with × says how many times as good that server is as the row's: above 1 it "
    "does more, or takes less. Each server had one core, the load generator another."
)

ResultsOfOne = dict[str, list[Figures]]  # server -> one for each round
Results = dict[str, ResultsOfOne]  # of each workload


def _values(rounds: list[Figures], key: str) -> list[float]:
    return [figures[key] for figures in rounds if key in figures]


def _cell(rounds: list[Figures], metric: Metric) -> str:
    values = _values(rounds, metric.key)
    middle, low, high = (f"{value:,.{metric.digits}f}" for value in (median(values), min(values), max(values)))
    return middle if low == high else f"{middle} ({low}–{high})"


def _ratio(ours: list[Figures], theirs: list[Figures], metric: Metric) -> str:
    mine, other = (median(_values(rounds, metric.key)) for rounds in (ours, theirs))
    if not metric.more_is_better:
        mine, other = other, mine
    return f"{mine / other:.2f}" if other else "–"


def table(workload: Workload, servers: Iterable[Server], ours: Iterable[str], results: ResultsOfOne) -> str:
    """Return a workload's table: medians (lowest–highest), and how many times as good each of ours is as each."""
    there = [server for server in servers if results.get(server.name)]
    columns = [name for name in ours if results.get(name)]
    compared = [(one, metric) for one in columns for metric in workload.metrics if metric.compared]
    shares = (*(["server busy"] if workload.closed_loop else []), "load busy")
    head = ["server", *(metric.title for metric in workload.metrics), *shares]
    head += [f"{one} ×: {metric.title}" for one, metric in compared]
    rows = [head, ["---", *["---:"] * (len(head) - 1)]]
    for server in there:
        rounds = results[server.name]
        row = [server.name, *(_cell(rounds, metric) for metric in workload.metrics)]
        row += [f"{_share(rounds, share):.0%}" for share in shares]
        row += ["" if one == server.name else _ratio(results[one], rounds, metric) for one, metric in compared]
        rows.append(row)
    lines = [f"### {workload.key}: {workload.title}", "", *(f"| {' | '.join(row)} |" for row in rows)]
    notes = [note for server in there for note in _notes(workload, server.name, results[server.name])]
    return "\n".join([*lines, *([""] if notes else []), *notes, ""])


def _share(rounds: list[Figures], title: str) -> float:
    return median(_values(rounds, "server_busy" if title == "server busy" else "busy"))


def _notes(workload: Workload, name: str, rounds: list[Figures]) -> Iterable[str]:
    load = _share(rounds, "load busy")
    if load > FULL:
        yield f"* {name}: the load generator was {load:.0%} busy: its own speed may be what was measured."
    elif workload.closed_loop and load < IDLE and _share(rounds, "server busy") < IDLE:
        yield f"* {name}: neither side was busy: other work kept the machine; compare the CPU time instead."


def listing(versions: dict[str, str]) -> str:
    """Return what was measured, a line for each version."""
    names: dict[str, list[str]] = {}
    for name, version in versions.items():
        names.setdefault(version, []).append(name)
    return "\n".join(f"* {'; '.join(some)}: {version}" for version, some in names.items()) + "\n"


def save(
    path: Path, workloads: Iterable[Workload], versions: dict[str, str], results: Results, missing: list[str]
) -> None:
    """Write everything that was measured, round by round."""
    content = {
        "machine": {"system": platform.platform(), "cpu": _cpu(), "cores": os.cpu_count()},
        "versions": versions,
        "left_out": missing,
        "workloads": {one.key: {"title": one.title, "servers": results.get(one.key, {})} for one in workloads},
    }
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return str(line.partition(":")[2].strip())
    return platform.machine()
