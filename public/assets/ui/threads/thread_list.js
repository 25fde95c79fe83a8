// The threads that the user follows, beside the conversation; over it in a narrow window. Loaded with the dialogs.

import {html, useEffect, useRef, useState} from "../../html.js";
import {explain, fullDate, t} from "../../i18n/index.js";
import {gist} from "../../text/files.js";
import {Avatar} from "../avatar.js";
import {byKeys} from "../input.js";
import {SideList} from "../side_list.js";
import {StateCard} from "../state_card.js";
import {when} from "../when.js";

const FIRST_WORDS = 200; // characters of a message

/** close(): show them no more. over: whether they lie over the room. */
export function ThreadList({chat, close, over}) {
  const {threads} = chat;
  const box = useRef();
  const [words, setWords] = useState("");
  const ask = (answer) => answer.then(() => setWords(""), (error) => setWords(explain(error)));
  useEffect(() => {
    if (threads && chat.connection.open) ask(threads.fetch());
  }, [chat.connection.session, threads]);
  useEffect(() => {
    if (byKeys() && !over) (box.current.querySelector(".open") ?? box.current).focus();
  }, []);

  function open({name, root}) {
    const channel = chat.know(name);
    if (chat.current === name && channel.joined) threads.open(channel, root);
    else chat.open(name, {thread: root});
  }
  const all = [...(threads?.all.values() ?? [])].filter(({name}) => chat.channels.has(name));
  return html`<${SideList} box=${box} title=${t("threads.title")} about=${t("threads.about")} over=${over} close=${close} words=${words} near=${() => ask(threads.fetchMore())}>
    ${threads?.known && !all.length && html`<${StateCard} icon="thread" title=${t("threads.none")}><p>${t("threads.none-hint")}</p><//>`}
    <ul>${all.map((entry) => html`<${Row} key=${`${entry.name} ${entry.root}`} chat=${chat} entry=${entry} open=${open} />`)}</ul>
  <//>`;
}

function Row({chat, entry, open}) {
  const {name, unread, mentions} = entry;
  const channel = chat.channels.get(name);
  const line = chat.threads.rootOf(entry);
  const {sender, deleted, replies} = line;
  const here = name === chat.current && channel.thread?.root === entry.root;
  const last = replies?.last ?? entry.line.time;
  const count = replies?.count ?? 0;
  const words = [unread && t("channels.count", {count: unread}), mentions && t("channels.mentions", {count: mentions})].filter(Boolean).join(", ");
  return html`<li class=${unread ? "unread" : ""}>
    ${sender ? html`<${Avatar} user=${sender} />` : html`<span />`}
    <button class="open" aria-current=${here} onClick=${() => open(entry)}>
      <span class="head"><b class="name" dir="auto">${channel.called}</b> <time datetime=${new Date(last).toISOString()} title=${fullDate(last)}>${when(last)}</time></span>
      <span class="excerpt" dir="auto">${sender && html`<b>${sender.name}</b> `}${deleted ? html`<i>${t("message.deleted")}</i>` : gist(line, FIRST_WORDS)}</span>
      <span class="foot">${t("thread.count", {count})}${unread > 0 && html` <span class=${mentions ? "count mention" : "count"}><span aria-hidden="true">${mentions || unread}</span><span class="hidden">${words}</span></span>`}</span>
    </button>
  </li>`;
}
