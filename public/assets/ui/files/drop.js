// Files that are dropped or pasted: anywhere in a room they come to its box.

import {html, render} from "../../html.js";
import {t} from "../../i18n/index.js";
import {Tile} from "../icons.js";
import {boxOf, bringsFiles, fieldOf} from "../input.js";
import {PATHS} from "./icons.js";
import {attach} from "./tray.js";

const GONE = 700; // ms without a move over the page: the drag has ended elsewhere

/** The channel, or its thread, that an element belongs to. */
function roomOf(chat, element) {
  const channel = chat.channels.get(chat.current);
  return (element.closest?.(".thread") && channel?.thread) || channel;
}

/** The box that what is pasted at an element goes to; null if it goes to another field. */
function boxFor(element) {
  const field = fieldOf(element) ?? boxOf();
  return field?.closest(".composer") ? field : null;
}

/** What is dropped or pasted: files; a folder says so of itself. To be called at once: what is dropped is gone later. */
function filesOf(data) {
  const items = [...(data.items ?? [])].filter(({kind}) => kind === "file");
  return [...data.files].map((file, at) => (items[at]?.webkitGetAsEntry?.()?.isDirectory ? Object.assign(file, {folder: true}) : file));
}

/** Whether a text is nothing but the names of files that were copied: some systems paste both. */
const names = (text, files) => text.split(/[\r\n]+/).every((line) => files.some(({name}) => line === name || line.endsWith(`/${name}`)));

/** A picture from another app has a name that tells nothing. */
function renamed(file) {
  if (!/^image\.\w+$/.test(file.name)) return file;
  const now = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString();
  const [day, time] = now.split("T");
  return new File([file], `${t("files.pasted")} ${day} ${time.slice(0, 8).replaceAll(":", ".")}${file.name.slice(5)}`, {type: file.type});
}

/** Listen for what is dropped and pasted. Return a function that ends that. */
export function receiveFiles(chat) {
  const ended = new AbortController();
  const listen = (kind, heard) => window.addEventListener(kind, heard, {signal: ended.signal});
  let zone; // {room: an element, place}: where it says that files can be dropped
  let timer;

  function hide() {
    clearTimeout(timer);
    if (!zone) return;
    render(null, zone.place);
    zone.place.remove();
    zone = null;
  }

  function over(event) {
    if (!bringsFiles(event.dataTransfer)) return;
    const room = document.querySelector("dialog[open]") ? null : event.target.closest?.(".thread") ?? document.querySelector(".conversation:not([inert])");
    if (!room?.querySelector(".composer")) return hide();
    if (zone?.room !== room) show(room, event.dataTransfer.items);
    clearTimeout(timer);
    timer = setTimeout(hide, GONE);
  }

  function show(room, items) {
    hide();
    zone = {room, place: room.appendChild(document.createElement("div"))};
    zone.place.className = "drop";
    const count = [...items].filter(({kind}) => kind === "file").length;
    const {called, root: thread} = roomOf(chat, room);
    render(html`<${Tile} path=${PATHS.upload} kind="large warm" /><b>${t("files.drop")}</b>
      <p>${t(thread ? "files.drop-thread" : "files.drop-where", {count: count || 1, name: called})}</p>`, zone.place);
  }

  function drop(event) {
    const room = zone?.room;
    hide();
    const channel = room && roomOf(chat, room);
    if (channel && bringsFiles(event.dataTransfer)) attach(chat, channel, filesOf(event.dataTransfer));
  }

  function paste(event) {
    const files = filesOf(event.clipboardData ?? {files: []});
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const box = boxFor(event.target);
    if (!files.length || !box || event.defaultPrevented || (text && !names(text, files))) return;
    event.preventDefault();
    const channel = roomOf(chat, box);
    if (channel) attach(chat, channel, files.map(renamed));
  }

  listen("dragover", over);
  listen("dragleave", ({relatedTarget}) => relatedTarget || hide());
  listen("drop", drop);
  listen("paste", paste);
  ended.signal.addEventListener("abort", hide);
  return () => ended.abort();
}
