// What administrators did, in sentences.

import {html} from "../../html.js";
import {fullDate, rich, t} from "../../i18n/index.js";
import {comingTime} from "../../text/times.js";
import {Avatar} from "../avatar.js";
import {Sign} from "./icons.js";
import {Find, Panel, Row} from "./panel.js";
import {since} from "./when.js";

const OF_CHANNELS = ["set-channel", "delete-channel", "join", "invite", "remove-member", "silence", "set-role"];
const POWERS = ["kick", "ban", "delete", "role", "admin-link", "passwd", "remove", "reload", ...OF_CHANNELS]; // that the page has words for
const USUAL = ["sent away", "banned", "deleted"]; // what the server writes where no reason was given

export function Audit({admin}) {
  const {entries, filter, more, view} = admin;
  const narrowed = filter.find || filter.power;
  return html`<${Panel}
    name="audit" kind="full" title=${t("admin.audit")} view=${view} most=${Infinity} more=${more} empty=${t(narrowed ? "admin.no-such-audit" : "admin.no-audit")}
    rows=${entries && entries.map((entry) => html`<${Entry} key=${entry.key} ...${entry} places=${admin.places.all} />`)}
    tools=${html`
      <${Find} value=${filter.find} change=${(find) => admin.sift({find})} label=${t("admin.audit-who")} />
      <select value=${filter.power} onChange=${({target}) => admin.sift({power: target.value})} aria-label=${t("admin.audit-what")}>
        ${["", ...POWERS].map((power) => html`<option key=${power} value=${power}>${t(`power.${power || "all"}`)}</option>`)}
      </select>`}
  />
  ${more && view === "audit" && html`<button class="older" onClick=${() => admin.older()}>${t("admin.older")}</button>`}`;
}

function Entry({time, by, power, about, places}) {
  const face = by.id ? html`<${Avatar} user=${by} />` : html`<span class="tile" aria-hidden="true"><${Sign} name="terminal" /></span>`;
  const [said, small] = told(by, power, about, places);
  return html`<${Row} face=${face} title=${html`<span class="told">${said}</span>`} small=${small}>
    <time class="number" dateTime=${new Date(time).toISOString()} title=${fullDate(time)}>${since(time)}</time>
  <//>`;
}

/** What was done, in two pieces: the sentence, and how. A power that a plugin has added is shown as it is. */
function told(by, power, about, places) {
  const reason = about.reason && !USUAL.includes(about.reason) && html`<q>${about.reason}</q>`;
  const until = about.until * (OF_CHANNELS.includes(power) ? 1 : 1000); // of channels the server counts in ms
  const end = until > 0 && html`<span title=${fullDate(until)}>${t("audit.until", {until: comingTime(until)})}</span>`;
  const values = {
    by: html`<b><bdi>${by.id ? by.name : t("audit.operator")}</bdi></b>`,
    whom: html`<b><bdi>${about.name || about.whom || about.user || about.lifted}</bdi></b>`,
    role: about.role && html`<b>${t(`role.${about.role}`)}</b>`,
    name: html`<b>${about.plugin}</b>`,
    channel: html`<b title=${about.channel}><bdi>${places?.get(about.channel)?.title ?? `#${about.channel}`}</bdi></b>`,
  };
  if (about.lifted) return [rich("audit.unban", values)];
  if (!POWERS.includes(power)) return [[values.by, ` ${power}`], JSON.stringify(about)];
  if (power === "set-channel") return [rich("audit.set-channel", values), changed(about)];
  return [rich(`audit.${power}`, values), end && reason ? [end, t("audit.comma"), reason] : end || reason];
}

/** The settings that were set, by the names that the wire and the command line have for them. */
function changed({channel: _, open: __, ...settings}) {
  const said = Object.entries(settings).map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return html`<bdi>${said.join(t("audit.comma"))}</bdi>`;
}
