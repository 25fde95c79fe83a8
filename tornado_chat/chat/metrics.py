"""What is counted while it runs, and how it is written for Prometheus (text exposition format 0.0.4)."""

from __future__ import annotations

import os
import resource
import sys
import time
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping

BOUNDS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)  # seconds
LAG = 0.25  # seconds between two looks at how late the loop is
PACE, PAST = 2.0, 90  # seconds between two points of a chart, and how many are kept

Samples = Iterable[tuple[Mapping[str, str], float]]


class Histogram:
    """How often something took how long, in seconds."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


class Metrics:
    """What one server has done since it started."""

    def __init__(self) -> None:
        self.ok: defaultdict[str, int] = defaultdict(int)  # by action
        self.errors: defaultdict[tuple[str, str], int] = defaultdict(int)  # by action and code
        self.delivered = 0  # lines written to members of channels
        self.closed: defaultdict[str, int] = defaultdict(int)  # by close code
        self.requests: defaultdict[int, int] = defaultdict(int)  # by status
        self.lag = Histogram()
        self.late = 0.0  # seconds that the loop was late when it was last looked at
        self.peak = 0  # users at once, today
        self.past: deque[dict[str, float]] = deque(maxlen=PAST)  # `users` and the totals, every PACE seconds
        self._today = ""
        self._looked = 0.0

    def look_at_the_clock(self, users: int = 0) -> None:
        """Note how late the loop is, and how many users are online; to be called every LAG seconds."""
        now, today = time.monotonic(), time.strftime("%j")
        self.peak = max(users, self.peak if today == self._today else 0)
        self._today = today
        if self._looked:
            self.late = max(now - self._looked - LAG, 0.0)
            self.lag.observe(self.late)
        if now // PACE != self._looked // PACE:
            self.past.append({"users": users, **self.totals()})
        self._looked = now

    def totals(self) -> dict[str, float]:
        """Return what rates are drawn from: all of it grows, but for `memory` (bytes). Times are in seconds."""
        refused = sum(self.errors.values())
        return {
            "at": time.monotonic(),
            "messages": self.ok.get("send-message", 0),
            "calls": sum(self.ok.values()) + refused,
            "refused": refused,
            "delivered": self.delivered,
            "late": self.lag.total,
            "looks": sum(self.lag.counts),
            "processor": processor(),
            "memory": memory(),
        }

    def families(self) -> Iterator[str]:
        calls = [({"action": name, "result": "ok"}, count) for name, count in self.ok.items()]
        calls += [({"action": name, "result": code}, count) for (name, code), count in self.errors.items()]
        yield family("calls_total", "counter", "Calls of actions, by result.", calls)
        yield single("delivered_total", "counter", "Lines written to members of channels.", self.delivered)
        closed = [({"code": code}, count) for code, count in self.closed.items()]
        yield family("closed_total", "counter", "Connections that ended, by close code.", closed)
        answered = [({"status": str(status)}, count) for status, count in self.requests.items()]
        yield family("http_requests_total", "counter", "HTTP requests answered, by status.", answered)
        yield histogram("loop_lag_seconds", f"How late the loop is, every {LAG} s.", self.lag)


def single(name: str, kind: str, text: str, value: float) -> str:
    return family(name, kind, text, [({}, value)])


def family(name: str, kind: str, text: str, samples: Samples, prefix: str = "tornado_chat_") -> str:
    """Return one metric's lines: what it is, then a number for each set of labels."""
    lines = [f"# HELP {prefix}{name} {text}", f"# TYPE {prefix}{name} {kind}"]
    return "\n".join([*lines, *(f"{prefix}{name}{_labels(labels)} {value}" for labels, value in samples)]) + "\n"


def histogram(name: str, text: str, measured: Histogram) -> str:
    lines, below = [family(name, "histogram", text, ())], 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), list(measured.counts), strict=True):
        below += count
        lines.append(f'tornado_chat_{name}_bucket{{le="{bound}"}} {below}\n')
    return "".join(lines) + f"tornado_chat_{name}_sum {measured.total}\ntornado_chat_{name}_count {below}\n"


def processor() -> float:
    """Return the processor time used, in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def memory() -> int:
    """Return the resident memory in bytes; where there is no such figure, the most it ever was."""
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def process() -> Iterator[str]:
    """Yield what the operating system says of this process, under Prometheus' own names."""
    yield family("cpu_seconds_total", "counter", "Processor time used.", [({}, processor())], "process_")
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield family("max_fds", "gauge", "Descriptors that it may have.", [({}, soft)], "process_")
    folder = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"
    yield family("open_fds", "gauge", "Descriptors that it has.", [({}, len(os.listdir(folder)))], "process_")
    yield family("resident_memory_bytes", "gauge", "Memory that it has.", [({}, memory())], "process_")


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    escapes = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
    return "{" + ",".join(f'{name}="{value.translate(escapes)}"' for name, value in labels.items()) + "}"
