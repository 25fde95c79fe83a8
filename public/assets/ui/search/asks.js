// What the empty search shows: what was asked before, and what can be asked.

import {html} from "../../html.js";
import {t} from "../../i18n/index.js";
import {VALUES, dayAfter} from "../../text/query.js";
import {Icon, PATHS as ICON} from "../icons.js";
import {PATHS} from "../messages/living.js";
import "../more_icons.js";
import {said, saidDays} from "./completion.js";

const ICONS = {from: ICON.members, in: ICON.hash, has: ICON.file, is: PATHS.pin, after: ICON.clock};

/** ask(key): have a filter typed. */
export function Asks({search, ask}) {
  const {recent} = search;
  const values = {from: t("search.somebody"), in: t("search.channel"), has: VALUES.has.join(", "), is: VALUES.is.join(", "), after: dayAfter(new Date(), -7)};
  const again = ({text, filters}) => search.change({text, filters, typing: null, followed: false}, true);
  return html`${recent.length > 0 && html`<div class="label-row"><h3>${t("search.recent")}</h3><button class="quiet" onClick=${() => search.forgetRecent()} aria-label=${t("search.forget")}>${t("search.clear")}</button></div>
    <ul class="asks">${recent.map((one) => html`<li key=${JSON.stringify(one)}><button class="open" onClick=${() => again(one)}>
      <${Icon} name="clock" /><span class="name">${one.text && html`<bdi>${one.text}</bdi> `}${words(one).map((word) => html`<small><bdi>${word}</bdi></small> `)}</span></button></li>`)}</ul>`}
    <h3 class="label-row">${t("search.narrow")}</h3>
    <ul class="asks">${Object.keys(ICONS).map((key) => html`<li key=${key}><button class="open" onClick=${() => ask(key)}>
      <${Icon} path=${ICONS[key]} /><span><code dir="ltr"><b>${`${key}:`}</b>${values[key]}</code><small>${t(`search.ask-${key}`)}</small></span></button></li>`)}</ul>`;
}

const words = ({filters}) => [...filters.filter(({key}) => !/^(after|before|on)$/.test(key)).map(said), saidDays(filters)].filter(Boolean);
