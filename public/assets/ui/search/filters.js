// The filters that can be pressed, and those that were chosen.

import {html} from "../../html.js";
import {t} from "../../i18n/index.js";
import {DATES, dayAfter, dayOf} from "../../text/query.js";
import {Icon} from "../icons.js";
import {said, saidDays} from "./completion.js";

const PRESSED = ["file", "link"]; // of `has`, that are always there
const SPANS = [["today", {on: 0}], ["yesterday", {on: 1}], ["days-7", {after: 6}], ["days-30", {after: 29}]]; // days ago

/** picking, pick(yes): whether days are being chosen. ask(key): have a filter typed. back(): to the field, as what was pressed goes. */
export function Filters({channel, search, picking, pick, ask, back}) {
  const {filters} = search;
  const own = (key) => filters.find((one) => one.key === key);
  const chosen = (filter) => html`<${Chip} key=${filter.key} words=${said(filter)} pressed press=${() => search.drop(filter)} />`;
  const dates = saidDays(filters);
  const here = channel && {key: "in", value: channel.name, label: channel.called};
  const anyDay = () => {
    pick(false);
    search.change({filters: filters.filter(({key}) => !DATES.includes(key))});
  };
  const others = filters.filter(({key, value}) => (key === "has" && !PRESSED.includes(value)) || key === "is");

  return html`<div class="filters" role="group" aria-label=${t("search.filters")}>
      ${own("in") ? chosen(own("in")) : here ? html`<${Chip} key="in" words=${said(here)} press=${() => search.filter(here)} />` : html`<${Chip} key="in" words=${t("search.where")} opens press=${() => ask("in")} />`}
      ${own("from") ? chosen(own("from")) : html`<${Chip} key="from" words=${t("search.from")} opens press=${() => ask("from")} />`}
      ${dates ? html`<${Chip} key="when" words=${dates} pressed press=${anyDay} />`
        : html`<${Chip} key="when" words=${t("search.when")} opens expanded=${picking} press=${() => pick(!picking)} />`}
      ${PRESSED.map((value) => {
        const filter = {key: "has", value};
        const pressed = filters.some((one) => one.key === "has" && one.value === value);
        return html`<${Chip} key=${value} words=${said(filter)} pressed=${pressed} press=${() => (pressed ? search.drop(filter) : search.filter(filter))} />`;
      })}
      ${others.map((filter) => html`<${Chip} key=${`${filter.key} ${filter.value}`} words=${said(filter)} pressed press=${() => (search.drop(filter), back())} />`)}
    </div>
    ${picking && html`<${Days} search=${search} pick=${pick} back=${back} />`}`;
}

/** pressed: it holds, and a press takes it away. opens: a press asks for more. */
function Chip({words, pressed, opens, expanded, press}) {
  return html`<button class="filter" aria-pressed=${opens ? undefined : Boolean(pressed)} aria-expanded=${expanded} onClick=${press}>
    <bdi>${words}</bdi>${pressed ? html`<${Icon} name="close" />` : opens && html`<${Icon} name="unfold" />`}</button>`;
}

/** Which days: some spans, and any two days in the browser's own calendar. */
function Days({search, pick, back}) {
  const now = new Date();
  const today = dayAfter(now, 0);
  const value = (key) => search.filters.find((one) => one.key === key)?.value;
  const [first, last] = [value("on") ?? value("after"), value("on") ?? (value("before") && dayAfter(value("before"), -1))];
  function span(of) {
    const others = search.filters.filter(({key}) => !DATES.includes(key));
    search.change({filters: [...others, ...Object.entries(of).map(([key, ago]) => ({key, value: dayAfter(now, -ago)}))]});
    pick(false);
    back();
  }
  function choose(key, {target}) {
    const day = dayOf(target.value, []);
    const others = search.filters.filter((one) => !DATES.includes(one.key));
    const dates = {after: first, before: last && dayAfter(last, 1), [key]: day && (key === "before" ? dayAfter(day, 1) : day)};
    search.change({filters: [...others, ...Object.entries(dates).flatMap(([one, at]) => (at ? {key: one, value: at} : []))]});
  }
  const field = (key, day) => html`<label>${t(`search.day-${key}`)}<input type="date" value=${day ?? ""} max=${today} onChange=${(event) => choose(key, event)} /></label>`;
  return html`<div class="days" role="group" aria-label=${t("search.when")}>
    <div class="filters">${SPANS.map(([name, of]) => html`<button key=${name} class="filter" onClick=${() => span(of)}>${t(`search.${name}`)}</button>`)}</div>
    ${field("after", first)}${field("before", last)}
  </div>`;
}
