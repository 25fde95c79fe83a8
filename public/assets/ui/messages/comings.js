// Folds joins and leaves that follow each other into one line: "Ida, Ivo and Ina came and left".

import {html} from "../../html.js";
import {listed, rich, t} from "../../i18n/index.js";
import {isComing} from "../../state/channel.js";
import {Time} from "./message.js";

const FEWEST = 3; // lines that are folded
const MOST = 5; // names; more are counted

/** Fold adjacent joins and leaves, unless all are wanted, into one line each: {id (of the last), time, comings: [line]}. */
export function fold(lines, sameDay, all = false) {
  const runs = []; // of lines
  for (const line of lines) {
    const run = runs.at(-1);
    if (run && isComing(line) && isComing(run[0]) && sameDay(run[0].time, line.time)) run.push(line);
    else runs.push([line]);
  }
  const one = (comings) => ({id: comings.at(-1).id, time: comings.at(-1).time, comings});
  return runs.flatMap((run) => {
    if (!isComing(run[0])) return run;
    return all || run.length < FEWEST ? run.map((line) => one([line])) : [one(run)];
  });
}

/** What each person did: [[key of the text, [name, …]], …]. */
export function summary(comings) {
  const people = new Map(); // id -> {name, first, last}
  for (const {event, user} of comings) {
    const one = people.get(user.id) ?? {first: event};
    people.set(user.id, {...one, name: user.name, last: event});
  }
  const kinds = {"join join": "join", "leave leave": "leave", "join leave": "came-left", "leave join": "left-came"};
  const found = new Map();
  for (const {name, first, last} of people.values()) {
    const kind = kinds[`${first} ${last}`];
    found.set(kind, [...(found.get(kind) ?? []), name]);
  }
  return [...found];
}

export function Comings({line: {id, time, comings}}) {
  const others = (count) => t("notice.others", {count});
  const said = summary(comings).map(([kind, names]) => {
    const shown = names.length > MOST + 1 ? [...names.slice(0, MOST), others(names.length - MOST)] : names;
    const people = listed(shown).map(({type, value}, at) => (type === "element" ? html`<bdi key=${at}>${value}</bdi>` : value));
    return html`<span key=${kind} class="coming">${rich(`notice.${kind}`, {name: people})}</span> `;
  });
  return html`<p class="notice" data-id=${id} data-more=${comings.map((one) => one.id).join(" ")}><span dir="auto">${said}</span><${Time} time=${time} /></p>`;
}
