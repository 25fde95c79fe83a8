// Who reacted to a message, and with what.

import {html, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {Avatar} from "../avatar.js";
import {usePeopleOf} from "../names.js";
import {Dialog} from "./dialog.js";

/** line: of the channel. first: the reaction whose tab is open at first; none: all. */
export function Reacted({chat, channel, line, first = "", close}) {
  const [chosen, choose] = useState(first); // a key; "": all
  const me = chat.user;
  const {reactions = []} = chat.view(channel, channel.get(line.seq) ?? line); // as they are now
  const open = reactions.some(({key}) => key === chosen) ? chosen : "";
  const people = usePeopleOf(chat, channel, [...new Set(reactions.flatMap(({users}) => users))]);
  const shown = reactions.filter(({key}) => !open || key === open);
  const tabs = [["", t("reaction.everyone", {count: reactions.reduce((all, {count}) => all + count, 0)})], ...reactions.map(({key, count}) => [key, `${key} ${count}`])];
  const named = shown.flatMap(({key, users}) => {
    const mine = chat.reacted(channel, {...line, reactions}, key) ? [{key, id: me.id, name: me.name}] : [];
    return [...mine, ...users.filter((id) => id !== me?.id).map((id) => ({key, id, name: people.find((one) => one.id === id).name}))];
  }).filter(({name}) => name);
  const others = shown.reduce((all, {count}) => all + count, 0) - named.length;
  function key(event) {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key] * (getComputedStyle(event.currentTarget).direction === "rtl" ? -1 : 1);
    if (!step) return;
    const next = tabs[(tabs.findIndex(([one]) => one === open) + step + tabs.length) % tabs.length][0];
    choose(next);
    event.currentTarget.children[tabs.findIndex(([one]) => one === next)].focus();
  }
  return html`<${Dialog} title=${t("message.reacted")} close=${close}>
    <div class="reacted">
      <div class="pick" role="tablist" onKeyDown=${key}>${tabs.map(([one, words]) => html`<button key=${one} class="quiet" role="tab" id=${`reacted-${one}`} tabindex=${one === open ? 0 : -1}
        aria-selected=${one === open} aria-controls="reacted" onClick=${() => choose(one)}>${words}</button>`)}</div>
      <div id="reacted" role="tabpanel" aria-labelledby=${`reacted-${open}`} tabindex="0"><ul>
        ${named.map(({key, id, name}) => html`<li key=${`${key} ${id}`}><${Avatar} user=${{id, name}} small /><span class="name" dir="auto">${name}</span>${id === me?.id && html`<span class="muted">${t("members.you")}</span>`}<span>${key}</span></li>`)}
        ${others > 0 && html`<li class="muted">${t("notice.others", {count: others})}</li>`}
      </ul></div>
    </div>
  <//>`;
}
