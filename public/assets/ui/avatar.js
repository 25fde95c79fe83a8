// A person: initials on the hue of the id, and the name, with a part of the id if names look alike.

import {html} from "../html.js";
import {t} from "../i18n/index.js";
import {hue, initials} from "../text/people.js";

export function Avatar({user, small}) {
  return html`<span class=${small ? "avatar small" : "avatar"} style=${{"--hue": hue(user.id)}} aria-hidden="true">
    ${initials(user.name)}
  </span>`;
}

/** twin: whether someone else's name looks like this one. */
export function Name({user, twin}) {
  return html`<span class="name" dir="auto">${user.name}</span>${twin && html`<span class="twin" title=${t("members.twin")}>${user.id.replace(/^\w:/, "").slice(0, 4)}</span>`}${user.role && html` <span class="role">${t(`role.${user.role}`)}</span>`}`;
}
