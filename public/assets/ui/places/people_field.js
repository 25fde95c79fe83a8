// Chooses people by their names, of all whom one may write to.

import {html, useEffect, useRef, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {findPeople} from "../../state/managing.js";
import {twins} from "../../text/people.js";
import {Avatar, Twin} from "../avatar.js";
import {carries, moved} from "../composer/suggestions.js";
import {Icon} from "../icons.js";
import {Presence, isHere, now} from "./face.js";

const ASK_AFTER = 150; // ms without another key

/** People whose names contain a word; null before the server has answered. */
export function usePeople(chat, word, wanted = true) {
  const [found, setFound] = useState(null);
  useEffect(() => {
    if (!wanted) return setFound(null);
    let late = false;
    const ask = () => findPeople(chat, word).then(({users}) => late || setFound(users), () => {});
    const timer = setTimeout(ask, word && ASK_AFTER);
    return () => {
      late = true;
      clearTimeout(timer);
    };
  }, [word, wanted]);
  return found;
}

/**
 * id: of the field. chosen: people; choose(people). most: how many at most. skip: ids that cannot be chosen, and why (words).
 * open: whether the list is there before anything is typed.
 */
export function PeopleField({chat, id, label, chosen, choose, most, skip = new Map(), open, autofocus, placeholder}) {
  const [word, setWord] = useState("");
  const [at, setAt] = useState(0);
  const [active, setActive] = useState(Boolean(open));
  const field = useRef();
  const full = chosen.length >= most;
  const clean = word.trim().replace(/^@/, "");
  const found = usePeople(chat, clean, (active && !full) && (open || clean !== ""));
  const free = (found ?? []).filter((user) => !chosen.some((one) => one.id === user.id));
  const options = [...free.filter(({id}) => !skip.has(id)), ...free.filter(({id}) => skip.has(id))];
  const alike = twins(found ?? []);
  const choice = Math.min(at, options.length - 1);
  const list = `${id}-list`;

  function add(user) {
    if (!user || skip.has(user.id)) return;
    choose([...chosen, user]);
    setWord("");
    setAt(0);
    field.current.focus();
  }
  function drop(user) {
    choose(chosen.filter((one) => one !== user));
    field.current.focus();
  }
  function key(event) {
    if (event.key === "Backspace" && !word && chosen.length) drop(chosen.at(-1));
    else if (options.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) setAt(moved(event.key, choice, options.length));
    else if (event.key === "Enter" && options.length && (clean || !chosen.length)) add(options[choice]);
    else return;
    event.preventDefault();
  }

  return html`<div class="people-field">
    <div class="with">
      ${chosen.map((user) => html`<span class="chip" key=${user.id}><${Avatar} user=${user} small /><bdi>${user.name}</bdi>
        <button type="button" class="quiet" onClick=${() => drop(user)} aria-label=${t("people.drop", {name: user.name})}><${Icon} name="close" /></button></span>`)}
      <input id=${id} ref=${field} value=${word} onInput=${({target}) => (setWord(target.value), setAt(0))} onKeyDown=${key} onFocus=${() => setActive(true)}
        role="combobox" aria-expanded=${options.length > 0} ...${carries(list, options, choice)} aria-label=${label} autofocus=${autofocus} disabled=${full}
        placeholder=${chosen.length ? "" : placeholder} spellcheck=${false} autocomplete="off" dir="auto" />
    </div>
    <p class="hidden" role="status">${options.length > 0 && t("suggestions.count", {count: options.length})}</p>
    ${options.length > 0 && html`<ul class="entries" role="listbox" id=${list} aria-label=${t("people.title")}>
      ${options.map((user, place) => html`<li key=${user.id} id=${`${list}-${place}`} role="option" aria-selected=${place === choice} aria-disabled=${skip.has(user.id)}
        onMouseDown=${(event) => event.preventDefault()} onClick=${() => add(user)}>
        <${Presence} user=${user} present=${user.present ?? isHere(chat, user.id)} /><span class="name"><bdi>${user.name}</bdi>${alike.has(user.id) && html`<${Twin} user=${user} />`}</span>
        <small>${skip.get(user.id) ?? now(chat, user)}</small>
      </li>`)}
    </ul>`}
    ${found && clean && !options.length && html`<p class="muted">${t("people.none", {name: clean})}</p>`}
  </div>`;
}
