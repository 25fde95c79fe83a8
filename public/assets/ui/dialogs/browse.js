// All channels that there are: find one, join it, or make a new one.

import {explain, t} from "../../i18n/index.js";
import {html, useLayoutEffect, useRef, useState} from "../../html.js";
import {Icon, Tile} from "../icons.js";
import {Dialog} from "./dialog.js";
import {Found, fits, join, plain, same, useChannels} from "./find.js";

export function Browse({chat, close}) {
  const [word, setWord] = useState("");
  const [fresh, setFresh] = useState(null); // the name of a new channel, while it is asked for
  const [words, setWords] = useState("");
  const list = useRef();
  const clean = plain(word);
  const found = useChannels(chat, clean);

  const own = [...chat.channels.values()].filter(({name}) => !found?.channels.some((one) => one.name === name));
  const all = [...(found?.channels ?? []), ...(found?.more ? [] : own)].filter(({name}) => fits(name, clean));
  const channels = all.sort((one, other) => same(other.name, clean) - same(one.name, clean));

  async function open(name) {
    try {
      const channel = await join(chat, name);
      close();
      chat.open(channel);
    } catch (error) {
      setFresh(name);
      setWords(explain(error));
    }
  }
  async function joinHere({target}, name) {
    setWords("");
    try {
      target.previousSibling.focus(); // this button goes
      await join(chat, name);
    } catch (error) {
      setWords(explain(error));
    }
  }
  /** From the field to the rows, and from row to row. */
  function key(event) {
    const places = [event.currentTarget.querySelector("input"), ...list.current.querySelectorAll(".open")];
    const at = places.indexOf(document.activeElement.closest("li")?.querySelector(".open") ?? document.activeElement);
    const to = {ArrowDown: at + 1, ArrowUp: at - 1}[event.key];
    if (event.key === "Enter" && at === 0) {
      if (channels.length) open(channels[0].name);
      else if (clean) open(clean);
    } else if (to === undefined || !places[to]) return;
    else places[to].focus();
    event.preventDefault();
  }

  if (fresh !== null) return html`<${Fresh} ...${{chat, close, open, words, setWords}} name=${fresh} />`;
  const count = (name, present) => t("jump.members", {count: chat.channels.get(name)?.joined ? chat.channels.get(name).count : present ?? 0});
  return html`<${Dialog} title=${t("channels.browse")} close=${close} extra=${html`
    <button class="small" onClick=${() => (setWords(""), setFresh(clean))}><${Icon} name="plus" />${t("browse.new")}</button>`}
  >
    <div class="browse" onKeyDown=${key}>
      <div class="find"><${Icon} name="search" /><input
        value=${word} onInput=${({target}) => setWord(target.value)} autofocus aria-label=${t("browse.find")} placeholder=${t("browse.find")}
        spellcheck=${false} autocomplete="off" enterkeyhint="go" dir="auto" /></div>
      <p class="alert" role="alert">${words}</p>
      <ul ref=${list} aria-label=${t("channels.title")}>
        ${channels.map(({name, count: present}) => html`<li key=${name}>
          <button class="open" onClick=${() => open(name)}>
            <${Tile} name="hash" /><span><b><${Found} name=${name} word=${clean} /></b> <small>${count(name, present)}</small></span>
            ${chat.channels.has(name) && html` <span class="tag">${t("browse.joined")}</span>`}
          </button>
          ${!chat.channels.has(name) && html`<button class="small" onClick=${(event) => joinHere(event, name)} aria-label=${t("browse.join", {name})}>${t("channels.join")}</button>`}
        </li>`)}
      </ul>
      ${found?.current && !channels.length && html`<div class="empty">
        <p>${t(clean ? "browse.none" : "browse.none-yet", {name: clean})}</p>
        ${clean && html`<button class="primary" onClick=${() => open(clean)}><${Icon} name="plus" />${t("browse.create", {name: clean})}</button>`}
      </div>`}
      <p class="hints" role="status">${channels.length > 0 && t(found?.more ? "browse.more" : "browse.count", {count: channels.length})}</p>
    </div>
  <//>`;
}

/** The form for a new channel; what is wrong with its name stands at the field. */
function Fresh({chat, close, open, name, words, setWords}) {
  const [word, setWord] = useState(name);
  const [busy, setBusy] = useState(false);
  const field = useRef();
  const clean = plain(word);
  const found = useChannels(chat, clean);
  const there = clean && found?.channels.find((one) => same(one.name, clean));
  useLayoutEffect(() => words && field.current.focus(), [words]);
  async function send(event) {
    event.preventDefault();
    if (!clean || busy) return;
    setBusy(true);
    await open(clean);
    setBusy(false);
  }
  return html`<${Dialog} title=${t("browse.new")} close=${close}>
    <form class="form" onSubmit=${send}>
      <label>${t("browse.name")} <input
        ref=${field} value=${word} onInput=${({target}) => (setWord(target.value), setWords(""))} autofocus spellcheck=${false} autocomplete="off" dir="auto"
        enterkeyhint="go" aria-invalid=${words !== ""} aria-describedby="browse-words"
      /></label>
      <p id="browse-words" class=${words ? "alert" : "muted"} role=${words ? "alert" : "status"}>${words || t(there ? "browse.there" : "browse.hint", {name: clean, count: there?.count})}</p>
      <button class="primary" disabled=${!clean || busy}>${t(there ? "channels.join" : "browse.make")}</button>
    </form>
  <//>`;
}
