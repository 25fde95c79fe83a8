// Keys, pointers and drops, before any handler of the page sees them.

let pointed = false; // whether a pointer, not a key, moved the focus last

/** Whether the focus was moved by keys. */
export const byKeys = () => !pointed;

/** The field, if any, that receives what is typed at an element. */
export const fieldOf = (element) => element.closest?.("input, textarea, select, [contenteditable]") ?? null;

/** The box in which one writes: of a thread, of a channel, or the one that can be reached. */
export const boxOf = (channel) => document.querySelector(`${channel ? (channel.root ? ".thread" : ".conversation") : ":not([inert])"} > .composer textarea`);

/** Whether a key writes something, with AltGr or Option, too. A blank does not: it scrolls, or presses a button. */
export function printable({key, ctrlKey, altKey, metaKey}) {
  if (metaKey || key === " " || (ctrlKey && !altKey)) return false;
  return key === "Dead" || (Array.from(key).length === 1 && (ctrlKey || !altKey || !/\w/.test(key)));
}

const TYPED_LINES = 50; // Chromium takes seconds for 2,000: their square, with two events for each

/** Write over a part of a field as if it were typed: the browser can undo it, unless it has very many lines. */
export function insert(field, text, from, to) {
  field.focus();
  field.setSelectionRange(from, to);
  if (text.split("\n").length <= TYPED_LINES && document.execCommand("insertText", false, text)) return;
  field.setRangeText(text, from, to, "end");
  field.dispatchEvent(new Event("input", {bubbles: true}));
}

/** Whether what is dropped or pasted has files, and no text. */
export const bringsFiles = (data) => data?.types.includes("Files") && !data.types.includes("text/plain");

/** A key of an input method's composition. For the Enter that ends one, WebKit has nothing but 229. */
const composes = (event) => event.isComposing || event.keyCode === 229;

/** Keep an input method's keys from all handlers, and a dropped file or link from replacing the page. */
export function guardInput() {
  window.addEventListener("pointerdown", () => (pointed = true), true);
  window.addEventListener("keydown", (event) => {
    if (composes(event)) event.stopImmediatePropagation();
    else if (/^(Tab|Arrow)/.test(event.key)) pointed = false;
  }, true);
  for (const kind of ["dragover", "drop"]) {
    window.addEventListener(kind, (event) => {
      if (bringsFiles(event.dataTransfer) || !fieldOf(event.target)) event.preventDefault();
    });
  }
}
