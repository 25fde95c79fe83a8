// Which message is pointed at or focused, and the keys that lead from one to the other.

import {useState} from "../../html.js";
import {boxOf, byKeys} from "../input.js";

const rowOf = (target) => target.closest?.("article[data-id]");

/**
 * {id of the active message, Bar: its actions, dismiss(line), listeners for the box of the rows}.
 * show: see Shell. later: dialogs/index.js, once it is loaded.
 */
export function useActive(chat, channel, box, show, {Bar, act, press}) {
  const [id, setId] = useState("");
  function find(row) {
    const line = channel.byId(row?.dataset.id);
    return line?.sender ? line : chat.outbox.of(channel.name, channel.root).find(({ref}) => ref === row?.dataset.id);
  }

  // What moves below a pointer at rest does not take the bar away from whoever is in it by keys.
  const inBar = () => byKeys() && document.activeElement?.closest(".bar");

  function pointed({type, target}) {
    if (type === "pointerover" && inBar()) return;
    const found = rowOf(target)?.dataset.id ?? "";
    if (found !== id) setId(found);
  }

  function left() {
    if (!inBar() && !document.querySelector("dialog[open]")) setId(""); // from a dialog the focus returns
  }

  function key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || (event.shiftKey && !/^[+:]$/.test(event.key))) return;
    const row = rowOf(event.target);
    if (event.target !== row && event.target !== box.current) return; // a button, a link
    const line = byKeys() && find(row);
    if (event.key === "ArrowUp" || event.key === "ArrowDown") step(row, event.key === "ArrowDown");
    else if (event.key === "Escape" && row) boxOf(channel).focus();
    else if (!line || !act?.(event.key, {chat, channel, show}, line)) return;
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
    boxOf(channel).focus({preventScroll: true});
    chat.changed();
  }

  function down(event) {
    const line = event.pointerType === "touch" && !event.target.closest("a:not(.picture), button:not(.quote), pre, input") && find(rowOf(event.target));
    if (line) press?.(event, () => show({about: "options", line}));
  }

  const listeners = {onPointerOver: pointed, onPointerLeave: left, onFocusIn: pointed, onKeyDown: key, onPointerDown: down};
  return {id, Bar, dismiss, listeners};
}
