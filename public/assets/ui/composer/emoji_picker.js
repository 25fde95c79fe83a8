// All emoji of Unicode's list, with a search; those used last come first. For the box, and for reactions.

import {backCloses} from "../address.js";
import {NAMES, bare, loadEmoji, toned} from "../../text/emoji.js";
import {fold} from "../../text/characters.js";
import {html, useEffect, useMemo, useRef, useState} from "../../html.js";
import {language, t} from "../../i18n/index.js";
import {Icon} from "../icons.js";

const COLUMNS = 8;
const RECENT = 16;
const PART = 30 * COLUMNS; // drawn at once: all of them would take a tenth of a second
const FEW = "👍 ❤️ 😂 🎉 🚀 👀 🙌 🙏 ✅ 🔥 💯 🤔 😀 😢 😮 😍".split(" "); // without a connection, if the list was not loaded before
const TONES = [0, 1, 2, 3, 4, 5];
const WORDS = {en: () => import("../../text/emoji_words_en.js"), zh: () => import("../../text/emoji_words_zh.js")};

/** The emoji that were used last, in any tab. */
export const recentEmoji = ({storage}) => storage.read("emoji", []);

/** An emoji was used, as a reaction or in a text. */
export function usedEmoji({storage}, character) {
  storage.write("emoji", [character, ...storage.read("emoji", []).filter((one) => one !== character)].slice(0, RECENT));
}

const unnamed = (character) => ({character, names: [""], words: "|", label: character});

/** What the table has: [{character, names, words, label}]; words for the search in the page's language. */
async function known() {
  const [{WORDS: english}, {WORDS: own}] = await Promise.all([WORDS.en(), (WORDS[language()] ?? WORDS.en)(), loadEmoji()]);
  const [more, labels] = [english, own].map((text) => text.trim().split("\n"));
  return [...NAMES].map(([character, names], at) => {
    const words = fold([...names, ...labels[at].split("|"), ...more[at].split("|")].join("|")).replaceAll("_", " ");
    return {character, names, words: `|${words}|`, label: labels[at].split("|")[0]};
  });
}

/** Those with a word: a name that it is, then a name or word that it begins, then any that has it. */
function found(all, word) {
  const ranks = [[], [], [], []];
  for (const one of all) {
    const at = one.words.includes(`|${word}|`) ? 0 : one.words.includes(`|${word}`) ? 1 : one.words.includes(` ${word}`) ? 2 : one.words.includes(word) ? 3 : -1;
    ranks[at]?.push(one);
  }
  return ranks.flat();
}

/** insert(character): it was picked. field(): what gets the focus when it is closed by Escape. */
export function EmojiPicker({chat, field, insert, close}) {
  const [word, setWord] = useState("");
  const [choice, setChoice] = useState(0);
  const [all, setAll] = useState([]);
  const [failed, fail] = useState(false);
  const [tone, setTone] = useState(() => chat.storage.read("tone", 0));
  const [drawn, draw] = useState(PART);
  const box = useRef();
  const recent = useMemo(() => recentEmoji(chat), []);
  useEffect(() => {
    known().then(setAll, () => {
      setAll([...new Set([...recent, ...FEW])].map(unnamed));
      fail(true);
    });
    box.current.querySelector(matchMedia("(pointer: coarse)").matches ? "ul" : "input").focus(); // a keyboard would cover it
    return backCloses(close);
  }, []);
  const [options, used] = useMemo(() => {
    const wanted = fold(word.trim().replace(/^:|:$/g, "")).replaceAll("_", " ");
    if (wanted) return [found(all, wanted).map((one) => ({...one, shown: toned(one.character, tone)})), 0];
    const byCharacter = new Map(all.map((one) => [bare(one.character), one]));
    const used = recent.map((shown) => ({...byCharacter.get(bare(shown)), shown})).filter(({names}) => names);
    const others = all.map((one) => ({...one, shown: toned(one.character, tone)}));
    return [[...used, ...others.filter(({shown}) => !recent.includes(shown))], used.length];
  }, [all, word, tone]);
  const chosen = options[Math.min(choice, options.length - 1)];
  useEffect(() => box.current.querySelector("[aria-selected=true]")?.scrollIntoView({block: "nearest"}), [choice, word]);

  function choose(at) {
    setChoice(at);
    if (at >= drawn) draw(at + PART);
  }
  /** The option that is a step away; the row of those that were used may not be full. */
  function stepped(step) {
    const gap = Math.abs(step) > 1 ? -used & (COLUMNS - 1) : 0;
    const place = choice + step + (choice < used ? 0 : gap);
    const next = place < used + gap ? Math.min(place, used - 1) : place - gap;
    return Math.max(0, Math.min(options.length - 1, next));
  }
  function take(at) {
    const {shown} = options[at];
    usedEmoji(chat, shown);
    close();
    insert(shown);
  }
  function key(event) {
    const {key, target} = event;
    const step = {ArrowDown: COLUMNS, ArrowUp: -COLUMNS, ArrowRight: 1, ArrowLeft: -1}[key] * (/^Arrow[LR]/.test(key) && getComputedStyle(target).direction === "rtl" ? -1 : 1);
    if (key === "Escape") {
      close();
      field()?.focus();
      event.stopPropagation();
    } else if (target.tagName === "SELECT") return;
    else if (key === "Enter" && options.length) take(choice);
    else if (step && (Math.abs(step) > 1 || !word || target.tagName === "UL")) choose(stepped(step));
    else return;
    event.preventDefault();
  }
  function search({target}) {
    setWord(target.value);
    setChoice(0);
    draw(PART);
    box.current.querySelector("ul").scrollTop = 0;
  }
  function pickTone({target}) {
    setTone(Number(target.value));
    chat.storage.write("tone", Number(target.value) || undefined);
  }
  function scrolled({target: {scrollTop, clientHeight, scrollHeight}}) {
    if (scrollHeight - scrollTop < 2 * clientHeight && options.length > drawn) draw(drawn + PART);
  }
  const left = ({relatedTarget}) => relatedTarget && !box.current.contains(relatedTarget) && !relatedTarget.closest("[data-tool=emoji]") && close();
  const active = options.length ? `emoji-${choice}` : undefined;

  return html`<div class="popup picker" ref=${box} role="dialog" aria-label=${t("composer.emoji")} onKeyDown=${key} onFocusOut=${left}>
    <div class="search"><${Icon} name="search" /><input value=${word} onInput=${search} role="combobox" aria-expanded="true" aria-controls="emoji" aria-activedescendant=${active}
      aria-autocomplete="list" placeholder=${t("emoji.search")} aria-label=${t("emoji.search")} spellcheck=${false} autocomplete="off" dir="auto" /></div>
    <ul id="emoji" role="listbox" tabindex="0" aria-label=${t("composer.emoji")} aria-activedescendant=${active} onScroll=${scrolled}>
      ${options.slice(0, drawn).flatMap(({shown, names, label}, at) => [used > 0 && (at === 0 || at === used) && html`<li class="head" key=${`head ${at}`} aria-hidden="true">${t(at ? "emoji.all" : "emoji.recent")}</li>`, html`<li key=${shown} id=${`emoji-${at}`} role="option" aria-selected=${at === choice}
        aria-setsize=${options.length} aria-posinset=${at + 1} aria-label=${label} title=${`:${names[0]}:`}
        onMouseDown=${(event) => event.preventDefault()} onPointerEnter=${() => setChoice(at)} onClick=${() => take(at)}>${shown}</li>`])}
    </ul>
    <div class="foot"><span role=${failed ? "status" : undefined}>${failed ? t("emoji.offline") : chosen ? `:${chosen.names[0]}:` : all.length > 0 && t("emoji.none")}</span>
      <select value=${tone} onChange=${pickTone} aria-label=${t("emoji.tone")} title=${t("emoji.tone")}>
        ${TONES.map((one) => html`<option key=${one} value=${one}>${toned("✋", one)}</option>`)}
      </select>
    </div>
  </div>`;
}
