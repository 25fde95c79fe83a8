// The administrator's page: a bar with its views, a line for what there is to say, figures and lists.

import {html, useEffect, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {rounded} from "../../state/figures.js";
import {VIEWS} from "../../state/admin.js";
import {Avatar} from "../avatar.js";
import {Banner, silent} from "../banner.js";
import {SERVER, Tile} from "../icons.js";
import {LanguageChoice} from "../language.js";
import {Audit} from "./audit.js";
import {Channels} from "./channels.js";
import {Chart} from "./chart.js";
import {Menu} from "./menu.js";
import {Nodes} from "./nodes.js";
import {Bans, People} from "./people.js";
import {Plugins} from "./plugins.js";
import {Sanction} from "./sanction.js";
import {signOut} from "../../state/sign_out.js";

const named = () => VIEWS.find((view) => location.hash === `#${view}`) ?? VIEWS[0];

export function Dashboard({admin}) {
  const [against, setAgainst] = useState(null); // see Sanction
  useEffect(() => {
    const turn = () => {
      admin.turn(named());
      document.querySelector(".floor").scrollTop = 0;
    };
    admin.turn(named());
    window.addEventListener("hashchange", turn);
    return () => window.removeEventListener("hashchange", turn);
  }, []);
  const {view, overview} = admin;
  const shows = (one) => view === one || view === "overview";
  return html`<div class="desk">
    <${Bar} admin=${admin} />
    <div class="says">${silent(admin) ? html`<p role="status">${admin.said}</p>` : html`<${Banner} chat=${admin} />`}</div>
    <div class="floor">
      <main class=${admin.live ? "" : "stale"} aria-busy=${!overview}>
        <h1 class="hidden">${t(`view.${view}`)}</h1>
        ${!overview && html`<p class="nothing loading">${t("messages.loading")}</p>`}
        ${overview && html`
          ${view === "overview" && html`<${Figures} admin=${admin} />${overview.nodes && html`<${Nodes} admin=${admin} />`}`}
          ${shows("people") && html`<${People} admin=${admin} choose=${setAgainst} /><${Bans} admin=${admin} choose=${setAgainst} />`}
          ${shows("plugins") && html`<${Plugins} admin=${admin} />`}
          ${shows("channels") && html`<${Channels} admin=${admin} />`}
          ${shows("audit") && html`<${Audit} admin=${admin} />`}`}
      </main>
    </div>
    ${against && html`<${Sanction} admin=${admin} against=${against} close=${() => setAgainst(null)} />`}
  </div>`;
}

function Bar({admin}) {
  const {user, view} = admin;
  const items = [
    {words: t("admin.chat"), href: "./"},
    {words: t("me.leave"), act: () => signOut(admin.session)},
  ];
  return html`<header>
    <${Tile} kind="server" /><b class="name">${SERVER}</b>
    <nav aria-label=${t("settings.admin")}>
      ${VIEWS.map((one) => html`<a key=${one} href=${`#${one}`} aria-current=${one === view ? "page" : undefined}>${t(`view.${one}`)}</a>`)}
    </nav>
    <a class="button small" href="./">${t("admin.chat")}</a>
    ${user && html`<${Menu} kind="me" label=${t("admin.me", {name: user.name})} face=${html`<${Avatar} user=${user} />`} items=${items}
      head=${html`<p class="oneself"><b class="name" dir="auto">${user.name}</b><small>${t(`role.${user.role ?? "member"}`)}</small></p>
        <label>${t("app.language")} <${LanguageChoice} chat=${admin} /></label>`} />`}
  </header>`;
}

function Figures({admin: {figures, overview}}) {
  const {series, tops} = figures;
  const chart = (name, small) => html`<${Chart} key=${name} name=${name} values=${series[name]} top=${tops[name]} small=${small} />`;
  return html`
    ${chart("users", t("figure.peak-today", {count: overview.now.peak}))}
    ${chart("messages", t("figure.second"))}
    ${chart("late", t("figure.late-peak", {count: rounded(Math.max(0, ...series.late))}))}
    ${chart("memory", t("figure.mib", {count: Math.round(series.processor.at(-1) ?? 0)}))}`;
}
