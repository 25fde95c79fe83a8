// Which message is pointed at or focused, and the keys that lead from one to the other.

import {useState} from "../../html.js";
import {byKeys} from "../input.js";

const rowOf = (target) => target.closest?.("article[data-id]");

/**
 * {id of the active message, Bar: its actions, dismiss(line), listeners for the box of the rows}.
 * show({message}): the sheet of actions. later: dialogs/index.js, once it is loaded.
 */
export function useActive(chat, channel, box, show, {Bar, act, press}) {
  const [id, setId] = useState("");
  const find = (row) => channel.lines.find((line) => line.id === row?.dataset.id && line.sender);

  function pointed({target}) {
    const found = rowOf(target)?.dataset.id ?? "";
    if (found !== id) setId(found);
  }

  function key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const row = rowOf(event.target);
    if (event.target !== row && event.target !== box.current) return; // a button, a link
    const line = byKeys() && find(row);
    if (event.key === "ArrowUp" || event.key === "ArrowDown") step(row, event.key === "ArrowDown");
    else if (event.key === "Escape" && row) document.querySelector(".composer textarea").focus();
    else if (!line || !act?.(event.key, line)) return;
    event.preventDefault();
  }

  function step(row, down) {
    const all = [...box.current.querySelectorAll("article[data-id]")];
    const next = row ? all[all.indexOf(row) + (down ? 1 : -1)] : all.at(-1);
    next?.focus({preventScroll: true});
    next?.scrollIntoView({block: "nearest"});
  }

  function dismiss(line) {
    channel.lines = channel.lines.filter((one) => one !== line);
    document.querySelector(".composer textarea").focus({preventScroll: true});
    chat.changed();
  }

  function down(event) {
    const message = event.pointerType === "touch" && !event.target.closest("a, button, pre") && find(rowOf(event.target));
    if (message) press?.(event, () => show({message}));
  }

  const listeners = {onPointerOver: pointed, onPointerLeave: () => setId(""), onFocusIn: pointed, onKeyDown: key, onPointerDown: down};
  return {id, Bar, dismiss, listeners};
}
