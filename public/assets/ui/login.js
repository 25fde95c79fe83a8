// The first visit: a name and a button; if there are accounts, signing in and registering, too.

import {html, useEffect, useRef, useState} from "../html.js";
import {rich, t} from "../i18n/index.js";
import {Icon, Mark, SERVER, Tile} from "./icons.js";
import {byKeys} from "./input.js";
import {LanguageChoice} from "./language.js";
import {Seconds} from "./seconds.js";
import {Ended, StateCard} from "./state_card.js";

const SHORTEST = 8; // characters of a new password
const href = new URL("../css/signin.css", import.meta.url).href;

/** The ground of whoever is not in; its styles are loaded with it, unless appearance.js has known at once that they are needed. */
export function Front({children}) {
  const [ready, setReady] = useState(() => Array.from(document.styleSheets).some((one) => one.href === href));
  useEffect(() => {
    if (ready) return;
    let link = document.querySelector(`link[href="${href}"]`);
    if (!link) document.head.append((link = Object.assign(document.createElement("link"), {rel: "stylesheet", href})));
    for (const event of ["load", "error"]) link.addEventListener(event, () => setReady(true));
  }, []);
  return ready && html`<main class="login">${children}</main>`;
}

/** title: of the form, if it is not the chat's. */
export function Login({chat, title, children}) {
  const {session} = chat;
  const {state} = session;
  const {kinds, registration} = session.account;
  const ways = session.link ? ["register"] : [kinds.includes("guest") && "guest", kinds.includes("password") && "sign-in", registration && "register"].filter(Boolean);
  const [chosen, setWay] = useState(null);
  const usual = (session.name && ways.find((one) => one === "sign-in")) || ways[0]; // a name without a token belongs to an account
  const way = ways.includes(chosen) ? chosen : usual; // what the server offers may become known, or change, while the form is there
  const foot = html`<footer><span>${SERVER === "tornado_chat" ? SERVER : t("login.run", {server: SERVER})}</span><${LanguageChoice} chat=${chat} /></footer>`;
  const out = state.code === 4403 || state.foreign;
  if (out || !way) {
    return html`<${Front}><div class="door">${out
      ? html`<${Ended} chat=${chat} level="h1" />`
      : html`<${StateCard} icon="key" level="h1" title=${t(state.over ? "login.over" : "login.elsewhere-title")}><p>${state.words ?? t("login.elsewhere")}</p><//>`}
    </div>${foot}<//>`;
  }
  return html`<${Front}>
    <div class="door">
      <${Form} key=${state.over} session=${session} ways=${ways} way=${way} setWay=${setWay} title=${title} />
      ${children && html`<div class="after">${children}</div>`}
    </div>${foot}
  <//>`;
}

function Form({session, ways, way, setWay, title}) {
  const {state} = session;
  const [name, setName] = useState(session.name);
  const [password, setPassword] = useState("");
  const form = useRef();
  const {field} = state; // the one that is wrong
  useEffect(() => {
    // To the field that is wrong, or else to one that is empty; whoever chooses a way by keys may choose another.
    if (document.activeElement?.type === "radio" && byKeys()) return;
    const [first, second] = form.current.querySelectorAll("input[id]");
    const at = second && (field ? field === "password" : first.value) ? second : first;
    at.focus();
    if (field) at.select();
  }, [way, state.kind === "out" && state.words && state]);
  const busy = state.kind === "connecting" || state.kind === "waiting";
  const until = {waiting: state.full ? "login.full" : "login.silent", out: state.retryAt && "login.throttled"}[state.kind];
  const words = state.words ?? (until && rich(until, {left: html`<${Seconds} until=${state.retryAt} done=${state.kind === "out" && (() => session.forgive())} />`}));
  const wrong = (id) => html`<p class="wrong" id=${`${id}-words`} role="alert">${words && (field ?? "login") === id && html`
    <${Icon} name="alert" /><span>${words}</span>`}</p>`;
  const about = {guest: t("login.about-guest"), register: t("login.about-register")}[way];

  function submit(event) {
    event.preventDefault();
    const clean = name.trim();
    setWay(way);
    if (state.kind === "connecting") return;
    if (!clean || (way !== "guest" && !password)) return form.current.querySelectorAll("input[id]")[clean ? 1 : 0].focus();
    if (way === "register" && password.length < SHORTEST) return session.refuse(t("password.hint"), "password");
    if (way === "guest") session.enter(clean);
    else session.signIn(way, clean, password);
  }

  function change(set, value) {
    set(value);
    session.forgive();
  }

  const tabs = ways.filter((one) => one !== "register");
  const tab = way === "register" ? "sign-in" : way;
  return html`<form ref=${form} onSubmit=${submit} aria-labelledby="login-title" novalidate>
    <${Tile} kind="server large" />
    <h1 id="login-title">${title ?? t(`login.title-${way}`, {server: SERVER})}</h1>
    ${state.over ? html`<p class="over"><${Icon} name="key" />${t("login.over-why")}</p>` : !title && about && html`<p class="muted">${about}</p>`}
    ${tabs.length > 1 && html`<span class="pick" role="radiogroup" aria-label=${t("login.ways")}>${tabs.map((one) => html`<label key=${one}>
      <input type="radio" name="way" checked=${one === tab} onChange=${() => change(setWay, one)} />${t(`login.way-${one}`)}
    </label>`)}</span>`}
    <div>
      <label for="name">${t(way === "sign-in" ? "login.account" : "login.name")}</label>
      <input
        id="name" value=${name} onInput=${(event) => change(setName, event.target.value)} placeholder=${way === "sign-in" ? undefined : t("login.hint")}
        maxlength="256" autocomplete=${way === "guest" ? "nickname" : "username"} autocapitalize="words" spellcheck=${false} enterkeyhint=${way === "guest" ? "go" : "next"}
        dir="auto" aria-describedby="name-words" aria-invalid=${field === "name"}
      />
      ${wrong("name")}
    </div>
    ${way !== "guest" && html`<div key=${way}>
      <label for="password">${t("login.password")}</label>
      <input
        id="password" type="password" value=${password} onInput=${(event) => change(setPassword, event.target.value)}
        autocomplete=${way === "register" ? "new-password" : "current-password"} maxlength="1024" enterkeyhint="go"
        aria-describedby="password-hint password-words" aria-invalid=${field === "password"}
      />
      ${way === "register" && field !== "password" && html`<small id="password-hint" class="muted">${t("password.hint")}</small>`}
      ${wrong("password")}
    </div>`}
    ${wrong("login")}
    <button class="primary" aria-disabled=${busy}>${busy && html`<${Mark} moves />`}${t(busy ? "login.connecting" : `login.do-${way}`)}</button>
    ${ways.includes("register") && ways.length > 1 && html`<p class="other">
      <span>${t(`login.other-${way}`)}</span>
      <button type="button" class="link" onClick=${() => change(setWay, way === "register" ? "sign-in" : "register")}>
        ${t(way === "register" ? "login.do-sign-in" : "login.title-register")}
      </button>
    </p>`}
  </form>`;
}
