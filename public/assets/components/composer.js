// The box one writes in.

import {commands, usage} from "../commands.js";
import {html, useEffect, useLayoutEffect, useRef, useState} from "../html.js";
import {t} from "../language.js";
import {Icon} from "./icons.js";

export function Composer({chat, channel}) {
  const box = useRef();
  const [words, setWords] = useState("");
  const [choice, setChoice] = useState(0);
  const [dismissed, dismiss] = useState("");
  const text = channel.draft;
  const found = dismissed === text ? [] : offered(chat, text);
  const open = found.length > 0;

  useEffect(() => {
    setWords("");
    if (!matchMedia("(pointer: coarse)").matches) box.current.focus();
  }, [channel.name]);
  useLayoutEffect(() => {
    // It grows from one to eight lines.
    box.current.style.height = "auto";
    box.current.style.height = `${box.current.scrollHeight}px`;
  }, [text, channel.name]);

  function input(event) {
    setWords("");
    setChoice(0);
    chat.setDraft(channel, event.target.value);
    chat.changed();
  }

  function send() {
    const text = channel.draft; // as it is now; what is drawn may be a frame older
    if (!text.trim()) return;
    if (text.length > chat.limits.message) {
      setWords(t("composer.too-long", {limit: chat.limits.message, count: text.length}));
      return;
    }
    try {
      chat.write(channel, text);
    } catch (error) {
      setWords(error.message);
    }
    box.current.focus();
  }

  function complete(action) {
    chat.setDraft(channel, `/${action.name} `);
    chat.changed();
    box.current.focus();
  }

  function key(event) {
    if (event.isComposing || event.keyCode === 229) return; // an input method is at work
    const found = dismissed === channel.draft ? [] : offered(chat, channel.draft);
    const open = found.length > 0;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      setChoice((choice + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length);
    } else if (open && (event.key === "Tab" || event.key === "Enter")) {
      complete(found[Math.min(choice, found.length - 1)]);
    } else if (open && event.key === "Escape") {
      dismiss(channel.draft);
    } else if (event.key === "Enter" && !event.shiftKey) {
      send();
    } else return;
    event.preventDefault();
  }

  const left = chat.limits.message - text.length;
  return html`<div class="composer">
    ${open && html`<ul class="popup" role="listbox" id="commands" aria-label=${t("composer.commands")}>
      ${found.map((action, at) => html`<li
        key=${action.name} id=${`command-${at}`} role="option" aria-selected=${at === choice}
        onMouseDown=${(event) => event.preventDefault()} onClick=${() => complete(action)}
      ><b>${usage(action)}</b> <span class="muted">${action.help}</span></li>`)}
    </ul>`}
    <div class="field">
      <textarea
        ref=${box} rows="1" value=${text} onInput=${input} onKeyDown=${key} dir="auto" enterkeyhint="send"
        placeholder=${t("composer.label", {name: channel.name})} aria-label=${t("composer.label", {name: channel.name})}
        aria-describedby="composer-words" aria-autocomplete="list" aria-expanded=${open} role="combobox"
        aria-controls="commands" aria-activedescendant=${open ? `command-${choice}` : undefined}
      ></textarea>
      <button class="primary send" onClick=${send} disabled=${!text.trim()} aria-label=${t("composer.send")}><${Icon} name="send" /></button>
    </div>
    <p id="composer-words" class="under" role="alert">
      ${words ? html`<span class="alert">${words}</span>` : left < 200 && html`<span class=${left < 0 ? "alert" : "muted"}>${left}</span>`}
    </p>
  </div>`;
}

/** The commands that a beginning could become. */
function offered(chat, text) {
  if (!/^\/\S*$/.test(text)) return [];
  const found = commands(chat.actions).filter(({name}) => `/${name}`.startsWith(text));
  return found.some(({name}) => `/${name}` === text) ? [] : found.slice(0, 8);
}
