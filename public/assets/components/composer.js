// The box one writes in.

import {commands, usage, written} from "../commands.js";
import {complete} from "../completion.js";
import {learnEmoji} from "../emoji.js";
import {html, useEffect, useLayoutEffect, useRef, useState} from "../html.js";
import {explain, t} from "../language.js";
import {Icon} from "./icons.js";
import {Suggestions, carries, moved} from "./suggestions.js";

const LABELS = {"/": "composer.commands", "@": "members.title", "#": "channels.title", ":": "composer.emoji"};

/** fill(action): show the form of an action. */
export function Composer({chat, channel, fill}) {
  const box = useRef();
  const [words, setWords] = useState("");
  const [choice, setChoice] = useState(0);
  const [caret, setCaret] = useState(0);
  const [dismissed, dismiss] = useState("");
  const text = channel.draft;
  const found = offered();
  const options = found?.options ?? [];
  const command = commands(chat.actions).find(({name}) => text.startsWith(`/${name} `));

  useEffect(() => {
    setWords("");
    if (!matchMedia("(pointer: coarse)").matches) box.current.focus();
  }, [channel.name]);
  useLayoutEffect(() => {
    // It grows from one to eight lines.
    box.current.style.height = "auto";
    box.current.style.height = `${box.current.scrollHeight}px`;
  }, [text, channel.name]);

  /** What the word before the caret could become, as it is now; what is drawn may be a frame older. */
  function offered() {
    const now = channel.draft;
    if (dismissed === now) return null;
    const people = [...channel.users.values()].filter(({id}) => id !== chat.user?.id).map(({name}) => name);
    const at = box.current?.value === now ? box.current.selectionStart : Math.min(caret, now.length);
    return complete(now, at, {actions: chat.actions, people, channels: [...chat.channels.keys()]});
  }

  function input() {
    setWords("");
    setChoice(0);
    setCaret(box.current.selectionStart);
    chat.setDraft(channel, box.current.value);
    learnEmoji(channel.draft)?.then(chat.changed);
    chat.changed();
  }

  async function send() {
    const text = channel.draft;
    if (!text.trim()) return;
    if (text.length > chat.limits.message) {
      setWords(t("composer.too-long", {limit: chat.limits.message, count: text.length}));
      return;
    }
    box.current.focus();
    channel.written++;
    try {
      await chat.write(channel, text);
    } catch (error) {
      setWords(explain(error));
      if (!channel.draft) chat.setDraft(channel, text); // to be mended
      chat.changed();
    }
  }

  function take(at) {
    const found = offered();
    if (!found) return;
    box.current.setRangeText(found.options[at].text, found.from, box.current.selectionStart, "end");
    box.current.focus();
    input();
  }

  function key(event) {
    if (event.isComposing || event.keyCode === 229) return; // an input method is at work
    const count = offered()?.options.length;
    const plain = !event.altKey && !event.ctrlKey && !event.metaKey;
    if (count && plain && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      setChoice(moved(event.key, choice, count));
    } else if (count && plain && (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey))) {
      take(Math.min(choice, count - 1));
    } else if (count && event.key === "Escape") {
      dismiss(channel.draft);
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey) {
      send();
    } else return;
    event.preventDefault();
  }

  const left = chat.limits.message - text.length;
  return html`<div class="composer">
    <${Suggestions}
      id="suggestions" label=${t(LABELS[found?.kind ?? "/"])} options=${options} choice=${choice} take=${take} />
    <div class="field">
      <textarea
        ref=${box} rows="1" value=${text} onInput=${input} onKeyDown=${key} onSelect=${() => setCaret(box.current.selectionStart)}
        dir="auto" enterkeyhint="send" ...${carries("suggestions", options, choice)}
        placeholder=${t("composer.label", {name: channel.name})} aria-label=${t("composer.label", {name: channel.name})}
        aria-describedby="composer-words" aria-invalid=${words !== ""}
      ></textarea>
      <button class="primary send" onClick=${send} disabled=${!text.trim()} aria-label=${t("composer.send")}><${Icon} name="send" /></button>
    </div>
    <div id="composer-words" class="under">
      <p role="alert" class="alert">${words}</p>
      ${!words && left < 200 && html`<span class=${left < 0 ? "alert" : "muted"}>${left}</span>`}
      ${!words && command && html`<span class="muted">${usage(command)} · ${command.help}</span>
        ${written(command).length > 0 && html`<button class="link" onClick=${() => fill(command)}>${t("composer.form")}</button>`}`}
    </div>
  </div>`;
}
