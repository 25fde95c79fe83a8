// The figures of the administrator's charts: counts, and rates computed from totals that only grow. No DOM, no socket.

const KEPT = 90; // points of a chart

/** Figure -> what its scale reaches at least, so that small changes are not drawn as large ones. */
const LEAST = {users: 10, messages: 10, late: 5, memory: 100, processor: 100};

export class Figures {
  constructor() {
    this.last = null; // the totals of the overview before
    this.series = Object.fromEntries(Object.keys(LEAST).map((name) => [name, []]));
    this.tops = {...LEAST};
  }

  /** Receive the points of the last minutes, oldest first, in the place of what is known. */
  receivePast(points) {
    Object.assign(this, new Figures());
    for (const {users, ...totals} of points) this.receive({now: {users}, totals});
  }

  /** Receive an overview: its counts now, and how its totals have grown since the one before. */
  receive({now, totals}) {
    const before = this.last;
    this.last = totals;
    this.add("users", now.users);
    this.add("memory", totals.memory / 2 ** 20);
    const seconds = before ? totals.at - before.at : 0;
    if (!(seconds > 0) || totals.calls < before.calls) return; // the first one, or the server has restarted
    const grown = (name) => totals[name] - before[name];
    this.add("messages", grown("messages") / seconds);
    this.add("processor", (100 * grown("processor")) / seconds);
    if (grown("looks")) this.add("late", (1000 * grown("late")) / grown("looks"));
  }

  add(name, value) {
    const series = this.series[name];
    series.push(value);
    if (series.length > KEPT) series.shift();
    const most = Math.max(...series);
    if (most > this.tops[name] || most < this.tops[name] / 6) this.tops[name] = Math.max(LEAST[name], round(1.25 * most));
  }
}

/** The next of 1, 2, 5, 10, 20, …: a chart keeps such a scale until the values leave it. */
function round(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((digit) => digit * power >= value) * power;
}

/** The SVG path of a chart in a box of that size. The newest value is at the right, 0 at the bottom, `top` at the top. */
export function line(values, top, width, height) {
  const step = width / (KEPT - 1);
  const from = width - (values.length - 1) * step;
  const short = (number) => Math.round(number * 100) / 100;
  return values.map((value, at) => `${at ? "L" : "M"}${short(from + at * step)} ${short(height - (value / top) * height)}`).join("");
}

/** A figure as it is shown: large ones as integers, small ones with one digit behind the point. */
export const rounded = (value) => (value >= 10 ? Math.round(value) : Math.round(value * 10) / 10);
