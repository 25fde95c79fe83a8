// The administrator's page: charts, people, channels, bans, the audit.

import {NAMES} from "../../state/figures.js";
import {html, useState} from "../../html.js";
import {fullDate, rich, t} from "../../i18n/index.js";
import {twins} from "../../text/people.js";
import {Avatar, Name} from "../avatar.js";
import {Banner} from "../banner.js";
import {Chart} from "./chart.js";
import {Icon} from "../icons.js";
import {LanguageChoice} from "../language.js";
import {Sanction} from "./sanction.js";

export function Dashboard({admin}) {
  const [against, setAgainst] = useState(null); // {user, addresses}, or {} for an address to be typed
  return html`<main class="desk">
    <header>
      <h1>${t("settings.admin")}</h1>
      <a href="./">${t("admin.chat")}</a>
      <span class="name" dir="auto">${admin.session.name}</span>
      <${LanguageChoice} chat=${admin} />
      <button class="quiet" onClick=${() => admin.session.signOut()} aria-label=${t("me.leave")} title=${t("me.leave")}><${Icon} name="leave" /></button>
    </header>
    <${Banner} chat=${admin} />
    <p class="done" role="status">${admin.done}</p>
    <section class="charts" aria-label=${t("admin.figures")}>
      ${NAMES.map((name) => html`<${Chart} key=${name} name=${name} values=${admin.figures.series[name]} />`)}
    </section>
    <div class="columns">
      <${People} admin=${admin} choose=${setAgainst} />
      <${Channels} overview=${admin.overview} />
      <${Plugins} admin=${admin} />
      <${Bans} admin=${admin} choose=${setAgainst} />
      <${Audit} entries=${admin.entries} />
    </div>
    ${against && html`<${Sanction} admin=${admin} against=${against} close=${() => setAgainst(null)} />`}
  </main>`;
}

function People({admin, choose}) {
  const {people, found} = admin.overview;
  const alike = twins(people.map(({user}) => user));
  return html`<section class="people" aria-labelledby="people">
    <h2 id="people">${admin.session.state.kind === "open" ? t("members.here", {count: admin.overview.now.users}) : t("members.title")}</h2>
    <input
      type="search" value=${admin.find} onInput=${({target}) => admin.seek(target.value)} maxlength="128" dir="auto"
      placeholder=${t("admin.find")} aria-label=${t("admin.find")} spellcheck="false"
    />
    <ul>
      ${people.map(({user, connections, addresses}) => html`<li key=${user.id}>
        <${Avatar} user=${user} small />
        <span class="about"><span class="who"><${Name} user=${user} twin=${alike.has(user.id)} /></span>
          <span class="muted">${[t("admin.connections", {count: connections}), ...addresses].join(" · ")}</span></span>
        ${user.id === admin.user?.id
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

function Plugins({admin}) {
  const {plugins} = admin.overview;
  return html`<section class="plugins" aria-labelledby="plugins">
    <h2 id="plugins">${t("admin.plugins")}</h2>
    <ul>
      ${plugins.map(({name, state, error, calls, failures}) => html`<li key=${name}>
        <span class="about"><b>${name}</b> <span class=${error ? "alert" : "muted"} dir="auto">${error ? `${state}: ${error}` : state}</span>
          <span class="muted">${t("admin.calls", {count: calls, failures})}</span></span>
        <button onClick=${() => admin.reload(name)} aria-label=${t("admin.reload-label", {name})}>${t("admin.reload")}</button>
      </li>`)}
    </ul>
    ${!plugins.length && html`<p class="muted">${t("admin.no-plugins")}</p>`}
  </section>`;
}

function Bans({admin, choose}) {
  return html`<section aria-labelledby="bans">
    <h2 id="bans">${t("admin.bans")}</h2>
    <ul>
      ${admin.bans.map(({whom, name, until, reason, by}) => html`<li key=${whom} class="ban">
        <span class="about"><b dir="auto">${name || whom}</b>
          <span class="muted" dir="auto">${t("admin.ban", {by, reason, until: fullDate(until * 1000)})}</span></span>
        <button onClick=${() => admin.lift(whom)} aria-label=${t("admin.lift-label", {name: name || whom})}>${t("admin.lift")}</button>
      </li>`)}
    </ul>
    ${!admin.bans.length && html`<p class="muted">${t("admin.no-bans")}</p>`}
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

/** The text of an audit entry; an unknown action is shown as it is. */
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
