// The figures of the administrator's charts: counts, and rates computed from totals that only grow. No DOM, no socket.

const KEPT = 90; // points of a chart

/** Figure -> what its scale reaches at least, so that small changes are not drawn as large ones. */
const LEAST = {users: 10, messages: 10, late: 5, memory: 100, processor: 100};

export class Figures {
  constructor() {
    this.last = new Map(); // the totals of the overview before, by node
    this.series = Object.fromEntries(Object.keys(LEAST).map((name) => [name, []]));
    this.tops = {...LEAST};
    this.processors = new Map(); // per cent of a core, by node
  }

  /** Receive the points of the last minutes, oldest first, in the place of what is known. */
  receivePast(points) {
    Object.assign(this, new Figures());
    for (const {users, nodes, ...totals} of points) this.receive({now: {users}, totals, nodes});
  }

  /** Receive an overview: its counts now, and how its totals have grown since the one before, of all nodes together. */
  receive({now, totals, nodes = [{name: "", totals}]}) {
    const growths = nodes.filter((node) => node.totals).map((node) => [node.name, this.growth(node)]).filter(([, growth]) => growth);
    this.processors = new Map(growths.map(([name, {processor, at}]) => [name, (100 * processor) / at]));
    const grown = growths.map(([, growth]) => growth);
    const sum = (count) => grown.reduce((all, one) => all + count(one), 0);
    this.add("users", now.users);
    this.add("memory", nodes.reduce((all, node) => all + (node.totals?.memory ?? 0), 0) / 2 ** 20);
    if (!grown.length) return;
    this.add("messages", sum(({messages, at}) => messages / at));
    this.add("processor", sum(({processor, at}) => (100 * processor) / at));
    if (sum(({looks}) => looks)) this.add("late", (1000 * sum(({late}) => late)) / sum(({looks}) => looks));
  }

  /** Return how the totals of a node have grown, null if these are the first ones, or it has restarted. */
  growth({name, totals}) {
    const before = this.last.get(name);
    this.last.set(name, totals);
    if (!before || !(totals.at > before.at) || totals.calls < before.calls) return null;
    return Object.fromEntries(Object.keys(totals).map((key) => [key, totals[key] - before[key]]));
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
