// All channels but direct conversations, and what an administrator may do with them.

import {html} from "../../html.js";
import {fullDate, t} from "../../i18n/index.js";
import {Tile} from "../icons.js";
import {Sign} from "./icons.js";
import {Menu} from "./menu.js";
import {Find, Panel, Row, listed} from "./panel.js";
import {since} from "./when.js";

export function Channels({admin}) {
  const {places, overview, view} = admin;
  const {find, more} = places;
  // The fullest ones first, as they are now; then those that nobody is in.
  const here = new Map(overview.channels.map(({name, count}) => [name, count]));
  const rows = places.all && [...places.all.values()].map((one) => ({...one, count: here.get(one.channel) ?? one.count}));
  rows?.sort((one, other) => other.count - one.count || other.members - one.members);
  return html`<${Panel}
    name="channels" title=${t("admin.channels")} view=${view} most=${Infinity} more=${more}
    empty=${t(find ? "admin.no-such-channel" : "admin.no-channels")}
    tools=${html`<${Find} value=${find} change=${(words) => places.seek(words)} label=${t("admin.find-channel")} />`}
    rows=${rows && rows.map((one) => html`<${Row}
      key=${one.channel} face=${html`<${Tile} name=${one.kind === "private" ? "lock" : "hash"} />`}
      title=${one.kind === "private"
        ? html`<b class="name" dir="auto">${one.title}</b>`
        : html`<a class="name" dir="auto" href=${`./#/${encodeURIComponent(one.channel)}`}>${one.title ?? one.channel}</a>`}
      small=${listed([
        one.title && one.kind === "public" && one.channel,
        t("admin.members", {count: one.members}),
        one.last && html`<span title=${fullDate(one.last)}>${since(one.last)}</span>`,
      ])}
    >
      <span class="number">${t("jump.members", {count: one.count})}</span>
      ${one.archived && html`<span class="tag">${t("admin.archived")}</span>`}
      ${one.kind === "public" && !one.listed && html`<span class="tag">${t("admin.unlisted")}</span>`}
      <${Menu} label=${t("admin.more", {name: one.title ?? one.channel})} face=${html`<${Sign} name="more" />`} items=${items(places, one)} />
    <//>`)}
  />
  ${more && view === "channels" && html`<button class="older" onClick=${() => places.next()}>${t("admin.some")}</button>`}`;
}

/** What is in the menu of a channel. To read a private one an administrator joins it, as everybody does. */
function items(places, {channel, kind, listed: found, archived}) {
  return [
    kind === "public" && {words: t(found ? "admin.unlist" : "admin.list"), act: () => places.set(channel, {listed: !found})},
    {words: t(archived ? "admin.unarchive" : "admin.archive"), act: () => places.set(channel, {archived: !archived})},
    kind === "private" && {words: t("admin.join"), href: `./#/${encodeURIComponent(channel)}`},
    {words: t("admin.copy-address"), act: () => navigator.clipboard?.writeText(channel)},
  ].filter(Boolean);
}
