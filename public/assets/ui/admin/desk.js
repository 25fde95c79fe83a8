// The administrator's page: charts, people, channels, bans, the audit.

import {NAMES} from "../../state/figures.js";
import {html, useState} from "../../html.js";
import {fullDate, rich, t} from "../../i18n/index.js";
import {signOut} from "../../state/sign_out.js";
import {twins} from "../../text/people.js";
import {Avatar, Name} from "../avatar.js";
import {Banner} from "../banner.js";
import {Chart} from "./chart.js";
import {Icon} from "../icons.js";
import {LanguageChoice} from "../language.js";
import {Sanction} from "./sanction.js";

export function Desk({office}) {
  const [against, setAgainst] = useState(null); // {user, addresses}, or {} for an address that is written
  return html`<main class="desk">
    <header>
      <h1>${t("settings.admin")}</h1>
      <a href="./">${t("admin.chat")}</a>
      <span class="name" dir="auto">${office.name}</span>
      <${LanguageChoice} chat=${office} />
      <button class="quiet" onClick=${() => signOut(office)} aria-label=${t("me.leave")} title=${t("me.leave")}><${Icon} name="leave" /></button>
    </header>
    <${Banner} chat=${office} />
    <p class="done" role="status">${office.done}</p>
    <section class="charts" aria-label=${t("admin.figures")}>
      ${NAMES.map((name) => html`<${Chart} key=${name} name=${name} values=${office.figures.series[name]} />`)}
    </section>
    <div class="columns">
      <${People} office=${office} choose=${setAgainst} />
      <${Channels} overview=${office.overview} />
      <${Plugins} office=${office} />
      <${Bans} office=${office} choose=${setAgainst} />
      <${Audit} entries=${office.entries} />
    </div>
    ${against && html`<${Sanction} office=${office} against=${against} close=${() => setAgainst(null)} />`}
  </main>`;
}

function People({office, choose}) {
  const {people, found} = office.overview;
  const alike = twins(people.map(({user}) => user));
  return html`<section class="people" aria-labelledby="people">
    <h2 id="people">${office.state.kind === "open" ? t("members.here", {count: office.overview.now.users}) : t("members.title")}</h2>
    <input
      type="search" value=${office.find} onInput=${({target}) => office.seek(target.value)} maxlength="128" dir="auto"
      placeholder=${t("admin.find")} aria-label=${t("admin.find")} spellcheck="false"
    />
    <ul>
      ${people.map(({user, connections, addresses}) => html`<li key=${user.id}>
        <${Avatar} user=${user} small />
        <span class="about"><span class="who"><${Name} user=${user} twin=${alike.has(user.id)} /></span>
          <span class="muted">${[t("admin.connections", {count: connections}), ...addresses].join(" · ")}</span></span>
        ${user.id === office.user?.id
          ? html`<span class="muted">${t("members.you")}</span>`
          : html`<button onClick=${() => choose({user, addresses})} aria-label=${t("admin.against", {name: user.name})}>${t("admin.act")}</button>`}
      </li>`)}
    </ul>
    ${found > people.length && html`<p class="muted">${t("members.more", {count: found - people.length})}</p>`}
    ${!found && html`<p class="muted">${t("admin.nobody")}</p>`}
  </section>`;
}

function Channels({overview: {channels, now}}) {
  return html`<section aria-labelledby="channels">
    <h2 id="channels">${t("admin.channels", {count: now.channels})}</h2>
    <ul>
      ${channels.map(({name, count}) => html`<li key=${name}>
        <span class="hash" aria-hidden="true">#</span><span class="name" dir="auto">${name}</span><span class="muted">${t("jump.members", {count})}</span>
      </li>`)}
    </ul>
    ${now.channels > channels.length && html`<p class="muted">${t("members.more", {count: now.channels - channels.length})}</p>`}
  </section>`;
}

function Plugins({office}) {
  const {plugins} = office.overview;
  return html`<section class="plugins" aria-labelledby="plugins">
    <h2 id="plugins">${t("admin.plugins")}</h2>
    <ul>
      ${plugins.map(({name, state, error, calls, failures}) => html`<li key=${name}>
        <span class="about"><b>${name}</b> <span class=${error ? "alert" : "muted"} dir="auto">${error ? `${state}: ${error}` : state}</span>
          <span class="muted">${t("admin.calls", {count: calls, failures})}</span></span>
        <button onClick=${() => office.reload(name)} aria-label=${t("admin.reload-label", {name})}>${t("admin.reload")}</button>
      </li>`)}
    </ul>
    ${!plugins.length && html`<p class="muted">${t("admin.no-plugins")}</p>`}
  </section>`;
}

function Bans({office, choose}) {
  return html`<section aria-labelledby="bans">
    <h2 id="bans">${t("admin.bans")}</h2>
    <ul>
      ${office.bans.map(({whom, name, until, reason, by}) => html`<li key=${whom} class="ban">
        <span class="about"><b dir="auto">${name || whom}</b>
          <span class="muted" dir="auto">${t("admin.ban", {by, reason, until: fullDate(until * 1000)})}</span></span>
        <button onClick=${() => office.lift(whom)} aria-label=${t("admin.lift-label", {name: name || whom})}>${t("admin.lift")}</button>
      </li>`)}
    </ul>
    ${!office.bans.length && html`<p class="muted">${t("admin.no-bans")}</p>`}
    <button onClick=${() => choose({})}>${t("admin.ban-address")}</button>
  </section>`;
}

function Audit({entries}) {
  return html`<section class="audit" aria-labelledby="audit">
    <h2 id="audit">${t("admin.audit")}</h2>
    <ul>
      ${entries.map((entry) => html`<li key=${entry.key}>
        <span class="about"><span dir="auto">${told(entry)}</span><time class="muted" dateTime=${new Date(entry.time).toISOString()}>${fullDate(entry.time)}</time></span>
      </li>`)}
    </ul>
    ${!entries.length && html`<p class="muted">${t("admin.no-audit")}</p>`}
  </section>`;
}

/** What an entry of the audit says; one of a power that is not known here in its own words. */
function told({by, power, about}) {
  const values = {
    by: html`<b>${by.name}</b>`,
    whom: html`<b>${about.name || about.whom || about.user || about.lifted}</b>`,
    reason: about.reason,
    role: about.role,
    name: html`<b>${about.plugin}</b>`,
    until: about.until && fullDate(about.until * 1000),
  };
  if (about.lifted) return rich("audit.unban", values);
  if (["kick", "ban", "role", "passwd", "reload"].includes(power)) return rich(`audit.${power}`, values);
  return [values.by, ` ${power} ${JSON.stringify(about)}`];
}
