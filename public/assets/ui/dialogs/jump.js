// Ctrl+K: go to a channel by a part of its name; what is unread comes first, then the user's own.

import {t} from "../../i18n/index.js";
import {fold} from "../../text/characters.js";
import {html, useEffect, useRef, useState} from "../../html.js";
import {Icon} from "../icons.js";
import {carries, moved} from "../composer/suggestions.js";
import {Dialog} from "./dialog.js";
import {directWith, openDirect} from "../../state/managing.js";
import {searchOf} from "../../state/searching.js";
import {mayMake, mayWrite} from "../../state/may.js";
import {Face, Presence, isHere, now} from "../places/face.js";
import {Twin} from "../avatar.js";
import {twins} from "../../text/people.js";
import {why} from "../places/why.js";
import {usePeople} from "../places/people_field.js";
import {Found, fits, join, plain, same, useChannels} from "./find.js";

const MOST = 50; // rows
const HINTS = [["jump.move", "↑ ↓"], ["jump.open", "Enter"], ["jump.next", "Alt Shift ↓"]];

/** seek(event): open the search of messages, if the server has one. */
export function Jump({chat, sections, close, seek}) {
  const [word, setWord] = useState("");
  const [chosen, setChosen] = useState(null);
  const [words, setWords] = useState("");
  const list = useRef();
  const clean = plain(word);
  const found = useChannels(chat, clean);
  const people = usePeople(chat, clean.replace(/^@/, ""), chat.served && clean.length > 0);

  const small = fold(clean);
  const waits = (channel) => channel.counts(chat.user).unread + channel.counts(chat.user).mentions > 0;
  const begins = ({label}) => Number(fold(label).startsWith(small));
  const others = (found?.channels ?? []).filter(({name}) => !chat.channels.has(name));
  const own = sections.all.map((name) => chat.channels.get(name)).filter(Boolean);
  const groups = [
    ["unread", own.filter((one) => !clean && waits(one))],
    ["channels", own.filter((one) => clean || !waits(one))],
    ["others", others],
  ].map(([group, channels]) => [group, channels.filter(({name, label}) => fits(label, clean) || fits(name, clean)).sort((one, other) => begins(other) - begins(one))]);
  const options = groups.flatMap(([group, channels]) => channels.map(({name, label, kind, count}) => ({group, name, label, kind, count}))).slice(0, MOST);
  const alike = twins(people ?? []);
  for (const user of people ?? []) if (mayWrite(chat) && !directWith(chat, [user.id])) options.push({group: "people", name: user.id, label: user.name, user});
  const exact = options.findIndex(({name, label}) => same(name, clean) || same(label, clean));
  if (clean && exact < 0 && mayMake(chat)) options.push({group: "do", name: clean, label: clean});
  if (clean && seek) options.push({group: "do", name: `search\n${clean}`, label: clean, seeks: true});
  const choice = Math.min(chosen ?? Math.max(0, exact), options.length - 1);
  useEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({block: "nearest"}), [choice, options.length]);

  async function take(at) {
    if (!options[at]) return;
    if (options[at].seeks) {
      close();
      searchOf(chat).change({text: clean, filters: [], typing: null, followed: false}, true);
      return seek({currentTarget: document.activeElement});
    }
    try {
      if (options[at].user) {
        await openDirect(chat, [options[at].user.id]);
        return close();
      }
      const name = await join(chat, options[at].name);
      close();
      chat.open(name);
    } catch (error) {
      setWords(why(error));
    }
  }
  function key(event) {
    if (event.key === "Enter") take(choice);
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options.length) {
      setChosen(moved(event.key, choice, options.length));
    } else return;
    event.preventDefault();
  }
  function detail({group, name, count, user}) {
    const channel = chat.channels.get(name);
    const {unread, mentions} = channel?.counts(chat.user) ?? {};
    if (user) return now(chat, user);
    if (group === "do" || channel?.kind === "direct") return unread ? t("channels.count", {count: unread}) : "";
    if (group === "others") return `${count ? `${t(chat.served ? "browse.members" : "jump.members", {count})} · ` : ""}${t("jump.not-joined")}`;
    if (name === chat.current) return t("jump.here");
    if (mentions) return t("channels.mentions", {count: mentions});
    if (unread) return t("channels.count", {count: unread});
    return channel.joined ? t("jump.members", {count}) : "";
  }
  const row = (option, at) => html`<li
    key=${`${option.group} ${option.name}`} id=${`jump-${at}`} role="option" aria-selected=${at === choice}
    onMouseDown=${(event) => event.preventDefault()} onClick=${() => take(at)}
  >
    ${option.user ? html`<${Presence} user=${option.user} present=${option.user.present ?? isHere(chat, option.user.id)} />` : option.kind === "direct" ? html`<${Face} chat=${chat} channel=${chat.channels.get(option.name)} />`
      : html`<${Icon} name=${option.seeks ? "search" : option.group === "do" ? "plus" : option.kind === "private" ? "lock" : "hash"} />`}
    <span class="name">${option.seeks ? t("search.for", {words: clean}) : option.group === "do" ? t("browse.create", {name: option.name}) : html`<${Found} name=${option.label} word=${clean} />`}${alike.has(option.name) && html`<${Twin} user=${option.user} />`}</span>
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
      ${["unread", "channels", "others", "people", "do"].map((group) => {
        const rows = options.flatMap((option, at) => (option.group === group ? row(option, at) : []));
        return rows.length > 0 && html`<ul key=${group} role="group" aria-label=${t(`jump.${group}`)}>
          <h3 aria-hidden="true">${t(`jump.${group}`)}</h3>${rows}
        </ul>`;
      })}
    </div>`}
    <p class="hints" aria-hidden="true">${HINTS.map(([key, strokes]) => html`<span>${strokes.split(" ").map((stroke) => html`<kbd>${stroke}</kbd> `)}${t(key)}</span>`)}</p>
  <//>`;
}
