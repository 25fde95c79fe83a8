// What a search has found.

import {html, memo, useEffect, useRef} from "../../html.js";
import {fullDate, rich, spelling, t} from "../../i18n/index.js";
import {address} from "../../state/changes.js";
import {newer} from "../../state/merge.js";
import {snippet} from "../../text/hits.js";
import {plain} from "../../text/plain.js";
import {Avatar} from "../avatar.js";
import {Icon, SERVER, Tile} from "../icons.js";
import {Bones, StateCard} from "../state_card.js";
import {when} from "../when.js";

const FEW = 10; // messages that are shown, below which more are asked for

const drawn = new WeakMap(); // a message as it was found -> {now, row}: the same row as long as nothing is new

/** The messages that were found, as they are now; none of a channel that is the user's no more. */
export function shown(chat, {lines}) {
  return (lines ?? []).flatMap((line) => {
    const channel = chat.channels.get(line.target);
    if (!channel) return [];
    const here = channel.get(line.seq) ?? channel.thread?.get(line.seq);
    const now = chat.view(channel, here ? newer(line, here) : line);
    if (now.deleted) return [];
    if (drawn.get(line)?.now !== now) drawn.set(line, {now, row: {...line, ...now, target: line.target, snippet: line.snippet, told: line.told}});
    return [drawn.get(line).row];
  });
}

/** What is said of the result, in words. */
export function summary({lines, waits, more, complete}, count) {
  if (waits) return t("search.offline");
  if (!lines) return "";
  if (!count) return complete && !more ? t("search.none-found") : t("search.none-so-far");
  return t(more ? "search.newest" : "search.found", {count});
}

/** lines: see shown. open(line): go to it. back(): to the field, as the button that was pressed goes. */
export function Results({chat, search, lines, open, back}) {
  const {complete, more, asking, waits, query} = search;
  const opens = useRef();
  opens.current = open;
  const lasting = useRef((line) => opens.current(line)).current; // the same at each draw, as rows keep it
  const today = new Date().toDateString();
  const short = more && complete && lines.length < FEW;
  useEffect(() => {
    if (short) search.askMore();
  });
  const row = (line) => {
    const channel = chat.channels.get(line.target);
    const here = line.target === chat.current && channel.jump?.seq === line.seq;
    return html`<${Row} key=${`${line.target} ${line.seq}`} channel=${channel} called=${channel.called} line=${line} here=${here} query=${query} open=${lasting} today=${today} spelling=${spelling()} />`;
  };
  if (!search.lines && waits) return html`<${StateCard} icon="offline" title=${t("messages.offline")}><p>${t("search.offline")}</p><//>`;
  if (!search.lines) return asking && html`<${Bones} />`;
  return html`${lines.length > 0 && html`<ul aria-busy=${asking !== "" && asking !== query}>${lines.map(row)}</ul>`}
    ${!lines.length && complete && !more && html`<${Nothing} search=${search} back=${back} />`}
    ${!complete && html`<div class="end"><p>${t("search.incomplete")}</p>${more && html`<button class="small" onClick=${() => search.askMore()} disabled=${asking !== ""}>${t("search.further")}</button>`}</div>`}
    ${lines.length > 0 && !more && html`<${Everywhere} search=${search} back=${back} />`}`;
}

/** today, spelling: by which times are written. */
const Row = memo(({channel, called, line, here, query, open}) => {
  const {sender, message, time, thread, files = []} = line;
  const pieces = message === line.told ? line.snippet : snippet(plain(message).replace(/\s+/g, " "), query);
  function press(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // another tab
    event.preventDefault();
    open(line);
  }
  return html`<li><a class="open found" href=${address(channel, line)} onClick=${press} aria-current=${here ? "true" : undefined}>
    ${sender ? html`<${Avatar} user=${sender} />` : html`<${Tile} />`}
    <span class="head"><b class="name" dir="auto">${sender?.name ?? SERVER}</b> <span class="where"><bdi>${called}</bdi>${thread && html` · ${t("thread.title")}`}</span>
      <time datetime=${new Date(time).toISOString()} title=${fullDate(time)}>${when(time)}</time></span>
    ${message && html`<span class="excerpt" dir="auto">${pieces.map(({text, hit}) => (hit ? html`<mark>${text}</mark>` : text))}</span>`}
    ${files.length > 0 && html`<span class="of-files">${files.map(({id, name}) => html`<span key=${id}><${Icon} name="file" /><bdi>${name}</bdi></span>`)}</span>`}
  </a></li>`;
});

/** Nothing was found: what might help. */
function Nothing({search, back}) {
  const {filters, said} = search;
  function unfilter() {
    search.change({filters: filters.filter(({key}) => key === "in")}, true);
    back();
  }
  return html`<${StateCard} icon="search" title=${said ? rich("search.none", {words: html`<bdi>${said}</bdi>`}) : t("search.none-found")}>
    <p>${t("search.none-hint")}</p>
    <${Everywhere} search=${search} back=${back} />
    ${filters.some(({key}) => key !== "in") && said && html`<button class="small" onClick=${unfilter}>${t("search.unfiltered")}</button>`}
  <//>`;
}

function Everywhere({search, back}) {
  function press() {
    search.drop({key: "in"});
    back();
  }
  return search.filters.some(({key}) => key === "in") && html`<div class="end"><button class="small" onClick=${press}>${t("search.everywhere")}</button></div>`;
}
