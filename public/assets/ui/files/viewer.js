// A picture in the whole window, and the ways from one to the next, in the order of the messages. Dark in both themes.

import {html, useEffect, useLayoutEffect, useRef, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {attachmentsOf} from "../../state/attachments.js";
import {goTo} from "../../state/changes.js";
import {nameOf} from "../../text/files.js";
import {useModal} from "../dialogs/dialog.js";
import {Icon} from "../icons.js";
import {when} from "../when.js";
import {addressOf, isWhole, pictureOf} from "./address.js";
import {PATHS} from "./icons.js";
import {Image, blur} from "./picture.js";

const LARGE = 1600; // px of a thumbnail
const STEP = 1.5; // of the zoom
const [LEAST, MOST] = [0.1, 8]; // of it
const SWIPE = 60; // px

/** The pictures that the page has of a channel: {key, line, file}. */
function picturesOf(chat, channel, first) {
  const lines = channel.line ? [channel.line, ...channel.lines] : channel.lines; // of a thread, with its root
  const all = lines.some(({id}) => id === first.id) ? lines : [first];
  return all.map((line) => chat.view(channel, line)).flatMap((line) => (line.deleted || !line.seq ? [] : (line.files ?? []).filter(({width}) => width).map((file) => ({key: `${line.id} ${file.id}`, line, file}))));
}

/** line, file: the picture that was chosen, by the message and the id. */
export function Viewer({chat, channel, line: first, file: id, close}) {
  const box = useRef();
  const stage = useRef();
  const [key, setKey] = useState(`${first.id} ${id}`);
  const [zoom, setZoom] = useState(0); // 0: as large as there is room
  const [there, comes] = useState("");
  const all = picturesOf(chat, channel, first);
  const found = all.findIndex((one) => one.key === key);
  const last = useRef(found);
  if (found >= 0) last.current = found;
  const at = found >= 0 ? found : Math.min(last.current, all.length) - 0.5; // deleted: between its neighbours
  const shown = all[found];
  const attachments = attachmentsOf(chat);
  useModal(box, close);
  useLayoutEffect(() => stage.current?.focus({preventScroll: true}), []);
  useEffect(() => {
    // The neighbours are there when they are wanted.
    for (const one of [all[Math.floor(at + 1)], all[Math.ceil(at - 1)]]) if (one) new window.Image().src = sourceOf(one.file, 0);
  }, [key]);
  useLayoutEffect(() => {
    // What is in the middle stays there.
    const {scrollWidth, clientWidth, scrollHeight, clientHeight} = stage.current;
    const rtl = getComputedStyle(stage.current).direction === "rtl" ? -1 : 1;
    stage.current.scrollTo((rtl * (scrollWidth - clientWidth)) / 2, (scrollHeight - clientHeight) / 2);
  }, [zoom, key]);

  function sourceOf(file, zoom) {
    const local = attachments.addresses.get(file.id);
    return local || pictureOf(chat, file, zoom || isWhole(file) || file.type === "image/gif" ? 0 : LARGE);
  }
  function go(by) {
    const next = all[by > 0 ? Math.floor(at + 1) : Math.ceil(at - 1)];
    if (!next) return;
    setKey(next.key);
    setZoom(0);
  }
  /** How large the picture is drawn, of its own size. */
  const scale = () => {
    const image = stage.current.querySelector("img");
    return image ? image.clientWidth / shown.file.width : 1;
  };
  const zoomBy = (factor) => shown && setZoom(Math.min(MOST, Math.max(LEAST, scale() * factor)));
  const actual = () => setZoom(zoom ? 0 : 1);
  function show() {
    close();
    goTo(chat, channel, shown.line.seq);
  }
  function press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const rtl = getComputedStyle(box.current).direction === "rtl";
    const does = {
      ArrowRight: () => go(rtl ? -1 : 1), ArrowLeft: () => go(rtl ? 1 : -1), Home: () => all[0] && setKey(all[0].key), End: () => all.length && setKey(all.at(-1).key),
      "+": () => zoomBy(STEP), "=": () => zoomBy(STEP), "-": () => zoomBy(1 / STEP), 0: () => setZoom(0), 1: () => setZoom(1),
    }[event.key];
    if (!does || (zoom && /^(Arrow|Home|End)/.test(event.key))) return; // then they move the picture
    event.preventDefault();
    does();
  }
  /** A mouse drags what is larger than the window; a finger swipes to the next, and scrolls by itself. */
  function down(event) {
    const {clientX: x, clientY: y, pointerType, currentTarget} = event;
    if (event.button) return;
    const {scrollLeft, scrollTop} = currentTarget;
    const ended = new AbortController();
    const listen = (kind, heard) => window.addEventListener(kind, heard, {signal: ended.signal});
    if (zoom && pointerType === "mouse") listen("pointermove", (move) => currentTarget.scrollTo(scrollLeft + x - move.clientX, scrollTop + y - move.clientY));
    listen("pointercancel", () => ended.abort());
    listen("pointerup", (up) => {
      ended.abort();
      const by = up.clientX - x;
      const rtl = getComputedStyle(box.current).direction === "rtl" ? -1 : 1;
      if (!zoom && pointerType !== "mouse" && Math.abs(by) > SWIPE && Math.abs(by) > Math.abs(up.clientY - y)) go(-by * rtl);
    });
  }

  const button = (name, words, run, more) => html`<button class=${`quiet ${more?.kind ?? ""}`} onClick=${run} aria-label=${words} title=${words} aria-pressed=${more?.pressed} disabled=${more?.off}><${Icon} ...${PATHS[name] ? {path: PATHS[name]} : {name}} /></button>`;
  const link = (name, words, more) => html`<a class=${`quiet ${name}`} href=${addressOf(chat, shown.file)} aria-label=${words} title=${words} ...${more}><${Icon} path=${PATHS[name]} /></a>`;
  const place = shown && t("files.place", {at: found + 1, count: all.length});
  const told = shown ? [nameOf(shown.file), shown.line.sender?.name, when(shown.line.time), place].filter(Boolean) : [t("files.deleted")];
  const style = shown && zoom ? `inline-size:${shown.file.width * zoom}px;block-size:${shown.file.height * zoom}px` : shown ? `aspect-ratio:${shown.file.width}/${shown.file.height};--most:${shown.file.width}px` : "";
  return html`<dialog class="viewer" ref=${box} aria-label=${t("files.viewer")} onKeyDown=${press} onClose=${() => box.current && close()}>
    <header>
      <div><h2 class="cut"><bdi>${told[0]}</bdi></h2>${shown && html`<p class="cut" dir="auto">${[shown.line.sender && html`<bdi>${shown.line.sender.name}</bdi>`, html` · ${when(shown.line.time)} · ${place}`]}</p>`}</div>
      ${shown && html`${button(zoom ? "zoomOut" : "zoomIn", t(zoom ? "files.fit" : "files.actual"), actual, {pressed: Boolean(zoom)})}
        ${link("download", t("files.download", {name: shown.file.name}), {download: shown.file.name})}
        ${link("open", t("files.open"), {target: "_blank", rel: "noopener"})}
        ${button("place", t("files.in-channel"), show)}`}
      ${button("close", t("dialog.close"), close)}
    </header>
    <div class=${zoom ? "stage zoomed" : "stage"} ref=${stage} tabindex="0" role="group" aria-label=${told.join(", ")} onPointerDown=${down} onDblClick=${actual}>
      ${shown ? html`<span class="picture" key=${key} style=${`${style};${there === key ? "" : blur(shown.file)}`}>
        <${Image} file=${shown.file} sources=${{src: sourceOf(shown.file, zoom)}} lazy=${false} access=${attachments.access} drawn=${() => comes(key)} /></span>` : html`<p class="gone">${t("files.deleted")}</p>`}
    </div>
    ${button("previous", t("files.previous"), () => go(-1), {kind: "previous", off: at <= 0})}
    ${button("next", t("files.next"), () => go(1), {kind: "next", off: at >= all.length - 1})}
    <p class="hidden" role="status">${told.join(", ")}</p>
    <footer aria-hidden="true"><span><kbd>←</kbd> <kbd>→</kbd> ${t("files.hint-between")}</span><span><kbd>+</kbd> <kbd>−</kbd> ${t("files.hint-zoom")}</span><span><kbd>${"Esc"}</kbd> ${t("files.hint-close")}</span></footer>
  </dialog>`;
}
