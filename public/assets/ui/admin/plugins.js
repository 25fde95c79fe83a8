// The plugins.

import {html} from "../../html.js";
import {t} from "../../i18n/index.js";
import {Sign} from "./icons.js";
import {Panel, Row, listed} from "./panel.js";

const WELL = ["on", "idle"]; // states of a plugin
const FOLDERS = /(?:\/[^/\s:]+)+\/(?=[^/\s]+\.py\b)/g; // before the name of a file

export function Plugins({admin}) {
  const plugins = admin.overview.plugins.map((plugin) => ({...plugin, bad: !WELL.includes(plugin.state)})).sort((one, other) => other.bad - one.bad);
  return html`<${Panel}
    name="plugins" title=${t("admin.plugins")} count=${plugins.length} view=${admin.view} empty=${t("admin.no-plugins")}
    rows=${plugins.map((plugin) => html`<${Plugin} key=${plugin.name} admin=${admin} ...${plugin} />`)}
  />`;
}

/** state: "on", "idle" (not set up), "off" (stopped by the server), "old" (an earlier version runs), "broken" or "replaced". */
function Plugin({admin, name, state, error, bad, commands, calls, failures}) {
  const about = [
    commands.map((command) => `/${command}`).join(" "),
    calls > 0 && t("admin.calls", {count: calls}),
    failures > 0 && t("admin.failures", {count: failures}),
  ];
  return html`<${Row}
    face=${html`<span class="tile" aria-hidden="true"><${Sign} name="plug" /></span>`} title=${html`<b>${name}</b>`}
    small=${error ? html`<span class="alert" dir="auto" title=${error}>${error.replace(FOLDERS, "")}</span>` : state === "idle" ? t("admin.idle") : listed(about) ?? t("admin.no-calls")}
  >
    ${state !== "on" && state !== "idle" && html`<span class=${bad ? "tag bad" : "tag"}>${t(`plugin.${state}`)}</span>`}
    <button class="small" onClick=${() => admin.reload(name)} aria-label=${t("admin.reload-label", {name})}><${Sign} name="reload" /><span>${t("admin.reload")}</span></button>
  <//>`;
}
