// The user's channels, in sections.

import {html, useLayoutEffect, useRef} from "../html.js";
import {t} from "../i18n/index.js";
import {Avatar} from "./avatar.js";
import {Icon, SERVER, Tile} from "./icons.js";
import {byKeys} from "./input.js";

const REST = 2_000; // ms without a move of the pointer, after which rows may change their places

/** later: what is loaded when the page has come to rest. */
export function Sidebar({chat, sections, close, show, later: {Cards, Hint}, inert}) {
  const list = useRef();
  const moved = useRef(0); // when the pointer was moved over the list last
  const folded = chat.storage.read("folded", []);
  const still = Date.now() - moved.current < REST || (byKeys() && list.current?.contains(document.activeElement));
  const {unread, read} = sections.arrange(chat, still);
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
  const section = (name, channels) => html`<${Section} ...${{chat, sections, name, channels, close, fold}} open=${!folded.includes(name)} />`;

  return html`<nav class="sidebar" aria-label=${t("channels.title")} inert=${inert}>
    <header><${Tile} kind="server" /><b class="name">${SERVER}</b>
      <button class="quiet only-narrow" onClick=${close} aria-label=${t("dialog.close")}><${Icon} name="close" /></button>
    </header>
    <button class="jump-to" onClick=${() => show("jump")} title=${t("jump.title")}>
      <${Icon} name="search" />${t("jump.button")}<kbd aria-hidden="true">${"Ctrl K"}</kbd>
    </button>
    <div class="scroll" ref=${list} onPointerMove=${point} onPointerLeave=${leave} onFocusOut=${chat.changed}>
      ${unread.length > 0 && section("unread", unread)}
      ${section("channels", read)}
      <button class="quiet add" onClick=${() => show("browse")}><${Icon} name="plus" />${t("channels.add")}</button>
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
function Section({chat, sections, name, channels, close, open, fold}) {
  const drawn = open ? channels : channels.filter((channel) => channel.name === chat.current);
  sections.shown.push(...drawn.map((channel) => channel.name));
  return html`<h2>
      <button class="quiet" aria-expanded=${open} onClick=${() => fold(name)}>${t(`channels.${name}`)} <${Icon} name="unfold" /></button>
      ${name === "unread"
        ? html`<button class="quiet" onClick=${() => chat.readState.readAll()} aria-label=${t("channels.read-all")} title=${`${t("channels.read-all")} (Shift Esc)`}><${Icon} name="checks" /></button>`
        : !open && html`<span class="count">${channels.length}</span>`}
      ${name === "unread" && !open && html`<${Count} unread=${sum(channels, (one) => one.unread(chat.user.id))} mentions=${sum(channels, (one) => one.mentions)} />`}
    </h2>
    <ul>${drawn.map((channel) => html`<${Item} key=${channel.name} chat=${chat} channel=${channel} close=${close} />`)}</ul>`;
}

const sum = (all, number) => all.reduce((before, one) => before + number(one), 0);

function Count({unread, mentions}) {
  const words = [mentions && t("channels.mentions", {count: mentions}), t("channels.count", {count: unread})].filter(Boolean);
  return unread > 0 && html`<span class=${mentions ? "count mention" : "count"}>
    <span aria-hidden="true">${mentions || unread}</span><span class="hidden">${words.join(", ")}</span>
  </span>`;
}

function Item({chat, channel, close}) {
  const unread = chat.user ? channel.unread(chat.user.id) : 0;
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
  return html`<li ref=${row} class=${[here && "here", unread && "unread"].filter(Boolean).join(" ")}>
    <a href=${`#/${encodeURIComponent(channel.name)}`} onClick=${open} aria-current=${here ? "page" : undefined}>
      <${Icon} name="hash" />
      <span class="name"><bdi>${channel.name}</bdi></span>
      ${!here && channel.draft.trim() && html`<${Icon} name="pencil" /><span class="hidden">${t("channels.draft")}</span>`}
      <${Count} unread=${unread} mentions=${channel.mentions} />
    </a>
  </li>`;
}
