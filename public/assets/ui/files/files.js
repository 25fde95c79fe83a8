// The files of a message: pictures, films and sounds to play, and cards. Loaded with the dialogs.

import {html, useEffect, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {attachmentsOf} from "../../state/attachments.js";
import {endingOf, kindOf, nameOf, sizeOf} from "../../text/files.js";
import {Icon, Tile} from "../icons.js";
import {columns, shape} from "../messages/message.js";
import {addressOf, sourcesOf} from "./address.js";
import {PATHS} from "./icons.js";
import {Image, blur} from "./picture.js";
import {Film, Sound} from "./player.js";
import {Progress} from "./progress.js";

const REM = 16; // px, for the choice among the sizes of a picture

/** line: a message, or one on its way. show: see Shell. */
export function Files({chat, line, show}) {
  useEffect(() => attachmentsOf(chat).access.want(), []);
  const files = line.files.map((one) => (one.key ? {...one, ...one.file, entry: one} : one));
  const pictures = files.filter(({width}) => width);
  const wide = pictures[1] ? (columns(pictures).endsWith("two") ? 13 : 8.6) : 26; // rem
  return html`<div class="files">
    ${pictures.length > 0 && html`<div class=${columns(pictures)}>${pictures.map((file) => html`<${Picture}
      key=${file.key ?? file.id} chat=${chat} file=${file} px=${wide * REM} alone=${!pictures[1]} open=${line.seq && (() => show({about: "picture", line, file: file.id}))} />`)}</div>`}
    ${files.filter(({width}) => !width).map((file) => html`<${Other} key=${file.key ?? file.id} chat=${chat} file=${file} />`)}
  </div>`;
}

/** What is not uploaded yet has no address, and can be cancelled. */
function Cancel({chat, entry}) {
  const label = t(entry.file ? "files.remove" : "files.cancel", {name: entry.name});
  return html`<button class="quiet cancel" onClick=${() => chat.attachments.remove(entry.key)} aria-label=${label} title=${label}><${Icon} name="close" /></button>`;
}

function Picture({chat, file, px, alone, open}) {
  const [there, comes] = useState(false);
  const attachments = attachmentsOf(chat);
  const {access, addresses} = attachments;
  const {entry, name} = file;
  const [, opens] = useState(access.open); // draws it when files can be asked for
  useEffect(() => {
    let drawn = true;
    access.opening.then(() => drawn && opens(true));
    return () => (drawn = false);
  }, [access.opening]);
  const local = addresses.get(file.id) || (entry && attachments.addressOf(entry.key));
  const sources = local ? {src: local} : !entry && access.open ? sourcesOf(chat, file, px) : null;
  const style = `${alone ? shape(file) : ""};${there ? "" : blur(file)}`;
  const image = html`<${Image} file=${file} sources=${sources} access=${access} drawn=${() => comes(true)} />`;
  if (entry) return html`<span class="picture" style=${style}>${image}${!entry.file && html`<span class="over-picture"><${Progress} chat=${chat} entry=${entry} /></span>`}<${Cancel} chat=${chat} entry=${entry} /></span>`;
  function press(event) {
    if (!open || event.ctrlKey || event.metaKey || event.shiftKey) return; // in a tab of its own
    event.preventDefault();
    open();
  }
  return html`<a class="picture" style=${style} href=${addressOf(chat, file)} target="_blank" rel="noopener" title=${name} onClick=${press}>${image}</a>`;
}

/** What is no picture. */
function Other({chat, file}) {
  const kind = kindOf(file);
  if (!file.entry && kind === "film") return html`<${Film} chat=${chat} file=${file} />`;
  if (!file.entry && kind === "sound") return html`<${Sound} chat=${chat} file=${file} />`;
  return html`<${Card} chat=${chat} file=${file} />`;
}

export function Card({chat, file}) {
  const {entry, name, size} = file;
  const inside = html`<${Tile} path=${PATHS[kindOf(file)]} />
    <span class="about-file"><b class="cut"><bdi>${nameOf(file)}</bdi></b>${entry && !entry.file ? html`<${Progress} chat=${chat} entry=${entry} />` : html`<small dir="auto">${[sizeOf(size), endingOf(file)].filter(Boolean).join(" · ")}</small>`}</span>`;
  if (entry) return html`<span class="file">${inside}<${Cancel} chat=${chat} entry=${entry} /></span>`;
  return html`<a class="file" href=${addressOf(chat, file)} download=${name} title=${t("files.download", {name})}>${inside}<${Icon} path=${PATHS.download} /></a>`;
}
