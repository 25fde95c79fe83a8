// One's channels, and the way into others.

import {html, useState} from "../html.js";
import {Avatar} from "./avatar.js";
import {Icon} from "./icons.js";

export function Sidebar({chat, close}) {
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

  return html`<nav class="sidebar" aria-label="Channels">
    <header><h2>Channels</h2></header>
    <ul>
      ${channels.map((channel) => html`<${Item} key=${channel.name} chat=${chat} channel=${channel} close=${close} />`)}
    </ul>
    <form class="join" onSubmit=${join}>
      <input
        value=${name} onInput=${(event) => setName(event.target.value)} maxlength="64" dir="auto"
        placeholder="Join a channel" aria-label="Name of a channel to join" spellcheck="false" enterkeyhint="go"
      />
      <button class="quiet" aria-label="Join" disabled=${!name.trim()}><${Icon} name="plus" /></button>
    </form>
    ${chat.words && html`<p class="alert" role="alert">${chat.words}</p>`}
    <footer>
      ${chat.user && html`<${Avatar} user=${chat.user} small />`}
      <span class="name" dir="auto">${chat.name}</span>
      <button class="quiet" onClick=${() => chat.leaveAll()} aria-label="Sign out" title="Sign out"><${Icon} name="leave" /></button>
    </footer>
  </nav>`;
}

function Item({chat, channel, close}) {
  const unread = chat.user ? channel.unread(chat.user.id) : 0;
  const here = channel.name === chat.current;
  function open(event) {
    event.preventDefault();
    chat.open(channel.name);
    close();
  }
  return html`<li class=${[here && "here", unread && "unread"].filter(Boolean).join(" ")}>
    <a href=${`#/${encodeURIComponent(channel.name)}`} onClick=${open} aria-current=${here ? "page" : undefined}>
      <span class="hash" aria-hidden="true">#</span>
      <span class="name" dir="auto">${channel.name}</span>
      ${unread > 0 && html`<span class=${channel.mentions ? "count mention" : "count"}>${unread}<span class="hidden"> unread</span></span>`}
    </a>
    <button class="quiet leave" onClick=${() => chat.leave(channel.name)} aria-label=${`Leave ${channel.name}`} title="Leave">
      <${Icon} name="close" />
    </button>
  </li>`;
}
