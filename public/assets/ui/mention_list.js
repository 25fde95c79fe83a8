// The messages that mention the user, beside the conversation; over it in a narrow window. Loaded with the dialogs.

import {html, useEffect, useRef, useState} from "../html.js";
import {explain, fullDate, t} from "../i18n/index.js";
import {revOf} from "../state/merge.js";
import {gist} from "../text/files.js";
import {Avatar} from "./avatar.js";
import {byKeys} from "./input.js";
import {SideList} from "./side_list.js";
import {StateCard} from "./state_card.js";
import {when} from "./when.js";

const PAGE = 50; // messages in one request
const FIRST_WORDS = 300; // characters of a message
const GATHER = 1_000; // ms

/** close(): show them no more. over: whether they lie over the room, which is to be seen once one is chosen. */
export function MentionList({chat, close, over}) {
  const box = useRef();
  const [words, setWords] = useState("");
  const [found, find] = useState({lines: null, more: false, before: ""}); // newest first; null: not yet known
  const asking = useRef(false);
  const newest = (stretch) => stretch?.lines.findLast(({mentions}) => mentions && chat.readState.isFor(mentions))?.seq;
  const known = JSON.stringify([
    Array.from(chat.channels.values(), (channel) => [channel.mentions, newest(channel), newest(channel.thread)]),
    Array.from(chat.threads?.all.values() ?? [], ({mentions}) => mentions),
  ]); // with another state there may be more
  const {session} = chat.connection;

  async function ask(before) {
    if (asking.current) return;
    asking.current = true;
    try {
      const {messages, ...rest} = await chat.connection.call("mentions", {before, limit: PAGE});
      find((last) => ({...rest, lines: before ? [...last.lines, ...messages] : messages}));
      setWords("");
    } catch (error) {
      if (error.code !== "disconnected") setWords(explain(error)); // else asked again after the next hello
    } finally {
      asking.current = false;
    }
  }
  useEffect(() => {
    const timer = setTimeout(ask, found.lines ? GATHER : 0);
    return () => clearTimeout(timer);
  }, [session, known]);
  useEffect(() => {
    if (byKeys() && !over) box.current.focus();
  }, []);

  function open({target, seq}) {
    if (over) close();
    chat.open(target, seq);
  }
  /** A message as it is now, where that is known here. */
  function latest(line) {
    const here = chat.channels.get(line.target)?.get(line.seq);
    return here && revOf(here) > revOf(line) ? {...here, target: line.target} : line;
  }
  const lines = (found.lines ?? []).map(latest).filter(({target, deleted}) => !deleted && chat.channels.has(target));
  return html`<${SideList} box=${box} kind="mentions" title=${t("mentions.title")} about=${t("mentions.about")} over=${over} close=${close} words=${words} near=${() => found.more && ask(found.before)}>
    ${found.lines && !lines.length && html`<${StateCard} icon="at" title=${t("mentions.none")}><p>${t("mentions.none-hint")}</p><//>`}
    <ul>${lines.map((line) => html`<${Row} key=${`${line.target} ${line.seq}`} chat=${chat} line=${line} open=${open} />`)}</ul>
  <//>`;
}

function Row({chat, line, open}) {
  const {target, seq, sender, time, thread} = line;
  const channel = chat.channels.get(target);
  const unread = channel.mentions > 0 && (channel.mentioned.has(seq) || (!channel.epoch && seq > channel.read));
  return html`<li class=${unread ? "unread" : ""}>
    ${sender ? html`<${Avatar} user=${sender} />` : html`<span />`}
    <button class="open" aria-current=${target === chat.current && channel.jump?.seq === seq} onClick=${() => open(line)}>
      <span class="head">${sender && html`<b class="name" dir="auto">${sender.name}</b>`} <time datetime=${new Date(time).toISOString()} title=${fullDate(time)}>${when(time)}</time></span>
      <span class="excerpt" dir="auto">${gist(line, FIRST_WORDS)}</span>
      <span class="foot"><bdi>${channel.called}</bdi>${thread && html` · ${t("thread.title")}`}${unread && html` <span class="count mention"><span aria-hidden="true">@</span><span class="hidden">${t("mentions.unread")}</span></span>`}</span>
    </button>
  </li>`;
}
