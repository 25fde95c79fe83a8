// Sounds and films: nothing of them is loaded before they are played, and one plays at a time.

import {html, useEffect, useRef, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {nameOf, sizeOf} from "../../text/files.js";
import {Icon} from "../icons.js";
import {addressOf} from "./address.js";
import {PATHS} from "./icons.js";

const SPEEDS = [1, 1.5, 2];
const STEP = 5; // s

let playing = null; // an element

/** An element begins to play: another one ends. */
function begins({currentTarget}) {
  if (playing !== currentTarget) playing?.pause();
  playing = currentTarget;
}

/** "1:05" */
export function clockOf(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** The way to a file that cannot be played here, and to the others. */
function Save({chat, file}) {
  const label = t("files.download", {name: file.name});
  return html`<a class="save" href=${addressOf(chat, file)} download=${file.name} aria-label=${label} title=${label}><${Icon} path=${PATHS.download} /></a>`;
}

export function Sound({chat, file}) {
  const audio = useRef();
  const [state, set] = useState({time: 0, length: 0, speed: SPEEDS[0], on: false, broken: false});
  const {time, length, speed, on, broken} = state;
  const put = (what) => set((before) => ({...before, ...what}));
  useEffect(() => () => audio.current?.pause(), []);
  const toggle = () => (on ? audio.current.pause() : audio.current.play().catch(() => {})); // onError says why
  function go({currentTarget: {value}}) {
    audio.current.currentTime = Number(value);
    put({time: Number(value)});
  }
  function faster() {
    const next = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length];
    audio.current.playbackRate = next;
    put({speed: next});
  }
  const label = t(on ? "files.pause" : "files.play", {name: file.name});
  return html`<div class="player" role="group" aria-label=${file.name}>
    <audio ref=${audio} preload="none" src=${addressOf(chat, file)} onPlay=${(event) => (begins(event), put({on: true}))} onPause=${() => put({on: false})} onEnded=${() => put({time: 0})}
      onTimeUpdate=${({currentTarget}) => put({time: currentTarget.currentTime})} onDurationChange=${({currentTarget: {duration}}) => put({length: Number.isFinite(duration) ? duration : 0})} onError=${() => put({broken: true, on: false})}></audio>
    <button class="play" onClick=${toggle} aria-label=${label} title=${label}><${Icon} path=${on ? PATHS.pause : PATHS.play} /></button>
    <div class="about-file">
      <b class="cut" title=${file.name}><bdi>${nameOf(file)}</bdi></b>
      ${broken ? html`<small role="alert">${t("files.not-played")}</small>` : length > 0
        ? html`<input type="range" min="0" max=${Math.ceil(length)} step=${STEP / 5} value=${time} onInput=${go} aria-label=${t("files.position")} aria-valuetext=${t("files.at", {time: clockOf(time), length: clockOf(length)})} />`
        : html`<small dir="auto">${sizeOf(file.size)}</small>`}
    </div>
    ${length > 0 && !broken && html`<span class="clock">${clockOf(time)} / ${clockOf(length)}</span>
      <button class="link" onClick=${faster} aria-label=${t("files.speed", {speed: String(speed)})} title=${t("files.speed", {speed: String(speed)})}>${`${speed}×`}</button>`}
    <${Save} chat=${chat} file=${file} />
  </div>`;
}

export function Film({chat, file}) {
  const [state, set] = useState("still"); // "on", "broken"
  const {name, size} = file;
  const label = t("files.play", {name});
  return html`<figure class="film">
    ${state === "on" && html`<video controls autoplay playsinline src=${addressOf(chat, file)} aria-label=${name} onPlay=${begins} onError=${() => set("broken")}></video>`}
    ${state === "still" && html`<button class="play" onClick=${() => set("on")} aria-label=${label} title=${label}><${Icon} path=${PATHS.play} /></button>`}
    ${state === "broken" && html`<p role="alert">${t("files.not-played")}</p>`}
    ${state !== "on" && html`<figcaption><b class="cut" title=${name}><bdi>${nameOf(file)}</bdi></b><bdi>${sizeOf(size)}</bdi><${Save} chat=${chat} file=${file} /></figcaption>`}
  </figure>`;
}
