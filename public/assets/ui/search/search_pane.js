// The search, beside the conversation or over it in a narrow window: its field, the filters, what was found. Loaded with the dialogs.

import {html, useEffect, useLayoutEffect, useRef, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {searchOf} from "../../state/searching.js";
import {typedAt, without} from "../../text/query.js";
import {carries, moved} from "../composer/suggestions.js";
import {Icon, Mark} from "../icons.js";
import {boxOf, fieldOf, printable} from "../input.js";
import {Asks} from "./asks.js";
import {days, optionsOf, usePeopleFor} from "./completion.js";
import {Completion} from "./completion_list.js";
import {Filters} from "./filters.js";
import {Results, shown, summary} from "./results.js";

const NEAR = 300; // px from the end, where more come in
const LONGEST = 500; // characters of a query
const LIST = "search-list";
const HINTS = [["jump.move", "↑ ↓"], ["jump.open", "Enter"]];

/** Whether a key asks for the search. In its field it is the browser's own, which finds in what is drawn. */
export function finds({key, ctrlKey, metaKey, altKey, shiftKey, target}, chat) {
  if (key.toLowerCase() !== "f" || !(ctrlKey || metaKey) || altKey || shiftKey) return false;
  return chat.actions.some(({name}) => name === "search") && !target.closest?.(".find") && !document.querySelector("dialog[open]");
}

/** close(): show it no more. over: whether it lies over the room, which is to be seen once a message is chosen. */
export function SearchPane({chat, channel, close, over}) {
  const search = searchOf(chat);
  const field = useRef();
  const scroll = useRef();
  const [chosen, choose] = useState(0);
  const [picking, pick] = useState(false); // a day
  const {text, filters, completing} = search;
  const people = usePeopleFor(chat, completing);
  const offered = () => (search.completing ? optionsOf(chat, search, search.completing, people) : []); // keys may be faster than what is drawn
  const options = offered();
  const choice = Math.min(chosen, options.length - 1);
  search.names = days();

  useLayoutEffect(() => {
    search.follow(channel);
    field.current.select();
    if (!over || !matchMedia("(pointer: coarse)").matches || !search.lines) field.current.focus(); // else the keyboard would hide what was found
    scroll.current.scrollTop = search.scrolled;
  }, []);
  useEffect(() => search.follow(channel), [channel?.name]);
  useEffect(() => {
    if (chat.connection.open) search.resume();
  }, [chat.connection.session, chat.connection.open]);

  /** Write a text, and find the filter that is typed in it. */
  function write(words, caret) {
    choose(0);
    search.change({text: words, typing: typedAt(words, caret) ?? null});
  }
  /** Write a text from elsewhere than the keys. */
  function set(words, caret = words.length) {
    write(words, caret);
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(caret, caret);
    });
  }
  function typed({target: {value, selectionStart}, isComposing}) {
    if (isComposing) return search.compose(value);
    const end = selectionStart - 1;
    const before = value[end] === " " && typedAt(value, end);
    const done = before?.to === end && optionsOf(chat, search, before, people).find((one) => one.exact);
    if (done) take(done, value.slice(0, end) + value.slice(end + 1), before);
    else write(value, selectionStart);
  }
  /** A suggestion becomes a filter. */
  function take(option, words = search.text, term = search.completing) {
    if (!option || !term) return;
    const {text: rest, caret} = without(words, term);
    if (option.filter.value) search.filter(option.filter, {text: rest, typing: null});
    else search.drop({key: option.filter.key}, {text: rest, typing: null});
    set(rest, caret);
  }
  /** Have the user type something after what is there. */
  const add = (words) => set(`${text && !/\s$/.test(text) ? `${text} ` : text}${words}`);
  const back = () => matchMedia("(pointer: coarse)").matches || field.current.focus(); // on a phone the keyboard would come
  function submit() {
    search.hide();
    search.change({typing: null}, true);
    search.remember();
    if (matchMedia("(pointer: coarse)").matches) field.current.blur(); // the keyboard hides what was found
  }
  const places = () => [...scroll.current.querySelectorAll(".open")];

  function fieldKey(event) {
    const {key, target: {selectionStart, selectionEnd}} = event;
    const options = offered();
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (options.length && (key === "ArrowDown" || key === "ArrowUp")) choose(moved(key, Math.min(chosen, options.length - 1), options.length));
    else if (options.length && (key === "Enter" || (key === "Tab" && !event.shiftKey))) take(options[Math.min(chosen, options.length - 1)]);
    else if (options.length && key === "Escape") search.hide();
    else if (key === "Enter") submit();
    else if (key === "ArrowDown" && places().length) places()[0].focus();
    else if (key === "Backspace" && !selectionStart && !selectionEnd && search.filters.length) search.drop(search.filters.at(-1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  function paneKey(event) {
    const all = places();
    const at = all.indexOf(document.activeElement);
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (printable(event) && !fieldOf(event.target)) {
      event.stopPropagation(); // it would go to the composer
      field.current.focus();
      return field.current.setSelectionRange(search.text.length, search.text.length);
    }
    if (event.key === "Escape" && picking) {
      pick(false);
      field.current.focus();
    } else if (event.key === "Escape" && !over) {
      close();
      boxOf()?.focus();
    } else if (at === 0 && event.key === "ArrowUp") field.current.focus();
    else if (at >= 0 && all[at + ({ArrowDown: 1, ArrowUp: -1}[event.key] ?? NaN)]) all[at + (event.key === "ArrowDown" ? 1 : -1)].focus();
    else return;
    event.preventDefault();
  }
  function scrolled({currentTarget: {scrollTop, scrollHeight, clientHeight}}) {
    search.scrolled = scrollTop;
    if (scrollHeight - scrollTop - clientHeight < NEAR && search.complete) search.askMore();
  }
  function open({target, seq}) {
    search.remember();
    if (over) close();
    chat.open(target, seq);
  }

  const own = filters.find(({key}) => key === "in");
  const slow = search.asking && !search.waits;
  const label = own ? t("search.field-in", {name: own.label}) : t("search.field");
  const lines = shown(chat, search);
  const empty = !search.lines && !search.asking && !search.words;
  return html`<aside class="pins search" role="search" aria-label=${t("search.title")} onKeyDown=${paneKey}>
    <header class="find">
      ${slow ? html`<span class="late"><${Mark} moves /></span>` : html`<${Icon} name="search" />`}
      <input ref=${field} value=${text} onInput=${typed} onCompositionEnd=${({target}) => write(target.value, target.selectionStart)} onKeyDown=${fieldKey}
        onClick=${({target}) => write(text, target.selectionStart)} maxlength=${LONGEST} role="combobox" aria-expanded=${options.length > 0} ...${carries(LIST, options, choice)}
        aria-label=${label} placeholder=${label} aria-invalid=${search.words !== ""} aria-describedby="search-words"
        spellcheck=${false} autocomplete="off" autocapitalize="off" enterkeyhint="search" dir="auto" />
      <button class="quiet" onClick=${close} aria-label=${t("dialog.close")} title=${t("dialog.close")}><${Icon} name="close" /></button>
    </header>
    <p id="search-words" class="alert" role="alert">${search.words}</p>
    <${Completion} chat=${chat} id=${LIST} kind=${completing?.key} options=${options} choice=${choice} word=${completing?.value} take=${(option) => take(option)} />
    <${Filters} channel=${channel} search=${search} picking=${picking} pick=${pick} ask=${(key) => add(`${key}:`)} back=${back} />
    <div class="scroll" ref=${scroll} onScroll=${scrolled} tabindex="-1">
      <p class=${lines.length ? "label-row" : "hidden"} role="status">${summary(search, lines.length)}</p>
      ${empty ? html`<${Asks} search=${search} ask=${(key) => add(`${key}:`)} />` : html`<${Results} chat=${chat} search=${search} lines=${lines} open=${open} back=${back} />`}
    </div>
    <p class="hints">${HINTS.map(([key, strokes]) => html`<span class="by-keys" aria-hidden="true">${strokes.split(" ").map((stroke) => html`<kbd>${stroke}</kbd> `)}${t(key)}</span>`)}
      <span>${t("search.phrase")}, <b>${t("search.but")}</b>, <b>${`from:${t("search.somebody")}`}</b></span></p>
  </aside>`;
}
