// Between the log and the composer: one thing at a time that the room has to say. Nothing else floats over the log.

import {html} from "../html.js";
import {rich, t} from "../i18n/index.js";
import {Banner, silent} from "./banner.js";
import {Icon, Mark} from "./icons.js";

/** loading: there is nothing of the channel yet. ways: {unread, present}, each {words, go} where there is something above or below what one sees. later: dialogs/index.js, once it is loaded. */
export function Strip({chat, channel, loading, ways = {}, later: {Growth, growing, Slow, Undo, undoable}}) {
  const left = undoable?.(chat);
  if (!silent(chat) && !left) return html`<div class="strip"><${Banner} chat=${chat} /></div>`;
  if (loading && !left) return html`<div class="strip late"><${Mark} moves /><p class="typing">${t("messages.fetching")}</p></div>`;
  const {unread, present} = ways;
  const names = left || unread || present || !channel ? [] : writing(channel);
  const grows = !left && channel && growing?.(channel);
  return html`<div class="strip">
    ${Undo && html`<${Undo} ...${left} />`}
    ${(grows || names.length > 0) && html`<${Mark} moves />`}
    ${!left && channel && Slow && html`<${Slow} chat=${chat} channel=${channel} quiet=${grows || names.length || unread || present} />`}
    ${grows ? html`<${Growth} chat=${chat} channel=${channel} line=${grows} />` : html`<p class="typing">${typing(names)}</p>`}
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
