// The first visit: one field and one button.

import {html, useEffect, useRef, useState} from "../html.js";
import {t} from "../language.js";
import {LanguageChoice} from "./language.js";

const ICON = new URL("../icon.svg", import.meta.url).href;

export function Login({chat}) {
  const [name, setName] = useState(chat.name);
  const field = useRef();
  useEffect(() => field.current.focus(), []);
  const busy = chat.state.kind === "connecting" || chat.state.kind === "waiting";
  const words =
    chat.state.words ??
    (chat.state.kind === "waiting" ? t("login.silent") : null) ??
    (chat.state.kind === "ended" ? chat.state.reason || t("banner.ended") : null);

  function enter(event) {
    event.preventDefault();
    const clean = name.trim();
    if (clean) chat.enter(clean);
    field.current.focus();
  }

  return html`<main class="login">
    <form onSubmit=${enter}>
      <img src=${ICON} alt="" width="48" height="48" />
      <h1>${t("login.title")}</h1>
      <label for="name">${t("login.name")}</label>
      <input
        id="name" ref=${field} value=${name} onInput=${(event) => setName(event.target.value)}
        maxlength="64" autocomplete="nickname" spellcheck="false" enterkeyhint="go" dir="auto"
        aria-describedby="login-words" aria-invalid=${Boolean(chat.state.words)}
      />
      <button class="primary" disabled=${!name.trim() || chat.state.kind === "connecting"}>
        ${t(busy ? "login.connecting" : "login.start")}
      </button>
      <p id="login-words" class="alert" role="alert">${words}</p>
    </form>
    <${LanguageChoice} chat=${chat} />
  </main>`;
}
