// All emoji that have a name here, with a search; those used last come first.

import {backCloses} from "../address.js";
import {EMOJI, loadEmoji} from "../../text/emoji.js";
import {fold} from "../../text/characters.js";
import {html, useEffect, useMemo, useRef, useState} from "../../html.js";
import {t} from "../../i18n/index.js";

const COLUMNS = 8;
const RECENT = 16;

/** field(): the box; insert(text) writes into it. */
export function EmojiPicker({chat, field, insert, close}) {
  const [word, setWord] = useState("");
  const [choice, setChoice] = useState(0);
  const [known, know] = useState(EMOJI.size);
  const box = useRef();
  const recent = useMemo(() => chat.storage.read("emoji", []), []);
  useEffect(() => {
    loadEmoji().then(() => know(EMOJI.size), close);
    box.current.querySelector(matchMedia("(pointer: coarse)").matches ? "ul" : "input").focus(); // a keyboard would cover it
    return backCloses(close);
  }, []);
  const all = useMemo(() => {
    const found = new Map(recent.map((character) => [character, ""])); // character -> its names
    for (const [name, character] of EMOJI) found.set(character, `${found.get(character) ?? ""} ${name}`);
    return [...found].filter(([, names]) => names).map(([character, names]) => ({character, names: names.trim()}));
  }, [known]);
  const wanted = fold(word.trim().replace(/^:|:$/g, "")).replace(/\s+/g, "_");
  const begins = ({names}) => names.split(/[ _]/).some((part) => part.startsWith(wanted));
  const options = wanted ? all.filter(({names}) => names.includes(wanted)).sort((one, other) => begins(other) - begins(one)) : all;
  useEffect(() => box.current.querySelector("[aria-selected=true]")?.scrollIntoView({block: "nearest"}), [choice, wanted]);

  function take(at) {
    const {character} = options[at];
    chat.storage.write("emoji", [character, ...recent.filter((one) => one !== character)].slice(0, RECENT));
    close();
    insert(character);
  }
  function key(event) {
    const {key, target} = event;
    const step = {ArrowDown: COLUMNS, ArrowUp: -COLUMNS, ArrowRight: 1, ArrowLeft: -1}[key] * (/^Arrow[LR]/.test(key) && getComputedStyle(target).direction === "rtl" ? -1 : 1);
    if (key === "Escape") {
      close();
      field().focus();
      event.stopPropagation();
    } else if (key === "Enter" && options.length) take(choice);
    else if (step && (Math.abs(step) > 1 || !word || target.tagName === "UL")) setChoice(Math.max(0, Math.min(options.length - 1, choice + step)));
    else return;
    event.preventDefault();
  }
  const left = ({relatedTarget}) => relatedTarget && !box.current.contains(relatedTarget) && !relatedTarget.closest("[data-tool=emoji]") && close();

  return html`<div class="popup picker" ref=${box} role="dialog" aria-label=${t("composer.emoji")} onKeyDown=${key} onFocusOut=${left}>
    <input value=${word} onInput=${({target}) => (setWord(target.value), setChoice(0))} role="combobox" aria-expanded="true" aria-controls="emoji"
      aria-activedescendant=${options.length ? `emoji-${choice}` : undefined} aria-autocomplete="list" placeholder=${t("emoji.search")} aria-label=${t("emoji.search")}
      spellcheck=${false} autocomplete="off" dir="auto" />
    <ul id="emoji" role="listbox" tabindex="0" aria-label=${t("composer.emoji")} aria-activedescendant=${options.length ? `emoji-${choice}` : undefined}>
      ${options.map(({character, names}, at) => html`<li key=${character} id=${`emoji-${at}`} role="option" aria-selected=${at === choice} aria-label=${names} title=${`:${names.split(" ")[0]}:`}
        onMouseDown=${(event) => event.preventDefault()} onPointerEnter=${() => setChoice(at)} onClick=${() => take(at)}>${character}</li>`)}
    </ul>
    <p class="muted">${options.length ? `:${options[Math.min(choice, options.length - 1)].names.split(" ")[0]}:` : known > 0 && t("emoji.none")}</p>
  </div>`;
}
