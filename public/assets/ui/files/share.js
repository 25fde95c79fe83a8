// What another app shares with the page, once that is installed: to a channel that one chooses. worker.js has stored it.

import {html, useEffect, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {FileStore} from "../../state/file_store.js";
import {listOf} from "../../text/files.js";
import {Dialog} from "../dialogs/dialog.js";
import {Found, fits} from "../dialogs/find.js";
import {Icon} from "../icons.js";
import {boxOf} from "../input.js";
import {Face} from "../places/face.js";
import {attach} from "./tray.js";

const SHARED = "shared"; // in the address, and the key of what is stored

/** Whether the page was opened by sharing. */
const wasShared = () => new URL(location.href).searchParams.has(SHARED);

/** Take what was shared, once: {files, text}; null if there is nothing. */
async function take() {
  const address = new URL(location.href);
  address.searchParams.delete(SHARED);
  history.replaceState(history.state, "", address); // a reload does not share again
  const store = new FileStore(SHARED);
  const found = await store.get(SHARED);
  await store.delete(SHARED);
  return found;
}

export function Shared({chat}) {
  const [shared, set] = useState(null);
  useEffect(() => {
    if (wasShared()) take().then(set);
  }, []);
  return shared && html`<${Share} chat=${chat} shared=${shared} close=${() => set(null)} />`;
}

/** shared: {files, text}. */
export function Share({chat, shared: {files, text}, close}) {
  const [word, setWord] = useState("");
  const channels = [...chat.channels.values()].filter(({name, label}) => fits(label, word.trim()) || fits(name, word.trim()));
  function choose({name}) {
    close();
    chat.open(name);
    const channel = chat.channels.get(name);
    if (text) chat.setDraft(channel, [channel.draft, text].filter(Boolean).join("\n"));
    if (files.length) attach(chat, channel, files);
    requestAnimationFrame(() => boxOf()?.focus());
  }
  return html`<${Dialog} title=${t("share.title")} close=${close}>
    <p class="to-share muted" dir="auto">${[files.length > 0 && listOf(files), text].filter(Boolean).join(" · ")}</p>
    <div class="find"><${Icon} name="search" /><input value=${word} onInput=${({target}) => setWord(target.value)} aria-label=${t("jump.field")} placeholder=${t("jump.field")} autocomplete="off" dir="auto" /></div>
    <div class="actions share">${channels.map((channel) => html`<button key=${channel.name} class="quiet" onClick=${() => choose(channel)}>
      ${channel.kind === "direct" ? html`<${Face} chat=${chat} channel=${channel} />` : html`<${Icon} name=${channel.kind === "private" ? "lock" : "hash"} />`}
      <span class="name"><${Found} name=${channel.label} word=${word.trim()} /></span></button>`)}</div>
  <//>`;
}
