// The user's channels, and the field to join others.

import {html, useLayoutEffect, useRef, useState} from "../html.js";
import {t} from "../i18n/index.js";
import {Avatar} from "./avatar.js";
import {Icon, SERVER, Tile} from "./icons.js";

export function Sidebar({chat, close, show, inert}) {
  const [name, setName] = useState("");
  const channels = [...chat.channels.values()];

  function join(event) {
    event.preventDefault();
    const clean = name.trim().replace(/^#/, "");
    if (!clean) return;
    chat.words = "";
    chat.open(clean);
    setName("");
    close();
  }

  return html`<nav class="sidebar" aria-label=${t("channels.title")} inert=${inert}>
    <header><${Tile} kind="server" /><b class="name">${SERVER}</b>
      <button class="quiet only-narrow" onClick=${close} aria-label=${t("dialog.close")}><${Icon} name="close" /></button>
    </header>
    <button class="jump-to" onClick=${() => show("jump")} title=${t("jump.title")}>
      <${Icon} name="search" />${t("jump.button")}<kbd aria-hidden="true">${"Ctrl K"}</kbd>
    </button>
    <h2>${t("channels.title")}</h2>
    <ul>
      ${channels.map((channel) => html`<${Item} key=${channel.name} chat=${chat} channel=${channel} close=${close} />`)}
    </ul>
    <form class="join" onSubmit=${join}>
      <input
        value=${name} onInput=${(event) => setName(event.target.value)} maxlength="256" dir="auto"
        placeholder=${t("channels.join")} aria-label=${t("channels.join-label")} spellcheck="false" enterkeyhint="go"
      />
      <button class="quiet" aria-label=${t("channels.join-button")} disabled=${!name.trim()}><${Icon} name="plus" /></button>
    </form>
    ${chat.words && html`<p class="alert" role="alert">${chat.words}</p>`}
    <footer>
      ${chat.user && html`<${Avatar} user=${chat.user} small />`}
      <span class="name" dir="auto">${chat.session.name}</span>
      <button class="quiet" onClick=${() => show("settings")} aria-label=${t("settings.title")} title=${t("settings.title")}><${Icon} name="settings" /></button>
    </footer>
  </nav>`;
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
      <span class="name" dir="auto">${channel.name}</span>
      ${unread > 0 && html`<span class=${channel.mentions ? "count mention" : "count"}><span aria-hidden="true">${unread}</span><span class="hidden">${t("channels.unread", {count: unread})}</span></span>`}
    </a>
  </li>`;
}
