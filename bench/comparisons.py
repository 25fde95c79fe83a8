"""What is read first: how tornado_chat stands to the others, and to one of its own commits, round by round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from bench.builds import Build
from bench.report import Results, ResultsOfOne
from bench.workloads import CPU, MEMORY, RATE, UPGRADES, Figures, Metric, Workload

HISTORIES = ("", "memory", "sqlite")


@dataclass(frozen=True)
class Comparison:
    """One line. `other`: a peer, AGAINST for the same server of the commit, or nobody: the figure by itself."""

    title: str
    workload: str
    metric: Metric
    other: str = ""
    history: str = ""


AGAINST = "the commit"
IN_SHORT = (
    Comparison("W1: deliveries/s, × Bun", "W1", RATE, "bun"),
    Comparison("W2: deliveries/s, × Bun", "W2", RATE, "bun"),
    Comparison("W3: deliveries/s, × Go", "W3", RATE, "go"),
    Comparison("W3: deliveries/s, × Bun", "W3", RATE, "bun"),
    Comparison("W3 with refs: deliveries/s, × {commit}", "W3", RATE, AGAINST, "memory"),
    Comparison("W3 on SQLite with refs: deliveries/s, × {commit}", "W3", RATE, AGAINST, "sqlite"),
    Comparison("W4: CPU a delivery, × Bun's (less is better)", "W4", CPU, "bun"),
    Comparison("W5: upgrades/s, × bare Tornado", "W5", UPGRADES, "tornado_plain"),
    Comparison("W5: upgrades/s, × websockets", "W5", UPGRADES, "websockets"),
    Comparison("W5: KB an idle connection", "W5", MEMORY),
)


def in_short(builds: Sequence[Build], commit: Build | None, results: Results) -> str:
    """Return the lines for which there are figures, with a column for each build; empty if there are none."""
    rows = []
    for line in IN_SHORT:
        of_one = results.get(line.workload, {})
        against = commit.server(line.history).name if commit and line.other == AGAINST else line.other
        cells = [_cell(of_one, build.server(line.history).name, against, line.metric) for build in builds]
        if any(cells):
            rows.append([line.title.format(commit=commit.title if commit else ""), *(cell or "–" for cell in cells)])
    head = ["", *(build.name for build in builds)]
    return _table("in short", "Medians of what each round gave (lowest–highest).", head, rows)


def _cell(results: ResultsOfOne, ours: str, other: str, metric: Metric) -> str:
    mine = results.get(ours, [])
    if not other:
        return _spread([figures[metric.key] for figures in mine], metric.digits)
    pairs = [(one[metric.key], two[metric.key]) for one, two in _together(mine, results.get(other, []))]
    return _spread([one / two for one, two in pairs if two], 2)


def against(
    workloads: Iterable[Workload], builds: Sequence[Build], commit: Build, history: bool, results: Results
) -> str:
    """Return how many times as good each build is as the commit, in each workload and figure."""
    rows = []
    for workload in workloads:
        of_one = results[workload.key]
        for build in builds:
            for kind in HISTORIES if history else HISTORIES[:1]:
                ours, theirs = build.server(kind).name, commit.server(kind).name
                pairs = list(_together(of_one.get(ours, []), of_one.get(theirs, [])))
                for metric in (one for one in workload.metrics if pairs and one.compared):
                    mine = [one[metric.key] for one, _ in pairs]
                    other = [two[metric.key] for _, two in pairs]
                    over, under = (mine, other) if metric.more_is_better else (other, mine)
                    ratios = [one / two for one, two in zip(over, under, strict=True) if two]
                    figures = [f"{median(values):,.{metric.digits}f}" for values in (other, mine)]
                    rows.append([workload.key, ours, metric.title, *figures, _spread(ratios, 2)])
    about = f"{commit.about}. × of each round, as medians (lowest–highest); above 1: it does more, or takes less."
    return _table(f"against {commit.title}", about, ["", "server", "", commit.title, "now", "×"], rows)


def _together(ours: Iterable[Figures], others: Iterable[Figures]) -> Iterator[tuple[Figures, Figures]]:
    """Pair what was measured in the same round: other work on the machine was about the same then."""
    of_round = {figures["round"]: figures for figures in others}
    return ((figures, of_round[figures["round"]]) for figures in ours if figures["round"] in of_round)


def _spread(values: Sequence[float], digits: int) -> str:
    if not values:
        return ""
    middle, low, high = (f"{value:,.{digits}f}" for value in (median(values), min(values), max(values)))
    return f"{middle} ({low}–{high})" if len(values) > 1 else middle


def _table(title: str, about: str, head: list[str], rows: list[list[str]]) -> str:
    if not rows:
        return ""
    text = [head, [":---" if not cell or cell == "server" else "---:" for cell in head], *rows]
    return "\n".join([f"### {title}", "", about, "", *(f"| {' | '.join(row)} |" for row in text), "", ""])
