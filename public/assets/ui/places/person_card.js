// Who somebody is, and what one can do: write to them, name them; in a channel, give them a role, silence or remove them.

import {html, useState} from "../../html.js";
import {explain, has, listed, t, translated} from "../../i18n/index.js";
import {comingTime} from "../../text/times.js";
import {directWith, manage, openDirect} from "../../state/managing.js";
import {lacks, mayWrite} from "../../state/may.js";
import {twins} from "../../text/people.js";
import {insert} from "../input.js";
import {Dialog} from "../dialogs/dialog.js";
import {Pick, Setting} from "../dialogs/setting.js";
import {Icon} from "../icons.js";
import {Who, isHere, roleOf} from "./face.js";
import {useShared} from "./shared.js";

const SHARED = 3; // channels that are named
const SILENCE = [0, 10, 60, 24 * 60]; // minutes
const MESSAGE = "M7.9 20A9 9 0 1 0 4 16.1L2 22z";
const AT = "M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0M16 8v5a3 3 0 0 0 6 0v-1a10 10 0 1 0-4 8";
const REMOVE = "M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2M13 7a4 4 0 1 1-8 0 4 4 0 0 1 8 0M22 11h-6";

export function Person({chat, channel, user: given, show, close}) {
  const [words, setWords] = useState("");
  const present = channel?.users.get(given.id); // who has just come for the first time is in no list of members
  const member = channel?.ranks?.get(given.id) ?? (present && {user: present, role: "member"});
  const user = present ?? member?.user ?? given;
  const mine = user.id === chat.user?.id;
  const here = mine || isHere(chat, user.id);
  const alike = channel && twins([...channel.users.values(), user]).has(user.id);
  const shared = useShared(chat, !mine && user.id).map(({called}) => called);
  const named = [...shared.slice(0, shared.length > SHARED + 1 ? SHARED : SHARED + 1), ...(shared.length > SHARED + 1 ? [t("person.more", {count: shared.length - SHARED})] : [])];
  const role = member && member.role !== "member" ? t(`members.role-${member.role}`) : roleOf(user);
  const silenced = member?.silenced_until > Date.now() ? t("person.silenced", {until: comingTime(member.silenced_until)}) : "";

  async function act(what) {
    setWords("");
    try {
      await what();
    } catch (error) {
      setWords(explain(error));
    }
  }
  const write = () => act(async () => {
    await openDirect(chat, [user.id]);
    close();
  });
  function mention() {
    close();
    const box = document.querySelector(".composer textarea");
    insert(box, `@${user.name} `, box.selectionStart, box.selectionEnd);
  }

  const manages = member && !mine && chat.served && !lacks(chat, channel, "silence");
  return html`<${Dialog} title=${user.name} close=${close} bare>
    <div class="who">
      <${Who} user=${user} here=${here} role=${role} tag=${alike && html` <span class="tag bad">${t("person.twin")}</span>`} more=${silenced} />
      ${alike && html`<p class="wrong"><${Icon} name="alert" /><span>${t("members.twin")} <code>${user.id.slice(-8)}</code></span></p>`}
      ${shared.length > 0 && html`<p class="shared"><span class="muted">${t("person.share")}</span> <bdi>${listed(named).map(({value}) => value).join("")}</bdi></p>`}
    </div>
    <p class="alert" role="alert">${words}</p>
    ${!mine && html`<div class="row-of">
      ${chat.served && (mayWrite(chat) || directWith(chat, [user.id])) && html`<button class="primary" onClick=${write}><${Icon} path=${MESSAGE} />${t("person.message")}</button>`}
      ${channel && html`<button onClick=${mention}><${Icon} path=${AT} />${t("person.mention")}</button>`}
    </div>`}
    ${manages && html`<div class="settings"><${Managing} ...${{chat, channel, member, act, show}} /></div>`}
  <//>`;
}

function Managing({chat, channel, member, act, show}) {
  const {id} = member.user;
  const why = (call) => lacks(chat, channel, call, {user: id});
  /** Do it, and show it at once; a refusal takes it back. */
  const change = (what, fields, shown) => act(async () => {
    channel.ranks?.set(id, {...member, ...shown});
    chat.changed();
    try {
      await manage(chat, channel, what, {user: id, ...fields});
    } catch (error) {
      channel.ranks?.set(id, member);
      throw error;
    }
  });
  const role = (wanted) => change("set-role", {role: wanted}, {role: wanted});
  const silence = (minutes) => change("silence", {minutes}, {silenced_until: minutes && Date.now() + minutes * 60_000});
  const silenced = member.silenced_until > Date.now();
  const left = silenced ? (member.silenced_until - Date.now()) / 60_000 : 0;
  return html`
    <${Pick} name="role" title=${t("person.role")} help=${because(why("set-role"))} values=${["member", "moderator", "owner"]} label=${(one) => t(`members.role-${one}`)} chosen=${member.role} change=${role} disabled=${Boolean(why("set-role"))} />
    <${Pick} name="silence" title=${t("person.silence")} help=${because(why("silence"))} values=${SILENCE} label=${(one) => t(`person.silence-${one}`)} chosen=${silenced ? SILENCE.find((one) => one >= Math.floor(left)) : 0} change=${silence} disabled=${Boolean(why("silence"))} />
    <${Setting} id="remove" title=${t("person.remove")} help=${because(why("remove-member")) ?? t("person.remove-help", {name: channel.called})}>
      <button class="danger" disabled=${Boolean(why("remove-member"))} onClick=${() => show({place: "remove", member})}><${Icon} path=${REMOVE} />${t("person.remove-do")}</button>
    <//>`;
}

/** Why something cannot be done, in words; nothing before the server has said it. */
export const because = (no) => no?.rule && (has(`needs.${no.rule}`) ? t(`needs.${no.rule}`) : translated(no.needs));
