// What can be done with a message: in a bar on it, by keys, in a sheet after a long press; and copying several.

import {html, useEffect, useState} from "../../html.js";
import {insert} from "../input.js";
import {clock, t} from "../../i18n/index.js";
import {plain} from "../../text/plain.js";
import {Icon} from "../icons.js";

const LONG = 500; // ms
const SHAKE = 10; // px that a finger may move meanwhile
const TOLD = 1_500; // ms for which a button says that it is done

let tell = () => {}; // the bar which action is done

const copies = (key, name, text, path) => ({
  key,
  name,
  path,
  run: ({message}) => navigator.clipboard.writeText(text(message)).then(() => tell(name), () => {}),
});

/** [{key, name, path of an icon if it is none of that name, run(message)}] */
export const actions = [
  {key: "q", name: "quote", path: "M20 18v-2a4 4 0 0 0-4-4H4M9 17l-5-5 5-5", run: quote},
  ...(navigator.clipboard ? [copies("c", "copy", plain), copies("m", "markdown", (text) => text, "m16 18 6-6-6-6M8 6l-6 6 6 6")] : []),
];

function quote({sender, message}) {
  const field = document.querySelector(".composer textarea");
  insert(field, `@${sender.name}\n${message.replace(/^/gm, "> ")}\n\n`, 0, 0);
  field.setSelectionRange(field.value.length, field.value.length);
}

/** Run the action of a key; return whether there is one. */
export function act(pressed, line) {
  const found = actions.find(({key}) => key === pressed);
  found?.run(line);
  return Boolean(found);
}

export function Bar({line}) {
  const [done, setDone] = useState(""); // name of an action
  useEffect(() => void (tell = setDone), []);
  useEffect(() => {
    const timer = setTimeout(() => setDone(""), TOLD);
    return () => clearTimeout(timer);
  }, [done]);
  return html`<div class="bar">
    ${actions.map(({name, path, run}) => html`<button key=${name} class="quiet" onClick=${() => run(line)} aria-label=${t(`message.${name}`)} title=${t(`message.${name}`)}>
      <${Icon} name=${done === name ? "check" : name} path=${done === name ? undefined : path} />
    </button>`)}
    <span class="hidden" role="status">${done && done !== "quote" && t("message.copied")}</span>
  </div>`;
}

/** A finger is down: call `held` if it stays there for long, and keep the browser's own menu away. */
export function press({clientX, clientY}, held) {
  const ended = new AbortController();
  const listen = (kind, heard) => window.addEventListener(kind, heard, {signal: ended.signal});
  const end = () => ended.abort();
  const timer = setTimeout(() => {
    held();
    const lifted = new AbortController(); // what lies under the finger by then is not clicked with it
    window.addEventListener("touchend", (event) => event.preventDefault(), {passive: false, signal: lifted.signal});
    window.addEventListener("touchstart", () => lifted.abort(), {signal: lifted.signal});
  }, LONG);
  ended.signal.onabort = () => clearTimeout(timer);
  listen("pointerup", end);
  listen("pointercancel", end); // it scrolls
  listen("pointermove", (event) => Math.hypot(event.clientX - clientX, event.clientY - clientY) > SHAKE && end());
  listen("contextmenu", (event) => event.preventDefault());
}

/** Copying from several messages adds names and times, and is Markdown, too; from within one it copies the selection. */
export function copied(event, lines) {
  const selection = document.getSelection();
  const rows = [...event.currentTarget.querySelectorAll("[data-id]")].filter((row) => selection.containsNode(row, true));
  if (rows.length < 2) return;
  const ids = new Set(rows.flatMap((row) => [row.dataset.id, ...(row.dataset.more?.split(" ") ?? [])]));
  const chosen = lines.filter((line) => ids.has(line.id) && line.message);
  const said = chosen.map(({sender, message, time}) => `[${clock(time)}] ${sender ? `${sender.name}: ${plain(message)}` : message}`);
  const marked = chosen.map(({sender, message, time}) => (sender ? `**${sender.name}**, ${clock(time)}\n\n${message}` : message));
  event.clipboardData.setData("text/plain", said.join("\n"));
  event.clipboardData.setData("text/markdown", marked.join("\n\n"));
  event.preventDefault();
}
