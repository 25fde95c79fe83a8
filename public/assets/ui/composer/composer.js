// The box for new messages.

import {canSee, length} from "../../text/characters.js";
import {about, commands, usage, written} from "../../commands/schema.js";
import {learnEmoji} from "../../text/emoji.js";
import {html, useEffect, useLayoutEffect, useRef, useState} from "../../html.js";
import {bringsFiles, fieldOf, insert} from "../input.js";
import {explain, t} from "../../i18n/index.js";
import {openFence} from "../../text/markdown.js";
import {Icon} from "../icons.js";

const LABELS = {"/": "composer.commands", "@": "members.title", "#": "channels.title", ":": "composer.emoji"};

/** Whether the keyboard is on the screen, where Enter is the only way to a second line. */
const coarse = () => matchMedia("(pointer: coarse)").matches;

/** fill(action): show the form of an action. later: dialogs/index.js, once it is loaded. */
export function Composer({chat, channel, fill, later: {complete, lookUp, offer, Suggestions, carries, moved, formatByKey, Formats, EmojiPicker}}) {
  const box = useRef();
  const [words, setWords] = useState("");
  const [choice, setChoice] = useState(0);
  const [caret, setCaret] = useState(0);
  const [dismissed, dismiss] = useState("");
  const [tool, setTool] = useState(""); // that is open: "emoji" or "format"
  const text = channel.draft;
  const found = offered();
  const options = found?.options ?? [];
  const command = commands(chat.actions).find(({name}) => text.startsWith(`/${name} `));

  useLayoutEffect(() => {
    // At once, not a frame later: one may be somewhere else by then.
    setWords("");
    if (!coarse()) box.current.focus();
  }, [channel.name]);
  useEffect(() => {
    function refuse(event) {
      const elsewhere = (fieldOf(event.target) ?? box.current) !== box.current;
      if (!elsewhere && bringsFiles(event.clipboardData ?? event.dataTransfer)) setWords(t("composer.no-files"));
    }
    for (const kind of ["drop", "paste"]) window.addEventListener(kind, refuse);
    return () => ["drop", "paste"].forEach((kind) => window.removeEventListener(kind, refuse));
  }, []);

  /** Completions for the word before the caret as it is now; what is drawn may be a frame older. */
  function offered() {
    const now = channel.draft;
    if (!complete || dismissed === now) return null;
    const users = new Map([...channel.users.values(), ...(channel.found ?? [])].map((user) => [user.id, user]));
    users.delete(chat.user?.id);
    const people = Array.from(users.values(), ({name}) => name);
    const at = box.current?.value === now ? box.current.selectionStart : Math.min(caret, now.length);
    if (openFence(now.slice(0, at))) return null;
    return complete(now, at, {actions: chat.actions, people, channels: [...chat.channels.keys()]});
  }

  function input() {
    setWords("");
    setChoice(0);
    setCaret(box.current.selectionStart);
    chat.setDraft(channel, box.current.value);
    lookUp?.(chat, channel, box.current.value.slice(0, box.current.selectionStart));
    learnEmoji(channel.draft)?.then(chat.changed);
    chat.changed();
  }

  async function send() {
    const text = channel.draft;
    if (!canSee(text)) return;
    if (length(text) > chat.limits.message) {
      setWords(t("composer.too-long", {limit: chat.limits.message, count: length(text)}));
      return;
    }
    box.current.focus();
    channel.written++;
    try {
      await chat.write(channel, text);
    } catch (error) {
      setWords(explain(error));
      if (!channel.draft) chat.setDraft(channel, text); // for the user to correct
      chat.changed();
    }
  }

  function take(at) {
    const found = offered();
    if (!found) return;
    insert(box.current, found.options[at].text, found.from, box.current.selectionStart);
  }

  /** Whether Enter starts a new line. */
  const breaks = (event) => event.shiftKey || coarse() || openFence(channel.draft.slice(0, box.current.selectionStart)) !== "";

  function key(event) {
    const count = offered()?.options.length;
    const plain = !event.altKey && !event.ctrlKey && !event.metaKey;
    if (count && plain && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      setChoice(moved(event.key, choice, count));
    } else if (count && plain && (event.key === "Tab" || (event.key === "Enter" && !breaks(event)))) {
      take(Math.min(choice, count - 1));
    } else if (count && event.key === "Escape") {
      dismiss(channel.draft);
      event.stopPropagation();
    } else if (formatByKey?.(event, box.current)) {
      // It is done.
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey || !breaks(event))) {
      send();
    } else return;
    event.preventDefault();
  }

  const left = chat.limits.message - length(text);
  const pieces = (!/^\/(?!\/)/.test(text) && offer?.(text, chat.limits.message)) || [];

  const tools = {emoji: "smile", format: "type"};
  const field = () => box.current;
  const put = (text) => insert(box.current, text, box.current.selectionStart, box.current.selectionEnd);

  function sendAll() {
    box.current.focus();
    channel.written++;
    chat.post(channel, pieces);
    chat.setDraft(channel, "");
    setWords("");
    chat.changed();
  }

  return html`<div class="composer">
    ${Suggestions && html`<${Suggestions}
      id="suggestions" label=${t(LABELS[found?.kind ?? "/"])} options=${options} choice=${choice} take=${take} />`}
    ${tool === "emoji" && EmojiPicker && html`<${EmojiPicker} chat=${chat} field=${field} insert=${put} close=${() => setTool("")} />`}
    <div class=${tool === "format" ? "field formatting" : "field"}>
      <p id="composer-words" role="alert" class="refusal alert">${words && html`<${Icon} name="alert" /><span>${words}</span>`}</p>
      <div class="grows" data-text=${text}><textarea
        ref=${box} rows="1" value=${text} onInput=${input} onKeyDown=${key} onSelect=${() => setCaret(box.current.selectionStart)}
        dir="auto" enterkeyhint=${coarse() ? "enter" : "send"} ...${carries?.("suggestions", options, choice)}
        placeholder=${t("composer.label", {name: channel.name})} aria-label=${t("composer.label", {name: channel.name})}
        aria-describedby="composer-words composer-under" aria-invalid=${words !== ""}
      ></textarea></div>
      <div class="tools">
        ${Object.entries(tools).map(([name, icon]) => html`<button key=${name} data-tool=${name} class="quiet" onClick=${() => setTool(tool === name ? "" : name)}
          aria-expanded=${tool === name} aria-label=${t(`composer.${name}`)} title=${t(`composer.${name}`)}><${Icon} name=${icon} /></button>`)}
      </div>
      ${tool === "format" && Formats && html`<${Formats} field=${field} />`}
      <div id="composer-under" class="under">
        ${!words && left < 200 && html`<span class=${left < 0 ? "alert" : "muted"}>${left}</span>`}
        ${pieces.length > 0 && html`<button class="link" onClick=${sendAll}>${t("composer.split", {count: pieces.length})}</button>`}
        ${!words && command && html`<span class="muted">${usage(command)} · ${about(command)}</span>
          ${written(command).length > 0 && html`<button class="link" onClick=${() => fill(command)}>${t("composer.form")}</button>`}`}
        ${!command && left >= 200 && html`<p class="format" aria-hidden="true"><bdi><b>**${t("composer.bold")}**</b></bdi> <bdi><em>*${t("composer.italic")}*</em></bdi> <bdi>${`\`${t("composer.code")}\``}</bdi> · ${t("composer.line")}</p>`}
      </div>
      <button class="primary send" onClick=${send} disabled=${!canSee(text)} aria-label=${t("composer.send")}><${Icon} name="up" /></button>
    </div>
  </div>`;
}
