// The box for new messages.

import {canSee, length} from "../../text/characters.js";
import {learnEmoji} from "../../text/emoji.js";
import {html, useLayoutEffect, useRef, useState} from "../../html.js";
import {insert} from "../input.js";
import {explain, t} from "../../i18n/index.js";
import {openFence} from "../../text/markdown.js";
import {Icon} from "../icons.js";

const LABELS = {"/": "composer.commands", "@": "members.title", "#": "channels.title", ":": "composer.emoji"};

/** Whether the keyboard is on the screen, where Enter makes lines. */
const coarse = () => matchMedia("(pointer: coarse)").matches;

/** fill(action): show the form of an action. later: dialogs/index.js, once it is loaded. children: beside the button that sends. */
export function Composer({chat, channel, fill, children, later: {Barred, barred, commandOf, complete, known, lookUp, offer, Suggestions, carries, moved, formatByKey, Formats, EmojiPicker, About, aboutByKey, Tray, hindered, choose}}) {
  const box = useRef();
  const [words, setWords] = useState("");
  const [choice, setChoice] = useState(0);
  const [caret, setCaret] = useState(0);
  const [dismissed, dismiss] = useState("");
  const [tool, setTool] = useState(""); // that is open: "emoji" or "format"
  const text = channel.draft;
  const found = offered();
  const options = found?.options ?? [];
  const {editing} = channel;
  const empty = () => !canSee(channel.draft) && !channel.attached[0];
  const bar = barred?.(chat, channel);
  const id = channel.root ? "reply" : "composer"; // with which ids begin
  const label = editing && About ? t("edit.label") : channel.root ? t("thread.label") : t("composer.label", {name: channel.called});
  const command = !editing && commandOf?.(chat.actions, text);

  useLayoutEffect(() => {
    // At once, not a frame later: one may be somewhere else by then.
    setWords("");
    if (!coarse()) box.current.focus();
  }, [channel.key]);

  /** Completions for the word before the caret as it is now; what is drawn may be older. */
  function offered() {
    const now = channel.draft;
    if (!complete || dismissed === now || (channel.editing && /^\/\S*$/.test(now))) return null;
    const at = box.current?.value === now ? box.current.selectionStart : Math.min(caret, now.length);
    if (openFence(now.slice(0, at))) return null;
    return complete(now, at, known(chat, channel));
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
    if (empty() && !channel.editing) return;
    if (length(text) > chat.limits.message) {
      setWords(t("composer.too-long", {limit: chat.limits.message, count: length(text)}));
      return;
    }
    if (hindered?.(channel)) return setWords(hindered(channel));
    box.current.focus();
    if (channel.editing) return (await import("../../state/editing.js")).save(chat, channel);
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
    const count = offered()?.count;
    const plain = !event.altKey && !event.ctrlKey && !event.metaKey;
    if (count && plain && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      setChoice(moved(event.key, choice, count));
    } else if (count && plain && (event.key === "Tab" || (event.key === "Enter" && !breaks(event)))) {
      take(Math.min(choice, count - 1));
    } else if (options.length && event.key === "Escape") {
      dismiss(channel.draft);
      event.stopPropagation();
    } else if (formatByKey?.(event, box.current) || aboutByKey?.(event, chat, channel)) {
      // It is done.
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey || !breaks(event))) {
      send();
    } else return;
    event.preventDefault();
  }

  const left = chat.limits.message - length(text);
  const pieces = (!editing && !/^\/(?!\/)/.test(text) && offer?.(text, chat.limits.message)) || [];

  const tools = {emoji: "smile", format: "type"};
  const field = () => box.current;
  const put = (text) => insert(box.current, text, box.current.selectionStart, box.current.selectionEnd);

  function sendAll() {
    if (hindered?.(channel)) return setWords(hindered(channel));
    box.current.focus();
    channel.written++;
    chat.post(channel, pieces);
    chat.setDraft(channel, "");
    setWords("");
    chat.changed();
  }

  return html`<div class=${bar ? "composer barred" : "composer"}>
    ${bar && html`<${Barred} chat=${chat} channel=${channel} ...${bar} />`}
    ${Suggestions && html`<${Suggestions}
      id=${`${id}-suggestions`} label=${t(LABELS[found?.kind ?? "/"])} options=${options} choice=${choice} take=${take} />`}
    ${tool === "emoji" && EmojiPicker && html`<${EmojiPicker} chat=${chat} field=${field} insert=${put} close=${() => setTool("")} />`}
    <div class=${tool === "format" ? "field formatting" : "field"}>
      <div class="over">${About && html`<${About} chat=${chat} channel=${channel} id=${id} />`}${Tray && html`<${Tray} chat=${chat} channel=${channel} />`}
        <p id=${`${id}-words`} role="alert" class="refusal alert">${words && html`<${Icon} name="alert" /><span>${words}</span>`}</p></div>
      <div class="grows" data-text=${text}><textarea
        ref=${box} rows="1" value=${text} onInput=${input} onKeyDown=${key} onSelect=${() => setCaret(box.current.selectionStart)}
        dir="auto" enterkeyhint=${coarse() ? "enter" : "send"} ...${carries?.(`${id}-suggestions`, options, choice)}
        placeholder=${label} aria-label=${label}
        aria-describedby=${`${id}-about ${id}-words ${id}-under`} aria-invalid=${words !== ""}
      ></textarea></div>
      <div class="tools">
        ${chat.takesFiles && html`<button data-tool="attach" class="quiet" onClick=${() => choose(chat, channel)} disabled=${editing || !choose} aria-label=${t("composer.attach")} title=${t("composer.attach")}><${Icon} name="plus" /></button>`}
        ${Object.entries(tools).map(([name, icon]) => html`<button key=${name} data-tool=${name} class="quiet" onClick=${() => setTool(tool === name ? "" : name)}
          aria-expanded=${tool === name} aria-label=${t(`composer.${name}`)} title=${t(`composer.${name}`)}><${Icon} name=${icon} /></button>`)}
      </div>
      ${tool === "format" && Formats && html`<${Formats} field=${field} />`}
      <div id=${`${id}-under`} class="under">
        ${!words && left < 200 && html`<span class=${left < 0 ? "alert" : "muted"}>${left}</span>`}
        ${pieces.length > 0 && html`<button class="link" onClick=${sendAll}>${t("composer.split", {count: pieces.length})}</button>`}
        ${!words && command && html`<span class="muted">${command.usage} · ${command.about}</span>
          ${command.form && html`<button class="link" onClick=${() => fill(command.form)}>${t("composer.form")}</button>`}`}
        ${children}
        ${!children && !command && left >= 200 && html`<p class="format" aria-hidden="true"><bdi><b>**${t("composer.bold")}**</b></bdi> <bdi><em>*${t("composer.italic")}*</em></bdi> <bdi>${`\`${t("composer.code")}\``}</bdi> · ${t("composer.line")}</p>`}
      </div>
      <button class="primary send" onClick=${send} disabled=${empty() && !editing} aria-label=${editing && About ? t("edit.save") : t("composer.send")}><${Icon} name="up" /></button>
    </div>
  </div>`;
}
