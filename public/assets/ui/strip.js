// Between the log and the composer: one thing at a time that the room has to say. Nothing else floats over the log.

import {html, useEffect, useRef, useState} from "../html.js";
import {rich, t} from "../i18n/index.js";
import {Banner, silent} from "./banner.js";
import {Icon, Mark} from "./icons.js";

/** loading: there is nothing of the channel yet. ways: {unread, present}, each {words, go} where there is something above or below what one sees. */
export function Strip({chat, channel, loading, ways = {}}) {
  if (!silent(chat)) return html`<div class="strip"><${Banner} chat=${chat} /></div>`;
  if (loading) return html`<div class="strip late"><${Mark} moves /><p class="typing">${t("messages.fetching")}</p></div>`;
  const left = chat.sync.left.length > 0;
  const {unread, present} = ways;
  const names = left || unread || present || !channel ? [] : writing(channel);
  return html`<div class="strip">
    <${Left} chat=${chat} />
    ${names.length > 0 && html`<${Mark} moves />`}
    <p class="typing">${typing(names)}</p>
    ${!left && unread && html`<button class="pill jump up" onClick=${unread.go}><${Icon} name="up" /> ${unread.words}</button>`}
    ${!left && present && html`<button class="pill jump" onClick=${present.go}><${Icon} name="down" /> ${present.words}</button>`}
  </div>`;
}

const writing = ({typing}) => [...typing.values()].filter(({until}) => until > Date.now()).map(({user}) => user.name);

function typing([name, other, ...more]) {
  if (name === undefined) return "";
  const own = (one) => html`<bdi>${one}</bdi>`;
  if (other === undefined) return rich("typing.one", {name: own(name)});
  return more.length ? t("typing.many") : rich("typing.two", {name: own(name), other: own(other)});
}

/** The channel that was just left, with Undo and the seconds in which that can be done. */
function Left({chat}) {
  const button = useRef();
  const {channel, until} = chat.sync.left.at(-1) ?? {};
  const name = channel?.name;
  const [, tick] = useState(0);
  useEffect(() => {
    if (name === undefined) return;
    if (document.activeElement === document.body) button.current?.focus(); // the button that was pressed may be gone
    const timer = setInterval(() => tick((count) => count + 1), 250);
    return () => clearInterval(timer);
  }, [name]);
  return html`<div role="status">${channel && html`<div class="left">
    <span dir="auto">${t("channels.left", {name})}</span>
    <button class="pill" ref=${button} onClick=${() => chat.open(name)}>
      <${Icon} name="undo" />${t("channels.undo")} <span class="seconds" aria-hidden="true">${Math.max(1, Math.ceil((until - Date.now()) / 1000))}</span>
    </button>
  </div>`}</div>`;
}
