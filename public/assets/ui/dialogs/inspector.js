// The state of the connection, for administrators and developers.

import {html, render, useEffect, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {Icon} from "../icons.js";

const LOOK_EVERY = 500; // ms
const PROBE_EVERY = 2_000; // ms

let place = null;

/** Open it beside the page, which keeps the focus, or close it. */
export function toggle(chat) {
  if (place) {
    const focused = place.contains(document.activeElement);
    render(null, place);
    place.remove();
    place = null;
    if (focused) document.querySelector(".composer textarea")?.focus();
  } else {
    place = document.body.appendChild(document.createElement("div"));
    render(html`<${Inspector} chat=${chat} />`, place);
  }
}

export function Inspector({chat}) {
  const [, look] = useState(0);
  useEffect(() => {
    chat.connection.probe();
    const timers = [
      setInterval(() => look((count) => count + 1), LOOK_EVERY),
      setInterval(() => chat.connection.probe(), PROBE_EVERY),
    ];
    const key = (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]")) toggle(chat);
    };
    window.addEventListener("keydown", key);
    return () => {
      timers.forEach(clearInterval);
      window.removeEventListener("keydown", key);
    };
  }, []);

  const {connection, session: {state}} = chat;
  const now = Date.now();
  const seconds = (since) => (since ? `${((now - since) / 1000).toFixed(1)} s` : "–");
  const calls = [...connection.calls.values()].map(({action, since}) => `${action} (${seconds(since)})`);
  const waiting = chat.outbox.items.map(({target, error}) => `#${target}${error ? ` (${error})` : ""}`);
  const facts = {
    state: [state.kind, state.code, state.reason].filter(Boolean).join(" "),
    way: t(connection.leads ? "inspector.own" : "inspector.shared"),
    trip: connection.roundTrip === null ? "–" : `${connection.roundTrip} ms`,
    heard: seconds(connection.heard),
    session: connection.session,
    calls: calls.join(", ") || "–",
    outbox: waiting.join(", ") || "–",
  };
  return html`<aside class="inspector" aria-label=${t("inspector.title")}>
    <header><i class=${state.kind === "open" ? "open" : ""}></i><h2>${t("inspector.title")}</h2>
      <button class="quiet" onClick=${() => toggle(chat)} aria-label=${t("dialog.close")}><${Icon} name="close" /></button></header>
    <dl>${Object.entries(facts).map(([key, value]) => html`<div key=${key}><dt>${t(`inspector.${key}`)}</dt><dd data-fact=${key}>${value}</dd></div>`)}</dl>
    <table>
      <thead><tr>${["channel", "seq", "read", "lines", "joined"].map((key) => html`<th key=${key} scope="col">${t(`inspector.${key}`)}</th>`)}</tr></thead>
      <tbody>
        ${[...chat.channels.values()].map((channel) => html`<tr key=${channel.name}>
          <th scope="row"><bdi>${channel.name}</bdi></th>
          <td>${channel.catching === null ? channel.known : `${channel.known} → ${channel.heard}`}</td>
          <td>${channel.read}</td><td>${channel.lines.length}</td><td>${channel.joined ? "✓" : "–"}</td>
        </tr>`)}
      </tbody>
    </table>
  </aside>`;
}
