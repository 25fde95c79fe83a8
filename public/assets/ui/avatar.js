// A person, or a plugin that speaks: initials (small: one letter) on one of twelve hues, by the id, and the name, with a part of the id if names look alike.

import {html} from "../html.js";
import {t} from "../i18n/index.js";
import {hue, initials} from "../text/people.js";

const PLUGIN = "plugin:"; // begins no user's id
const isPlugin = ({id}) => id.startsWith(PLUGIN);

/** A plugin, by its name, as a sender. */
export const pluginSender = (name) => ({id: PLUGIN + name, name: name[0].toUpperCase() + name.slice(1)});

export function Avatar({user, small, large}) {
  const name = small ? user.name.trim().split(/\s/)[0] : user.name;
  const kind = isPlugin(user) ? "tile" : `avatar h${1 + Math.floor(hue(user.id) / 30)}`;
  return html`<span class=${`${kind} ${small ? "small" : large ? "large" : ""}`} aria-hidden="true">${initials(name)}${Avatar.Picture && html`<${Avatar.Picture} user=${user} px=${small ? 24 : large ? 64 : 36} />`}</span>`;
}

/** What tells somebody from another one whose name looks like theirs. */
export const Twin = ({user}) => html`<span class="twin" title=${t("members.twin")}>${user.id.slice(-4)}</span>`;

/** twin: whether someone else's name looks like this one. */
export function Name({user, twin}) {
  return html`<span class="name" dir="auto">${user.name}</span>${twin && html`<${Twin} user=${user} />`}${(user.role || isPlugin(user)) && html` <span class="role">${t(user.role ? `role.${user.role}` : "plugin.tag")}</span>`}`;
}
