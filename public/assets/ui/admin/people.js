// Who is connected, and who is kept out.

import {html} from "../../html.js";
import {fullDate, t} from "../../i18n/index.js";
import {comingTime} from "../../text/times.js";
import {twins} from "../../text/people.js";
import {Avatar, Name} from "../avatar.js";
import {Tile} from "../icons.js";
import {Sign} from "./icons.js";
import {Menu} from "./menu.js";
import {Find, Panel, Row, listed} from "./panel.js";

const ADDRESSES = 2; // shown of each person

export function People({admin, choose}) {
  const {people, found, now} = admin.overview;
  const alike = twins(people.map(({user}) => user));
  return html`<${Panel}
    name="people" kind="two-thirds" title=${t(admin.live ? "admin.people" : "view.people")} count=${now.users} view=${admin.view}
    tools=${html`<${Find} value=${admin.find} change=${(find) => admin.seek(find)} label=${t("admin.find")} />`}
    rows=${people.map((person) => html`<${Person} key=${person.user.id} ...${person} admin=${admin} twin=${alike.has(person.user.id)} choose=${choose} />`)}
    empty=${t("admin.nobody")} total=${found}
  />`;
}

function Person({admin, user, connections, addresses, twin, choose}) {
  const {role = "member", ...plain} = user;
  const own = user.id === admin.user?.id;
  const more = addresses.length > ADDRESSES && `+${addresses.length - ADDRESSES}`;
  const about = [named(user.id), t("admin.devices", {count: connections}), ...addresses.slice(0, ADDRESSES), more];
  const items = [
    {words: t("admin.kick-menu"), act: () => choose({what: "kick", user})},
    {words: t("admin.ban-menu"), danger: true, act: () => choose({what: "ban", user, addresses})},
    {words: t("admin.copy-id"), act: () => navigator.clipboard?.writeText(user.id)},
  ];
  return html`<${Row}
    face=${html`<${Avatar} user=${user} />`} title=${html`<${Name} user=${plain} twin=${twin} />`}
    small=${listed(about)}
  >
    <span class=${role === "admin" ? "tag good" : "tag"}>${own ? t("members.you") : t(`role.${role}`)}</span>
    ${own ? html`<span class="gap"></span>` : html`<${Menu} label=${t("admin.more", {name: user.name})} face=${html`<${Sign} name="more" />`} items=${items} />`}
  <//>`;
}

/** The name in an id that says more than the page's own ones. */
function named(id) {
  if (!/^[htp]:/.test(id)) return "";
  try {
    return decodeURIComponent(id.slice(2));
  } catch {
    return id.slice(2);
  }
}

export function Bans({admin, choose}) {
  const {bans, view} = admin;
  return html`<${Panel}
    name="bans" kind="third" title=${t("admin.bans")} count=${bans?.length} view=${view}
    tools=${html`<button class="small" onClick=${() => choose({what: "address"})}>${t("admin.ban-address")}</button>`}
    rows=${bans && bans.map((ban) => html`<${Ban} key=${ban.whom} ban=${ban} admin=${admin} />`)} empty=${t("admin.no-bans")}
  />`;
}

function Ban({admin, ban}) {
  const {whom, name, until: end, reason, by} = ban;
  const shown = name || whom;
  const address = whom.includes("/");
  const values = {until: comingTime(end * 1000), by};
  return html`<${Row}
    face=${address ? html`<${Tile} name="ban" />` : html`<${Avatar} user=${{id: whom, name: shown}} />`}
    title=${html`<b class="name" dir="auto">${shown}</b>`}
    small=${html`<span title=${fullDate(end * 1000)}>${t("admin.banned", values)}</span>${reason && reason !== "banned" && html` · <q>${reason}</q>`}`}
  >
    <button class="small" onClick=${() => admin.lift(ban)} aria-label=${t("admin.lift-label", {name: shown})}>${t("admin.lift")}</button>
  <//>`;
}
