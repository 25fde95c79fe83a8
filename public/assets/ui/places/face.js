// Faces with a dot for who is here.

import {html} from "../../html.js";
import {t} from "../../i18n/index.js";
import {Avatar} from "../avatar.js";

/** The icon of what is silent. */
export const HUSHED =
  "M10.268 21a2 2 0 0 0 3.464 0M17 17H4a1 1 0 0 1-.74-1.673C4.59 13.956 6 12.499 6 8a6 6 0 0 1 .258-1.742M2 2l20 20M8.668 3.01A6 6 0 0 1 18 8c0 2.687.77 4.653 1.707 6.05";

/** Whether somebody is known to be here now, in some channel. */
export const isHere = ({channels}, id) => [...channels.values()].some(({joined, users}) => joined && users.has(id));

/** Whom a direct conversation is with: a person, with a dot if they are here, or how many there are. large: in the header. */
export function Face({chat, channel: {name, about}, large}) {
  const others = about.with ?? [];
  const many = others.length > 1;
  const user = many ? {id: name, name: String(others.length + 1)} : others[0] ?? {id: name, name: "–"};
  return html`<span class="face"><${Avatar} user=${user} small=${!large} />${!many && isHere(chat, user.id) && html`<span class="dot" aria-hidden="true"></span>`}</span>`;
}

/** A person. present: whether they are here. */
export function Presence({user, present, small = true}) {
  return html`<span class="face"><${Avatar} user=${user} small=${small} />${present && html`<span class="dot" aria-hidden="true"></span>`}</span>`;
}

/** What is said of somebody in a list to choose from: "guest · here". */
export const now = (chat, user) => [roleOf(user), user.present ?? isHere(chat, user.id) ? t("people.here") : ""].filter(Boolean).join(" · ");

/** Who somebody is, at the top of what is said of them. role: in words. tag: beside the name. more: words about now. */
export function Who({user, here, role, tag, more}) {
  return html`<${Presence} user=${user} present=${here} small=${false} />
    <h3 dir="auto">${user.name}${tag}</h3>
    <p class="muted">${[role, t(here ? "people.here-now" : "people.away"), more].filter(Boolean).join(" · ")}</p>`;
}

/** What somebody is on this server, in words; nothing of a member. */
export const roleOf = ({role}) => (role && role !== "member" ? t(`role.${role}`) : "");
