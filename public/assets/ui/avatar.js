// A person: initials (small: one letter) on one of twelve hues, by the id, and the name, with a part of the id if names look alike.

import {html} from "../html.js";
import {t} from "../i18n/index.js";
import {hue, initials} from "../text/people.js";

export function Avatar({user, small}) {
  const name = small ? user.name.trim().split(/\s/)[0] : user.name;
  return html`<span class=${`avatar h${1 + Math.floor(hue(user.id) / 30)} ${small ? "small" : ""}`} aria-hidden="true">${initials(name)}</span>`;
}

/** twin: whether someone else's name looks like this one. */
export function Name({user, twin}) {
  return html`<span class="name" dir="auto">${user.name}</span>${twin && html`<span class="twin" title=${t("members.twin")}>${user.id.replace(/^\w:/, "").slice(0, 4)}</span>`}${user.role && html` <span class="role">${t(`role.${user.role}`)}</span>`}`;
}
