// How many rows are in the page, and how many are drawn at once: users notice a freeze of 50 ms. The rest follows in
// the next frames. An amount is {rows, letters, least}: so many rows, or fewer of long texts, but not fewer than `least`.

const ROW = 40; // letters that take as long as a row
const MARK = 10; // letters that take as long as a line, or a mark
const FILE = 400; // letters that take as long as a file
const PORTION = {rows: 120, letters: 8_000, least: 1}; // at once
const costs = new WeakMap(); // line -> its cost in letters

function cost(line) {
  if (!costs.has(line)) costs.set(line, ROW + (line.message?.length ?? 0) + MARK * (line.message?.match(/[\n*_~`]/g)?.length ?? 0) + FILE * (line.files?.length ?? 0));
  return costs.get(line);
}

/** How many lines from an index on, in a direction, fit an amount. drawn: ids of those that cost nothing. */
function reach(lines, from, by, {rows, letters, least}, drawn) {
  let count = 0;
  for (let [at, fresh] = [from, 0]; lines[at] && (count < least || (letters > 0 && fresh < rows)); at += by, count++) {
    if (drawn?.has(lines[at].id)) continue;
    letters -= cost(lines[at]);
    fresh++;
  }
  return count;
}

/** The first index such that the lines up to `to` fit an amount. */
export const before = (lines, to, amount, drawn) => to - reach(lines, to - 1, -1, amount, drawn);

/** The index after the last line that fits an amount, from `from` on. */
export const behind = (lines, from, amount, drawn) => from + reach(lines, from, 1, amount, drawn);

/** The index from which the lines up to `to` are drawn now. wanted: the final one; drawn: ids of drawn lines. */
export const upwards = (lines, wanted, to, drawn) => Math.max(wanted, before(lines, to, PORTION, drawn));

/** The range of lines to draw now between two indices, around those that are drawn already: [first, after the last]. */
export function around(lines, from, to, drawn) {
  const known = lines.findIndex((line, at) => at >= from && drawn.has(line.id));
  const head = known < 0 || known >= to ? from : known;
  const tail = Math.min(to, behind(lines, head, PORTION, drawn));
  return [tail < to ? head : upwards(lines, from, tail, drawn), tail];
}

/** The first row of a box that one sees, among those with these ids: {id, top}. */
export function topRow(box, ids) {
  const {top} = box.getBoundingClientRect();
  const row = [...box.querySelectorAll("[data-id]")].find((one) => (ids?.has(one.dataset.id) ?? true) && one.getBoundingClientRect().bottom > top);
  return row && {id: row.dataset.id, top: row.getBoundingClientRect().top};
}
