// The state of a lost connection, in the strip.

import {html} from "../html.js";
import {rich, t} from "../i18n/index.js";
import {Mark} from "./icons.js";
import {Seconds} from "./seconds.js";

const BAN = /^banned until (\S+Z)(?:: (.*))?$/s;

/** Of a ban, as the server tells it: {until: ms since 1970, why: "" where no reason was given}; else null. */
export function banOf({reason = ""}) {
  const [, until, why = ""] = BAN.exec(reason) ?? [];
  return until ? {until: Date.parse(until), why} : null;
}

const ending = ({reason}) => (reason ? t("banner.ended-because", {reason}) : t("banner.ended"));

/** Whether there is nothing to say. */
export const silent = ({session: {state: {kind}}, user}) => kind === "open" || (kind === "connecting" && !user);

export function Banner({chat}) {
  const {state} = chat.session;
  const {kind, retryAt} = state;
  if (silent(chat)) return null;
  if (kind === "connecting") return html`<div class="banner" role="status"><${Mark} moves /><span>${t("banner.connecting")}</span></div>`;
  const ended = kind === "ended";
  const left = html`<${Seconds} until=${retryAt} />`;
  return html`<div class="banner" role="status">
    <${Mark} moves=${!ended} />
    <span>${ended ? ending(state) : rich(state.full ? "banner.full" : "banner.waiting", {left})}</span>
    <button class="pill" onClick=${() => chat.connection.connect()}>${t(ended ? "banner.again" : "banner.now")}</button>
  </div>`;
}
