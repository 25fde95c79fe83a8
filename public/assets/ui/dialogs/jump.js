// Ctrl+K: go to a channel by a part of its name; what is unread comes first, then the user's own.

import {explain, t} from "../../i18n/index.js";
import {fold} from "../../text/characters.js";
import {html, useEffect, useRef, useState} from "../../html.js";
import {Icon} from "../icons.js";
import {carries, moved} from "../composer/suggestions.js";
import {Dialog} from "./dialog.js";
import {Found, fits, join, plain, same, useChannels} from "./find.js";

const MOST = 50; // rows
const HINTS = [["jump.move", "↑ ↓"], ["jump.open", "Enter"], ["jump.next", "Alt Shift ↓"]];

export function Jump({chat, sections, close}) {
  const [word, setWord] = useState("");
  const [chosen, setChosen] = useState(null);
  const [words, setWords] = useState("");
  const list = useRef();
  const clean = plain(word);
  const found = useChannels(chat, clean);

  const small = fold(clean);
  const begins = ({name}) => Number(fold(name).startsWith(small));
  const others = (found?.channels ?? []).filter(({name}) => !chat.channels.has(name));
  const own = sections.all.map((name) => chat.channels.get(name)).filter(Boolean);
  const groups = [
    ["unread", own.filter((one) => !clean && one.unread(chat.user?.id))],
    ["channels", own.filter((one) => clean || !one.unread(chat.user?.id))],
    ["others", others],
  ].map(([group, channels]) => [group, channels.filter(({name}) => fits(name, clean)).sort((one, other) => begins(other) - begins(one))]);
  const options = groups.flatMap(([group, channels]) => channels.map(({name, count}) => ({group, name, count}))).slice(0, MOST);
  const exact = options.findIndex(({name}) => same(name, clean));
  if (clean && exact < 0) options.push({group: "do", name: clean});
  const choice = Math.min(chosen ?? Math.max(0, exact), options.length - 1);
  useEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({block: "nearest"}), [choice, options.length]);

  async function take(at) {
    if (!options[at]) return;
    try {
      const name = await join(chat, options[at].name);
      close();
      chat.open(name);
    } catch (error) {
      setWords(explain(error));
    }
  }
  function key(event) {
    if (event.key === "Enter") take(choice);
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options.length) {
      setChosen(moved(event.key, choice, options.length));
    } else return;
    event.preventDefault();
  }
  function detail({group, name, count}) {
    const channel = chat.channels.get(name);
    const unread = channel && chat.user ? channel.unread(chat.user.id) : 0;
    if (group === "do") return "";
    if (group === "others") return `${count ? `${t("jump.members", {count})} · ` : ""}${t("jump.not-joined")}`;
    if (name === chat.current) return t("jump.here");
    if (channel.mentions) return t("channels.mentions", {count: channel.mentions});
    if (unread) return t("channels.count", {count: unread});
    return channel.joined ? t("jump.members", {count}) : "";
  }
  const row = (option, at) => html`<li
    key=${`${option.group} ${option.name}`} id=${`jump-${at}`} role="option" aria-selected=${at === choice}
    onMouseDown=${(event) => event.preventDefault()} onClick=${() => take(at)}
  >
    <${Icon} name=${option.group === "do" ? "plus" : "hash"} />
    <span class="name">${option.group === "do" ? t("browse.create", {name: option.name}) : html`<${Found} name=${option.name} word=${clean} />`}</span>
    <small>${detail(option)}</small>${at === choice && html`<kbd aria-hidden="true">${"Enter"}</kbd>`}
  </li>`;

  return html`<${Dialog} title=${t("jump.title")} close=${close} bare>
    <div class="find"><${Icon} name="search" /><input
      value=${word} onInput=${({target}) => (setWord(target.value), setChosen(null), setWords(""))} onKeyDown=${key}
      role="combobox" aria-expanded=${options.length > 0} ...${carries("jump", options, choice)} autofocus aria-invalid=${words !== ""}
      aria-describedby="jump-words" aria-label=${t("jump.field")} placeholder=${t("jump.field")} spellcheck=${false} autocomplete="off" enterkeyhint="go" dir="auto"
    /><kbd aria-hidden="true">${"Esc"}</kbd></div>
    <p id="jump-words" class="alert" role="alert">${words}</p>
    <p class="hidden" role="status">${options.length > 0 && t("suggestions.count", {count: options.length})}</p>
    ${options.length > 0 && html`<div class="entries" role="listbox" id="jump" tabindex="-1" ref=${list} aria-label=${t("channels.title")}>
      ${["unread", "channels", "others", "do"].map((group) => {
        const rows = options.flatMap((option, at) => (option.group === group ? row(option, at) : []));
        return rows.length > 0 && html`<ul key=${group} role="group" aria-label=${t(`jump.${group}`)}>
          <h3 aria-hidden="true">${t(`jump.${group}`)}</h3>${rows}
        </ul>`;
      })}
    </div>`}
    <p class="hints" aria-hidden="true">${HINTS.map(([key, strokes]) => html`<span>${strokes.split(" ").map((stroke) => html`<kbd>${stroke}</kbd> `)}${t(key)}</span>`)}</p>
  <//>`;
}
