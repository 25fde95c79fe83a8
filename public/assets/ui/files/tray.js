// What is attached, above the words in the box; and what else is said about it there.

import {html, useEffect, useRef, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {canRetry} from "../../state/refusals.js";
import {isDrawn, kindOf, nameOf, sizeOf, troubleOf} from "../../text/files.js";
import {Icon, Tile} from "../icons.js";
import {boxOf} from "../input.js";
import {PATHS} from "./icons.js";
import {Progress} from "./progress.js";

let field; // kept, as browsers drop one that nobody holds while people still choose

/** Have the user choose files, and attach them. */
export function choose(chat, channel) {
  field = Object.assign(document.createElement("input"), {type: "file", multiple: true});
  field.onchange = ({target}) => attach(chat, channel, [...target.files]);
  field.click();
}

/** Attach files, and say what of it cannot be done. */
export function attach(chat, channel, files) {
  channel.trayWords = chat.attachments?.attach(channel, files) ?? t("files.none-here");
  boxOf(channel)?.focus({preventScroll: true});
  chat.changed();
}

/** Why what is written cannot be sent as it is, in words; or "". */
export function hindered({attached, editing}) {
  const bad = !editing && attached.find(({why}) => why);
  return bad ? t("files.remove-first", {name: bad.name}) : "";
}

export function Tray({chat, channel}) {
  const {attached, trayWords} = channel;
  const list = useRef();
  const [said, say] = useState("");
  const before = useRef(attached);
  useEffect(() => {
    // What came and what was uploaded is announced; what went wrong is an alert of its own.
    const known = new Map(before.current.map((entry) => [entry.key, entry]));
    const news = attached.filter(({key, why}) => !known.has(key) && !why).map(({name}) => t("files.was-attached", {name}));
    if (news.length) say(news.join("\n"));
    if (trayWords && attached.length < before.current.length) channel.trayWords = "";
    before.current = attached;
  }, [attached]);
  function remove(key, {currentTarget}) {
    const row = currentTarget.closest("li");
    const next = (row.nextElementSibling ?? row.previousElementSibling)?.querySelector(".quiet");
    chat.attachments.remove(key);
    (next ?? boxOf(channel)).focus(); // this button goes
  }
  return html`<p class="refusal alert" role="alert">${trayWords && html`<${Icon} name="alert" /><span>${trayWords}</span>`}</p>
    ${attached.length > 0 && !channel.editing && html`<ul class="tray" ref=${list} aria-label=${t("files.attached")}>
      ${attached.map((entry) => html`<${Attached} key=${entry.key} chat=${chat} entry=${entry} remove=${remove} />`)}
    </ul>`}
    <p class="hidden" role="status">${said}</p>`;
}

function Attached({chat, entry, remove}) {
  const {attachments, takesFiles} = chat;
  const {key, name, size, why, file} = entry;
  const label = t(file || why ? "files.remove" : "files.cancel", {name});
  return html`<li class=${why ? "upload bad" : "upload"}>
    <${Thumb} attachments=${attachments} entry=${entry} />
    <div><b class="cut" title=${name}><bdi>${nameOf(entry)}</bdi></b>
      ${why ? html`<small role="alert" dir="auto">${troubleOf(entry, takesFiles)}</small>` : file ? html`<small class="cut" dir="auto">${sizeOf(size)}</small>` : html`<${Progress} chat=${chat} entry=${entry} />`}</div>
    ${canRetry(entry) && html`<button class="link" onClick=${() => attachments.retry([entry])}>${t("message.again")}</button>`}
    <button class="quiet" onClick=${(event) => remove(key, event)} aria-label=${label} title=${label}><${Icon} name="close" /></button>
  </li>`;
}

/** A small picture, or a tile that says of what kind it is. */
function Thumb({attachments, entry}) {
  const [broken, breaks] = useState(false);
  const {key, width, why} = entry;
  const address = attachments && isDrawn(entry) && !broken && !(why && !width) && attachments.addressOf(key);
  if (!address) return html`<${Tile} path=${PATHS[isDrawn(entry) ? "picture" : kindOf(entry)]} />`;
  const measure = ({currentTarget: {naturalWidth, naturalHeight}}) => width || attachments.note(key, {width: naturalWidth, height: naturalHeight});
  return html`<img src=${address} alt="" decoding="async" width="44" height="44" onLoad=${measure} onError=${() => breaks(true)} />`;
}
