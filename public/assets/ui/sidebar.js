// The user's channels, in sections.

import {html, useLayoutEffect, useRef} from "../html.js";
import {t} from "../i18n/index.js";
import {Avatar} from "./avatar.js";
import {Icon, SERVER, Tile} from "./icons.js";
import {byKeys} from "./input.js";

const REST = 2_000; // ms without a move of the pointer, after which rows may change their places

/** later: what is loaded when the page has come to rest. toggle(which, event): show "threads" or "mentions", or no more. shown(which): whether they are. */
export function Sidebar({chat, sections, close, show, later, toggle, shown, inert}) {
  const {Cards, Hint, NewMessage} = later;
  const list = useRef();
  const moved = useRef(0); // when the pointer was moved over the list last
  const folded = chat.storage.read("folded", []);
  const still = Date.now() - moved.current < REST || (byKeys() && list.current?.contains(document.activeElement));
  const {unread, read, direct} = sections.arrange(chat, still);
  sections.shown = [];

  function point() {
    if (!moved.current) setTimeout(rest, REST);
    moved.current = Date.now();
  }
  function rest() {
    const pause = moved.current + REST - Date.now();
    if (moved.current && pause > 0) return setTimeout(rest, pause);
    moved.current = 0;
    chat.changed();
  }
  function leave() {
    moved.current &&= 1;
    chat.changed();
  }
  function fold(name) {
    chat.storage.write("folded", folded.includes(name) ? folded.filter((one) => one !== name) : [...folded, name]);
    chat.changed();
  }
  const section = (name, channels) => html`<${Section} ...${{chat, sections, later, name, channels, close, fold}} open=${!folded.includes(name)} />`;

  return html`<nav class="sidebar" aria-label=${t("channels.title")} inert=${inert}>
    <header><${Tile} kind="server" /><b class="name">${SERVER}</b>
      ${NewMessage && chat.served && html`<${NewMessage} chat=${chat} show=${show} />`}
      <button class="quiet only-narrow" onClick=${close} aria-label=${t("dialog.close")}><${Icon} name="close" /></button>
    </header>
    <button class="jump-to" onClick=${() => show("jump")} title=${t("jump.title")}>
      <${Icon} name="search" />${t("jump.button")}<kbd aria-hidden="true">${"Ctrl K"}</kbd>
    </button>
    <div class="scroll" ref=${list} onPointerMove=${point} onPointerLeave=${leave} onFocusOut=${chat.changed}>
      ${(chat.served || !chat.user) && [["thread", "threads", chat.threads?.waiting], ["at", "mentions"]].map(([name, which, unread]) => html`<${Row} name=${name} words=${t(`${which}.title`)}
        open=${toggle && ((event) => toggle(which, event))} here=${shown(which)} unread=${unread} />`)}
      ${unread.length > 0 && section("unread", unread)}
      ${section("channels", read)}
      <button class="quiet add" onClick=${() => show("browse")}><${Icon} name="plus" />${t("channels.add")}</button>
      ${direct.length > 0 && section("direct", direct)}
      ${chat.words && html`<p class="alert" role="alert">${chat.words}</p>`}
    </div>
    ${Cards && html`<${Cards} chat=${chat}><${Hint} chat=${chat} /><//>`}
    <footer>
      ${chat.user && html`<${Avatar} user=${chat.user} />`}
      <span class="name" dir="auto">${chat.session.name}</span>
      <button class="quiet" onClick=${() => show("settings")} aria-label=${t("settings.title")} title=${t("settings.title")}><${Icon} name="settings" /></button>
    </footer>
  </nav>`;
}

/** A folded section still counts what is in it, and shows the open channel. */
function Section({chat, sections, later, name, channels, close, open, fold}) {
  const drawn = open ? channels : channels.filter((channel) => channel.name === chat.current);
  sections.shown.push(...drawn.map((channel) => channel.name));
  return html`<h2>
      <button class="quiet" aria-expanded=${open} onClick=${() => fold(name)}>${t(`channels.${name}`)} <${Icon} name="unfold" /></button>
      ${name === "unread"
        ? html`<button class="quiet" onClick=${() => later.readAll?.(chat)} aria-label=${t("channels.read-all")} title=${`${t("channels.read-all")} (Shift Esc)`}><${Icon} name="checks" /></button>`
        : !open && html`<span class="count">${channels.length}</span>`}
      ${name === "unread" && !open && html`<${Count} unread=${sum(channels, (one) => one.counts(chat.user).unread)} mentions=${sum(channels, (one) => one.counts(chat.user).mentions)} />`}
    </h2>
    <ul>${drawn.map((channel) => html`<${Item} key=${channel.name} chat=${chat} later=${later} channel=${channel} close=${close} />`)}</ul>`;
}

const sum = (all, number) => all.reduce((before, one) => before + number(one), 0);

function Count({unread, mentions}) {
  const words = [mentions && t("channels.mentions", {count: mentions}), unread && t("channels.count", {count: unread})].filter(Boolean);
  return unread + mentions > 0 && html`<span class=${mentions ? "count mention" : "count"}>
    <span aria-hidden="true">${mentions || unread}</span><span class="hidden">${words.join(", ")}</span>
  </span>`;
}

/** What is no channel. open(event): show it. */
function Row({name, words, open, here, unread = 0}) {
  return html`<button class=${["quiet row", here && "here", unread && "unread"].filter(Boolean).join(" ")} onClick=${open} aria-pressed=${Boolean(here)}>
    <${Icon} name=${name} /><span class="name">${words}</span><${Count} unread=${unread} mentions=${0} />
  </button>`;
}

function Item({chat, later, channel, close}) {
  const {unread, mentions} = channel.counts(chat.user);
  const {kind} = channel;
  const quiet = channel.level === "none";
  const here = channel.name === chat.current;
  const row = useRef();
  useLayoutEffect(() => {
    if (here) row.current.scrollIntoView({block: "nearest"}); // keys lead here, too
  }, [here]);
  function open(event) {
    event.preventDefault();
    chat.open(channel.name);
    close();
  }
  return html`<li ref=${row} class=${[here && "here", unread + mentions && "unread", quiet && "hushed"].filter(Boolean).join(" ")}>
    <a href=${`#/${encodeURIComponent(channel.name)}`} onClick=${open} aria-current=${here ? "page" : undefined}>
      ${kind === "direct" && later.Face ? html`<${later.Face} chat=${chat} channel=${channel} />` : html`<${Icon} path=${(quiet && later.HUSHED) || undefined} name=${kind === "private" ? "lock" : "hash"} />`}
      <span class="name"><bdi>${channel.label}</bdi></span>
      ${!here && (channel.draft.trim() || channel.attached[0]) && html`<${Icon} name="pencil" /><span class="hidden">${t("channels.draft")}</span>`}
      <${Count} unread=${unread} mentions=${mentions} />
    </a>
  </li>`;
}
