// Chooses the square of a picture that is shown of somebody: what one sees is what the others get.

import {html, useEffect, useLayoutEffect, useRef, useState} from "../../html.js";
import {explain, t} from "../../i18n/index.js";
import {attachmentsOf} from "../../state/attachments.js";
import {SERVER, pictures} from "../../state/pictures.js";
import {Dialog} from "../dialogs/dialog.js";
import {MOST, moved, square} from "./square.js";

const SIDE = 512; // px of what is uploaded
const STEP = 0.04; // of the square, for a key
const MOVES = {ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};

/** file: an image. server: whether it becomes the server's picture. done(): it is that. */
export function Crop({chat, file, server, close, done}) {
  const canvas = useRef();
  const [image, setImage] = useState(null);
  const [place, setPlace] = useState({zoom: 1, x: 0, y: 0});
  const [words, setWords] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    let wanted = true;
    createImageBitmap(file, {imageOrientation: "from-image"}).then((read) => wanted && setImage(read), () => setWords(t("picture.not-read")));
    return () => (wanted = false);
  }, [file]);
  useLayoutEffect(() => {
    if (!image) return;
    const {left, top, side} = square(image, place);
    const pen = canvas.current.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.clearRect(0, 0, SIDE, SIDE);
    pen.drawImage(image, left, top, side, side, 0, 0, SIDE, SIDE);
  }, [image, place]);

  const change = (x, y, factor = 1) => setPlace((before) => moved(image, before, x, y, factor));
  function key(event) {
    const [x, y] = MOVES[event.key] ?? [0, 0];
    const factor = {"+": 1.2, "=": 1.2, "-": 1 / 1.2}[event.key] ?? 1;
    if (!image || (!x && !y && factor === 1)) return;
    event.preventDefault();
    change(x * STEP, y * STEP, factor);
  }
  function drag({clientX, clientY, currentTarget, pointerId}) {
    if (!image) return;
    let [x, y] = [clientX, clientY];
    const width = currentTarget.clientWidth;
    currentTarget.setPointerCapture(pointerId);
    currentTarget.onpointermove = (event) => {
      change((event.clientX - x) / width, (event.clientY - y) / width);
      [x, y] = [event.clientX, event.clientY];
    };
    currentTarget.onpointerup = currentTarget.onpointercancel = () => (currentTarget.onpointermove = null);
  }
  async function use() {
    setBusy(true);
    setWords("");
    try {
      const blob = await new Promise((made) => canvas.current.toBlob(made, "image/png"));
      const id = await attachmentsOf(chat).uploads.put(new File([blob], "picture.png", {type: blob.type}));
      const {picture} = await chat.connection.call("set-picture", {file: id, server: server || undefined});
      pictures.note(server ? SERVER.id : chat.user.id, picture);
      done();
    } catch (error) {
      setWords(error.code ? explain(error) : error.message);
      setBusy(false);
    }
  }
  return html`<${Dialog} title=${t(server ? "picture.server" : "picture.title")} close=${close}>
    <div class="form crop">
      <p class="muted" id="crop-help">${t("picture.crop")}</p>
      <canvas ref=${canvas} class=${server ? "tile" : ""} width=${SIDE} height=${SIDE} tabindex="0" role="img" aria-label=${t("picture.part")} aria-describedby="crop-help" onKeyDown=${key} onPointerDown=${drag}></canvas>
      <input type="range" min="1" max=${MOST} step="0.01" value=${place.zoom} disabled=${!image} onInput=${({target}) => change(0, 0, Number(target.value) / place.zoom)} aria-label=${t("picture.zoom")} />
      <p class="alert" role="alert">${words}</p>
      <footer><button onClick=${close}>${t("form.cancel")}</button><button class="primary" onClick=${use} disabled=${!image || busy}>${t("picture.use")}</button></footer>
    </div>
  <//>`;
}
