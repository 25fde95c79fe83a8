// The first visit: a name and a button; if there are accounts, signing in and registering, too.

import {html, useEffect, useRef, useState} from "../html.js";
import {t} from "../i18n/index.js";
import {ending} from "./banner.js";
import {SERVER, Tile} from "./icons.js";
import {LanguageChoice} from "./language.js";

const BUTTONS = {guest: "login.start", "sign-in": "login.sign-in", register: "login.register"};

/** title: of the form, if it is not the chat's. */
export function Login({chat, title, children}) {
  const {session} = chat;
  const {kinds, registration} = session.account;
  const ways = [kinds.includes("guest") && "guest", kinds.includes("password") && "sign-in", registration && "register"].filter(Boolean);
  const [chosen, setWay] = useState(null);
  const usual = (session.name && ways.find((one) => one === "sign-in")) || ways[0]; // a name without a token belongs to an account
  const way = ways.includes(chosen) ? chosen : usual; // what the server offers may become known, or change, while the form is there
  const [name, setName] = useState(session.name);
  const [password, setPassword] = useState("");
  const form = useRef();
  const {field} = session.state; // the one that is wrong
  useEffect(() => {
    // To the field that is wrong, or else to one that is empty
    const [first, second] = form.current?.querySelectorAll("input") ?? [];
    const at = second && (field ? field === "password" : first.value) ? second : first;
    at?.focus();
    if (field) at?.select();
  }, [way, session.state.kind === "out" && session.state.words && session.state]);
  const busy = session.state.kind === "connecting" || session.state.kind === "waiting";
  const words =
    session.state.words ??
    (session.state.kind === "waiting" ? t("login.silent") : null) ??
    (session.state.kind === "ended" ? ending(session.state) : null);

  function submit(event) {
    event.preventDefault();
    const clean = name.trim();
    setWay(way);
    if (clean && way === "guest") session.enter(clean);
    else if (clean && password) session.signIn(way, clean, password);
  }

  function change(set, value) {
    set(value);
    session.forgive();
  }

  if (!way) return html`<main class="login"><p class="alert" role="alert">${words ?? t("login.elsewhere")}</p>${children}</main>`;
  return html`<main class="login">
    <form ref=${form} onSubmit=${submit} aria-labelledby="login-title">
      <span><${Tile} kind="server large" />${SERVER}</span>
      <h1 id="login-title">${title ?? t(`login.title-${way}`)}</h1>
      <label for="name">${t("login.name")}</label>
      <input
        id="name" value=${name} onInput=${(event) => change(setName, event.target.value)}
        maxlength="256" autocomplete=${way === "guest" ? "nickname" : "username"} spellcheck="false" enterkeyhint="go" dir="auto"
        aria-describedby="login-words" aria-invalid=${field === "name"}
      />
      ${way !== "guest" && html`
        <label for="password">${t("login.password")}</label>
        <input
          id="password" type="password" value=${password} onInput=${(event) => change(setPassword, event.target.value)}
          autocomplete=${way === "register" ? "new-password" : "current-password"}
          minlength=${way === "register" ? 8 : undefined} maxlength="1024" enterkeyhint="go" aria-describedby="password-hint login-words"
          aria-invalid=${field === "password"}
        />
        ${way === "register" && html`<small id="password-hint" class="muted">${t("password.hint")}</small>`}`}
      <button class="primary" disabled=${!name.trim() || (way !== "guest" && !password) || session.state.kind === "connecting"}>
        ${t(busy ? "login.connecting" : BUTTONS[way])}
      </button>
      <p id="login-words" class="alert" role="alert">${words}</p>
      ${ways.filter((other) => other !== way).map((other) => html`
        <button type="button" class="quiet" key=${other} onClick=${() => change(setWay, other)}>${t(`login.or-${other}`)}</button>`)}
    </form>
    ${children}
    <${LanguageChoice} chat=${chat} />
  </main>`;
}
