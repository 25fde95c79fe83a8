// All channels that there are: find one, join it, or make a new one.

import {t} from "../../i18n/index.js";
import {html, useLayoutEffect, useRef, useState} from "../../html.js";
import {Icon, Tile} from "../icons.js";
import {ago} from "../places/ago.js";
import {why} from "../places/why.js";
import {mayMake} from "../../state/may.js";
import {Dialog} from "./dialog.js";
import {Found, fits, join, plain, same, useChannels} from "./find.js";

const {compare} = new Intl.Collator(undefined, {numeric: true});

export function Browse({chat, show, close}) {
  const [word, setWord] = useState("");
  const [fresh, setFresh] = useState(null); // the name of a new channel, while it is asked for
  const [words, setWords] = useState("");
  const list = useRef();
  const clean = plain(word);
  const found = useChannels(chat, clean);

  const own = [...chat.channels.values()].filter(({name}) => !found?.channels.some((one) => one.name === name));
  const all = [...(found?.channels ?? []), ...(found?.more ? [] : own)].filter(({name, label, kind}) => kind !== "direct" && (fits(label, clean) || fits(name, clean)));
  const channels = all.sort((one, other) => same(other.name, clean) - same(one.name, clean) || (found?.more ? 0 : compare(one.label, other.label)));
  const makes = mayMake(chat);
  const fill = (name) => (chat.served ? show({place: "create", name}) : (setWords(""), setFresh(name)));

  async function open(name) {
    try {
      const channel = await join(chat, name);
      close();
      chat.open(channel);
    } catch (error) {
      if (!chat.served) setFresh(name);
      setWords(why(error));
    }
  }
  async function joinHere({target}, name) {
    setWords("");
    try {
      target.previousSibling.focus(); // this button goes
      await join(chat, name);
    } catch (error) {
      setWords(why(error));
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
  const present = (name, count) => t("jump.members", {count: chat.channels.get(name)?.joined ? chat.channels.get(name).count : count ?? 0});
  function about({name, count, kind, topic, posting, archived, last, about: known}) {
    if (!chat.served) return present(name, count);
    const what = archived ? t("browse.archived") : topic || known?.topic || (kind === "private" ? t("create.private") : posting === "moderators" ? t("browse.moderators") : "");
    const here = chat.channels.get(name);
    const members = Math.max(count ?? known?.members ?? 0, here?.joined ? here.people : 0);
    const rest = [members > 0 && t("browse.members", {count: members}), last && ago(last)].filter(Boolean).join(" · ");
    return html`${what && html`<bdi class="cut">${what}</bdi>`}${what && rest && " · "}${rest && html`<bdi>${rest}</bdi>`}`;
  }
  return html`<${Dialog} title=${t("channels.browse")} close=${close} extra=${html`
    <button class="small" onClick=${() => fill(clean)} disabled=${!makes} title=${makes ? undefined : t("create.not-you")}><${Icon} name="plus" />${t("browse.new")}</button>`}
  >
    <div class="browse" onKeyDown=${key}>
      <div class="find"><${Icon} name="search" /><input
        value=${word} onInput=${({target}) => setWord(target.value)} autofocus aria-label=${t("browse.find")} placeholder=${t("browse.find")}
        spellcheck=${false} autocomplete="off" enterkeyhint="go" dir="auto" /></div>
      <p class="alert" role="alert">${words}</p>
      <ul ref=${list} aria-label=${t("channels.title")}>
        ${channels.map(({name, label, ...one}) => html`<li key=${name}>
          <button class="open" onClick=${() => open(name)}>
            <${Tile} name=${one.kind === "private" ? "lock" : "hash"} /><span><b><${Found} name=${label} word=${clean} /></b> <small>${about({name, ...one})}</small></span>
            ${chat.channels.has(name) && html` <span class="tag">${t("browse.joined")}</span>`}
          </button>
          ${!chat.channels.has(name) && html`<button class="small" onClick=${(event) => joinHere(event, name)} aria-label=${t("browse.join", {name: label})}>${t("channels.join")}</button>`}
        </li>`)}
      </ul>
      ${found?.current && !channels.length && html`<div class="empty">
        <p>${t(clean ? "browse.none" : makes ? "browse.none-yet" : "channels.none-yet", {name: clean})}</p>
        ${clean && makes && html`<button class="primary" onClick=${() => (chat.served ? fill(clean) : open(clean))}><${Icon} name="plus" />${t("browse.create", {name: clean})}</button>`}
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
