// Markup around what is selected in the box: by keys, and by a row of buttons.

import {html} from "../../html.js";
import {t} from "../../i18n/index.js";
import {Icon} from "../icons.js";
import {insert} from "../input.js";

const FORMATS = [
  {name: "bold", key: "b", mark: "**", path: "M6 12h9a4 4 0 0 1 0 8H7a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1h7a4 4 0 0 1 0 8"},
  {name: "italic", key: "i", mark: "*", path: "M19 4h-9M14 20H5M15 4 9 20"},
  {name: "strike", mark: "~~", path: "M16 4H9a3 3 0 0 0-2.83 4M14 12a4 4 0 0 1 0 8H6M4 12h16"},
  {name: "code", key: "e", mark: "`", path: "m16 18 6-6-6-6M8 6l-6 6 6 6"},
  {name: "quote", begin: "> ", path: "M17 5H3M21 12H8M21 19H8M3 12v7"},
  {name: "list", begin: "- ", path: "M3 5h.01M3 12h.01M3 19h.01M8 5h13M8 12h13M8 19h13"},
];
const MAC = /^Mac/.test(navigator.platform); // where Ctrl moves the caret

/** What the text becomes: {from, to, text} written over a part, and [start, end] selected then. */
export function formatted(value, start, end, {mark, begin}) {
  if (begin) {
    const from = value.lastIndexOf("\n", start - 1) + 1;
    const lines = value.slice(from, end).split("\n");
    const done = lines.every((line) => line.startsWith(begin));
    const text = lines.map((line) => (done ? line.slice(begin.length) : begin + line)).join("\n");
    return {from, to: end, text, start: lines.length > 1 ? from : from + text.length, end: from + text.length};
  }
  const inner = value.slice(start, end);
  if (mark === "`" && inner.includes("\n")) {
    const text = `\`\`\`\n${inner}\n\`\`\``;
    return {from: start, to: end, text, start: start + 4, end: start + 4 + inner.length};
  }
  const words = inner.trim(); // marks stand beside words
  if (words) start += inner.indexOf(words);
  end = start + words.length;
  const [before, after] = [value.slice(0, start), value.slice(end)];
  const inside = before.endsWith(mark) && after.startsWith(mark) && !(mark === "*" && /(^|[^*])\*\*$/.test(before));
  if (inside) return {from: start - mark.length, to: end + mark.length, text: words, start: start - mark.length, end: end - mark.length};
  return {from: start, to: end, text: mark + words + mark, start: start + mark.length, end: end + mark.length};
}

function format(field, how) {
  const {from, to, text, start, end} = formatted(field.value, field.selectionStart, field.selectionEnd, how);
  insert(field, text, from, to);
  field.setSelectionRange(start, end);
}

/** Format by a key, and return whether it was one for that. */
export function formatByKey({key, altKey, shiftKey, ctrlKey, metaKey}, field) {
  const how = !altKey && !shiftKey && (MAC ? metaKey : ctrlKey) && FORMATS.find((one) => one.key === key.toLowerCase());
  if (how) format(field, how);
  return Boolean(how);
}

/** field(): the box. */
export function Formats({field}) {
  const title = ({name, key}) => t(`format.${name}`) + (key ? ` (${MAC ? "⌘" : "Ctrl "}${key.toUpperCase()})` : "");
  return html`<div class="formats" role="group" aria-label=${t("composer.format")}>
    ${FORMATS.map((one) => html`<button key=${one.name} class="quiet" onMouseDown=${(event) => event.preventDefault()} onClick=${() => format(field(), one)}
      aria-label=${t(`format.${one.name}`)} title=${title(one)}><${Icon} path=${one.path} /></button>`)}
  </div>`;
}
