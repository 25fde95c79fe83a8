// Actions on a message: in a bar on the one under the pointer, and by keys on the focused one.

import {useMemo, useState} from "../../html.js";
import {byKeys, insert} from "../input.js";
import {clock} from "../../i18n/index.js";

const rowOf = (target) => target.closest?.("article[data-id]");

/** {id of the active message, bar: its actions, listeners for the box of the rows}. */
export function useActive(chat, channel, box) {
  const [id, setId] = useState("");
  const find = (wanted) => channel.lines.find((line) => line.id === wanted);

  const bar = useMemo(() => ({
    copy: navigator.clipboard && ((line) => navigator.clipboard.writeText(line.message)),
    quote: (line) => {
      const quoted = `@${line.sender.name}\n${line.message.replace(/^/gm, "> ")}\n\n`;
      const field = document.querySelector(".composer textarea");
      insert(field, quoted, 0, 0);
      field.setSelectionRange(field.value.length, field.value.length);
    },
  }), [channel]);

  function pointed({target}) {
    const found = rowOf(target)?.dataset.id ?? "";
    if (found !== id) setId(found);
  }

  function key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const row = rowOf(event.target);
    if (event.target !== row && event.target !== box.current) return; // a button, a link
    const line = row && find(row.dataset.id);
    if (event.key === "ArrowUp" || event.key === "ArrowDown") step(row, event.key === "ArrowDown");
    else if (event.key === "c" && line && byKeys() && bar.copy) bar.copy(line);
    else if (event.key === "q" && line && byKeys()) bar.quote(line);
    else if (event.key === "Escape" && row) document.querySelector(".composer textarea").focus();
    else return;
    event.preventDefault();
  }

  function step(row, down) {
    const all = [...box.current.querySelectorAll("article[data-id]")];
    const next = row ? all[all.indexOf(row) + (down ? 1 : -1)] : all.at(-1);
    next?.focus({preventScroll: true});
    next?.scrollIntoView({block: "nearest"});
  }

  return {id, bar, listeners: {onPointerOver: pointed, onPointerLeave: () => setId(""), onFocusIn: pointed, onKeyDown: key}};
}

/** Copying from several messages adds names and times; from within one it copies the selection. */
export function copied(event, lines) {
  const selection = document.getSelection();
  const rows = [...event.currentTarget.querySelectorAll("[data-id]")].filter((row) => selection.containsNode(row, true));
  if (rows.length < 2) return;
  const ids = new Set(rows.flatMap((row) => [row.dataset.id, ...(row.dataset.more?.split(" ") ?? [])]));
  const chosen = lines.filter((line) => ids.has(line.id) && line.message);
  const said = chosen.map(({sender, message, time}) => `[${clock(time)}] ${sender ? `${sender.name}: ` : ""}${message}`);
  event.clipboardData.setData("text/plain", said.join("\n"));
  event.preventDefault();
}
