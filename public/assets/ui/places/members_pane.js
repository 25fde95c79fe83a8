// Who belongs to a channel, by role, whether they are here or not; in a direct conversation, whom it is with.

import {html, useEffect, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {person} from "../../state/managing.js";
import {lacks} from "../../state/may.js";
import {fold} from "../../text/characters.js";
import {twins} from "../../text/people.js";
import {Name} from "../avatar.js";
import {Icon} from "../icons.js";
import {Members} from "../members.js";
import {Presence, Who, isHere, roleOf} from "./face.js";
import {useShared} from "./shared.js";

const PAGE = 200; // members in one answer
const FEW = 8; // channels that one shares with somebody
const SETTLE = 300; // ms: changes often come together
const INVITE = "M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2M13 7a4 4 0 1 1-8 0 4 4 0 0 1 8 0M19 8v6M22 11h-6";
const {compare} = new Intl.Collator(undefined, {numeric: true});

/** Show who is meant where a face or a name in the conversation was clicked. */
function personAt({target, detail}, chat, channel, show) {
  const said = target.closest?.(".mention");
  const face = target.closest?.(".message .avatar, .message header .name");
  if (!detail || !(said || face) || !document.getSelection().isCollapsed) return;
  const {id} = face?.closest(".message").dataset ?? {};
  const line = face && (channel.byId(id) ?? channel.thread?.byId(id));
  const wanted = said && fold(said.textContent.slice(1));
  const people = [...channel.users.values(), ...[...(channel.ranks?.values() ?? [])].map(({user}) => user), chat.user];
  const user = face ? line?.sender ?? (line ? null : chat.user) : people.find(({name}) => fold(name) === wanted);
  if (user && !user.id.startsWith("plugin:")) show({place: "person", user});
}

/** Ask for the members of a channel, whose names contain a word. */
async function ask(chat, channel, find = "") {
  const {members, count, more} = await chat.connection.call("members", {target: channel.name, find: find || undefined, limit: PAGE});
  const found = new Map(members.map((one) => [person(one).id, {...one, user: person(one)}]));
  if (!find && count !== undefined) chat.places.learn(channel, {members: count});
  if (!find) Object.assign(channel, {ranks: found, moreRanks: more, changes: channel.changes + 1});
  return found;
}

/** Everybody who is to be drawn: {user, role, present}; `visitor`: who is here without being a member. found: what was asked for by a word, else null. */
function everybody(chat, channel, found) {
  const all = new Map(found ?? channel.ranks ?? []);
  const role = channel.ranks && !channel.moreRanks ? "visitor" : "member";
  for (const user of found ? [] : channel.users.values()) if (!all.has(user.id)) all.set(user.id, {user, role, present: true});
  return [...all.values()].map((one) => ({...one, user: channel.users.get(one.user.id) ?? one.user, present: channel.joined ? (isHere(chat, one.user.id) || (channel.count > channel.users.size && Boolean(one.present))) : undefined}));
}

export function MembersPane({chat, channel, me, show, close}) {
  const [word, setWord] = useState("");
  const [found, setFound] = useState(null);
  const direct = channel.kind === "direct";
  useEffect(() => {
    if (!chat.served || !channel.joined || direct) return undefined;
    const timer = setTimeout(() => ask(chat, channel).then(chat.changed, () => {}), channel.ranks ? SETTLE : 0);
    return () => clearTimeout(timer);
  }, [channel, channel.joined, channel.memberships, chat.connection.session]);
  useEffect(() => {
    const click = (event) => personAt(event, chat, channel, show);
    document.addEventListener("click", click);
    return () => document.removeEventListener("click", click);
  }, [channel]);
  useEffect(() => {
    if (!word) return setFound(null);
    let late = false;
    const timer = setTimeout(() => ask(chat, channel, word).then((all) => late || setFound(all), () => {}), SETTLE / 2);
    return () => {
      late = true;
      clearTimeout(timer);
    };
  }, [word]);
  if (!chat.served) return html`<${Members} channel=${channel} me=${me} close=${close} />`;
  if (direct) return html`<${About} chat=${chat} channel=${channel} show=${show} close=${close} />`;

  const people = everybody(chat, channel, found);
  const alike = twins(people.map(({user}) => user));
  const order = (one, other) => Boolean(other.present) - Boolean(one.present) || compare(one.user.name, other.user.name);
  const groups = ["owner", "moderator", "member", "visitor"].map((role) => [role, people.filter((one) => one.role === role).sort(order)]).filter(([, group]) => group.length);
  return html`<aside class="members" tabindex="0" aria-label=${t("members.title")}>
    <header><h2>${t("members.title")}${channel.joined && html` <span class="muted">${channel.people}</span>`}</h2>
      ${channel.joined && !lacks(chat, channel, "invite") && html`<button class="quiet" onClick=${() => show({place: "invite"})} aria-label=${t("invite.do")} title=${t("invite.do")}><${Icon} path=${INVITE} /></button>`}
      <button class="quiet members-button" onClick=${close} aria-label=${t("dialog.close")}><${Icon} name="close" /></button>
    </header>
    ${(channel.moreRanks || word) && html`<div class="find"><${Icon} name="search" /><input value=${word} onInput=${({target}) => setWord(target.value.trim())} aria-label=${t("people.find")} placeholder=${t("people.find")} spellcheck=${false} autocomplete="off" dir="auto" /></div>`}
    ${groups.map(([role, group]) => html`<section key=${role}>
      ${groups.length > 1 && html`<h3>${t(`members.rank-${role}`)}</h3>`}
      <ul>${group.map((member) => html`<${Row} key=${member.user.id} member=${member} twin=${alike.has(member.user.id)} mine=${member.user.id === me?.id} show=${show} />`)}</ul>
    </section>`)}
    ${!found && channel.moreRanks && channel.about.members > people.length && html`<p class="muted">${t("members.more", {count: channel.about.members - people.length})}</p>`}
    ${found?.size === 0 && html`<p class="muted">${t("people.none", {name: word})}</p>`}
  </aside>`;
}

function Row({member, twin, mine, show}) {
  const {user, present, silenced_until: until} = member;
  return html`<li class=${present === false ? "out" : ""}><button class="quiet" onClick=${() => show({place: "person", user})}>
    <${Presence} user=${user} present=${present} />
    <${Name} user=${{...user, role: user.role === "member" ? "" : user.role}} twin=${twin} />${mine && html`<span class="muted"> ${t("members.you")}</span>`}
    ${until > Date.now() && html`<span class="muted"> ${t("members.silenced")}</span>`}
    ${present !== undefined && html`<span class="hidden">${t(present ? "people.here" : "people.away")}</span>`}
  </button></li>`;
}

/** Whom a direct conversation is with, and which channels one shares with them. */
function About({chat, channel, show, close}) {
  const others = channel.about.with ?? [];
  const [all, showAll] = useState(false);
  const shared = useShared(chat, others.length === 1 && others[0].id);
  return html`<aside class="members" tabindex="0" aria-label=${t("direct.about")}>
    <header><h2>${t("direct.about")}</h2><button class="quiet members-button" onClick=${close} aria-label=${t("dialog.close")}><${Icon} name="close" /></button></header>
    ${others.length === 1 ? html`<div class="who"><${Who} user=${others[0]} here=${isHere(chat, others[0].id)} role=${roleOf(others[0])} /></div>` : html`<ul>${others.map((user) => html`<${Row} key=${user.id} member=${{user, present: isHere(chat, user.id)}} show=${show} />`)}</ul>`}
    ${shared.length > 0 && html`<section><h3>${t("person.share")}</h3><ul>${shared.slice(0, all ? Infinity : FEW).map((one) => html`<li key=${one.name}><button class="quiet" onClick=${() => (close(), chat.open(one.name))}>
      <${Icon} name=${one.kind === "private" ? "lock" : "hash"} /><span class="name"><bdi>${one.label}</bdi></span></button></li>`)}</ul>
      ${!all && shared.length > FEW && html`<button class="quiet more" onClick=${() => showAll(true)}>${t("person.all", {count: shared.length})}</button>`}</section>`}
  </aside>`;
}
