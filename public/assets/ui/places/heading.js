// The title and the topic of a channel. Whoever may change them does so where they stand.

import {html, useLayoutEffect, useRef, useState} from "../../html.js";
import {explain, t} from "../../i18n/index.js";
import {setChannel} from "../../state/managing.js";
import {lacks} from "../../state/may.js";
import {Icon} from "../icons.js";
import {isHere} from "./face.js";

const MOST = {title: 80, topic: 250}; // characters
const wide = () => matchMedia("(min-width: 720px)").matches; // a phone has no room: see channel_settings.js

export function Heading({chat, channel}) {
  const [edited, edit] = useState(""); // "title" or "topic"
  const [words, setWords] = useState("");
  const field = useRef();
  useLayoutEffect(() => field.current?.select(), [edited]); // at once: what is typed next goes there
  const {kind, label, about} = channel;
  const hash = kind === "public" ? "#" : undefined;
  if (kind === "direct" || !chat.served) return html`<div class="title"><h1 dir="auto" data-kind=${hash}>${label}</h1>${kind === "direct" && html`<p class="topic">${presence(chat, channel)}</p>`}</div>`;
  const may = Object.fromEntries(Object.keys(MOST).map((one) => [one, wide() && channel.joined && !lacks(chat, channel, "set-channel", {settings: [one]})]));

  async function save(event) {
    event.preventDefault();
    const said = field.current.value.trim();
    try {
      if (said !== (edited === "title" ? label : about.topic ?? "")) await setChannel(chat, channel, {[edited]: said});
      close();
    } catch (error) {
      setWords(explain(error));
    }
  }
  function close() {
    setWords("");
    edit("");
    document.querySelector(".composer textarea")?.focus();
  }
  function key(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  }
  const input = (value) => html`<input ref=${field} defaultValue=${value} maxlength=${MOST[edited]} aria-label=${t(`place.${edited}`)} aria-describedby="title-words"
    dir="auto" autocomplete="off" onKeyDown=${key} />`;
  const change = (which, said) => html`<button type="button" class="link words" onClick=${() => edit(which)} title=${t(`place.change-${which}`)}>${said}</button>`;

  if (edited) {
    const address = html`<p class="topic" id="title-words" role="status">${words || (edited === "title" && kind === "public" && t("place.address", {name: channel.name}))}</p>`;
    return html`<form class="title editing" onSubmit=${save}>
      <div class="title">${edited === "title" ? html`<h1>${input(label)}</h1>${address}` : html`<h1 dir="auto" data-kind=${hash}>${label}</h1>${input(about.topic ?? "")}${words && address}`}</div>
      <button class="primary small">${t("place.save")}</button>
      <button type="button" class="quiet" onClick=${close} aria-label=${t("form.cancel")} title=${t("form.cancel")}><${Icon} name="close" /></button>
    </form>`;
  }
  const topic = about.topic ? html`<bdi title=${about.topic}>${about.topic}</bdi>` : "";
  return html`<div class="title">
    <h1 dir="auto" data-kind=${hash}>${may.title ? change("title", label) : label}</h1>
    ${about.archived ? html`<p class="topic">${t("place.archived")}</p>` : (topic || may.topic) && html`<p class=${topic ? "topic" : "topic none"}>${may.topic ? change("topic", topic || t("place.add-topic")) : topic}</p>`}
  </div>`;
}

function presence(chat, {about}) {
  const others = about.with ?? [];
  if (others.length > 1) return t("direct.people", {count: others.length + 1});
  return others[0] && chat.session.state.kind === "open" ? t(isHere(chat, others[0].id) ? "people.here-now" : "people.away") : "";
}
