// The row under a message that has a thread: who answered, how many, and when last.

import {html} from "../../html.js";
import {t} from "../../i18n/index.js";
import {Avatar} from "../avatar.js";
import {usePeopleOf} from "../names.js";
import {when} from "../when.js";

const FACES = 3;

/** line: with `replies`. news: whether some of them are unread. */
export function Replies({chat, channel, line, news}) {
  const {count, last, users} = line.replies;
  const people = usePeopleOf(chat, channel, users.slice(0, FACES));
  return html`<button class=${news ? "replies news" : "replies"} onClick=${() => chat.threads?.open(channel, line.seq)} title=${t("thread.open")}>
    <span class="faces">${people.map((user) => html`<${Avatar} key=${user.id} user=${user} small />`)}</span>
    <b>${t("thread.count", {count})}</b>${news && html`<span class="hidden">${t("thread.unread")}</span>`}
    <span class="last">${t("thread.last", {time: when(last)})}</span>
  </button>`;
}
