// Who is here.

import {html} from "../html.js";
import {t} from "../i18n/index.js";
import {twins} from "../text/people.js";
import {Avatar, Name} from "./avatar.js";
import {Icon} from "./icons.js";

const {compare} = new Intl.Collator(undefined, {numeric: true});

export function Members({channel, me, close}) {
  const users = [...channel.users.values()].sort((one, other) => compare(one.name, other.name));
  const alike = twins(users);
  const groups = ["admin", "member", "guest"].map((role) => [role, users.filter((user) => (user.role ?? "member") === role)]).filter(([, group]) => group.length);
  return html`<aside class="members" tabindex="0" aria-label=${t("members.title")}>
    <header><h2>${t("members.title")}${channel.joined && html` <span class="muted">${channel.count}</span>`}</h2>
      <button class="quiet members-button" onClick=${close} aria-label=${t("dialog.close")}><${Icon} name="close" /></button>
    </header>
    ${groups.map(([role, group]) => html`<section key=${role}>
      ${groups.length > 1 && html`<h3>${t(`members.${role}s`)}</h3>`}
      <ul>
        ${group.map((user) => html`<li key=${user.id}>
          <${Avatar} user=${user} small />${channel.joined && html`<span class="dot" aria-hidden="true"></span>`}
          <${Name} user=${{...user, role: ""}} twin=${alike.has(user.id)} />${user.id === me?.id && html`<span class="muted"> ${t("members.you")}</span>`}
        </li>`)}
      </ul>
    </section>`)}
    ${channel.count > users.length && html`<p class="muted">${t("members.more", {count: channel.count - users.length})}</p>`}
  </aside>`;
}
