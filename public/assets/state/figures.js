// The figures of the administrator's charts: rates, computed from totals that only grow. No DOM, no socket.

const KEPT = 90; // points of a chart

export const NAMES = ["users", "connections", "messages", "delivered", "refused", "late", "processor", "memory"];

export class Figures {
  constructor() {
    this.last = null;
    this.series = Object.fromEntries(NAMES.map((name) => [name, []]));
  }

  /** Receive an overview: its counts now, and how its totals have grown since the one before. */
  receive({now, totals}) {
    const before = this.last;
    this.last = totals;
    this.add("users", now.users);
    this.add("connections", now.connections);
    this.add("memory", totals.memory / 2 ** 20);
    const seconds = before ? totals.at - before.at : 0;
    if (!(seconds > 0) || totals.calls < before.calls) return; // the first one, or the server has restarted
    const grown = (name) => totals[name] - before[name];
    for (const name of ["messages", "delivered", "refused"]) this.add(name, grown(name) / seconds);
    this.add("processor", (100 * grown("processor")) / seconds);
    if (grown("looks")) this.add("late", (1000 * grown("late")) / grown("looks"));
  }

  add(name, value) {
    const series = this.series[name];
    series.push(value);
    if (series.length > KEPT) series.shift();
  }
}

/** The SVG path of a chart in a box of that size. The newest value is at the right, 0 at the bottom. */
export function line(values, width, height) {
  const most = Math.max(...values, 1e-9);
  const step = width / (KEPT - 1);
  const from = width - (values.length - 1) * step;
  const short = (number) => Math.round(number * 100) / 100;
  return values.map((value, at) => `${at ? "L" : "M"}${short(from + at * step)} ${short(height - (value / most) * height)}`).join("");
}

/** A figure as it is shown: large ones as integers, small ones with two digits. */
export const rounded = (value) => (value >= 10 ? Math.round(value) : Number(value.toPrecision(2)));
