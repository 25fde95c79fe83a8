// The settings of a channel. They wait for "Save", because everyone sees them and the audit keeps them.

import {html, useState} from "../../html.js";
import {explain, t} from "../../i18n/index.js";
import {setChannel} from "../../state/managing.js";
import {lacks} from "../../state/may.js";
import {lasting} from "../../text/times.js";
import {Dialog} from "../dialogs/dialog.js";
import {Pick, Setting} from "../dialogs/setting.js";
import {because} from "./person_card.js";
import {PluginSettings, changed, usePlugins} from "./plugin_settings.js";

const SERVERS = -1; // seconds: what the server says
const SLOW = [0, 10, 30, 60, 300, 900, 3600]; // seconds
const EDITING = [SERVERS, 0, 300, 3600, 86_400]; // seconds; 0: without an end
const FIRST = {title: "", topic: "", description: "", posting: "everyone", slow: 0, edit_window: SERVERS, newcomers: "all", listed: true};

function settingsOf({about, label}) {
  const known = Object.keys(FIRST).filter((name) => (about[name] ?? undefined) !== undefined).map((name) => [name, about[name]]);
  const all = {...FIRST, ...Object.fromEntries(known)};
  return {...all, title: all.title || label};
}

export function ChannelSettings({chat, channel, close}) {
  const {about, kind} = channel;
  const [before] = useState(() => settingsOf(channel)); // as they were when the user began: what others change meanwhile is theirs
  const [now, set] = useState(before);
  const [ofPlugins, setOfPlugins] = useState({}); // what has been entered
  const plugins = usePlugins(chat, channel, !lacks(chat, channel, "plugin-settings"));
  const [asking, ask] = useState(false);
  const [words, setWords] = useState("");
  const [busy, setBusy] = useState(false);
  const why = (name) => lacks(chat, channel, "set-channel", {settings: [name]});
  const none = Object.keys(FIRST).every(why) && why("topic"); // who may change nothing is told once
  const says = (name) => (none ? undefined : because(why(name)));
  const change = (name) => (value) => set({...now, [name]: value});

  async function apply(settings) {
    setBusy(true);
    try {
      if (Object.keys(settings).length) await setChannel(chat, channel, settings);
      close();
    } catch (error) {
      setWords(explain(error));
    }
    setBusy(false);
  }
  function save(event) {
    event.preventDefault();
    const own = Object.keys(FIRST).filter((name) => now[name] !== before[name]).map((name) => [name, typeof now[name] === "string" ? now[name].trim() : now[name]]);
    try {
      const all = changed(plugins, ofPlugins);
      apply({...Object.fromEntries(own), ...(all && {plugins: all})});
    } catch (error) {
      setWords(explain(error));
    }
  }

  const text = (name, most, Field = "input") => html`<div class="entry"><label for=${`set-${name}`}>${t(`place.${name}`)}</label>
    <${Field} id=${`set-${name}`} value=${now[name]} onInput=${({target}) => change(name)(target.value)} disabled=${Boolean(why(name))} maxlength=${most} dir="auto" autocomplete="off" rows="2" />
    ${says(name) && html`<p class="about">${says(name)}</p>`}</div>`;
  const pick = (name, values) => html`<${Pick} name=${name} title=${t(`place.${name}`)} help=${says(name) ?? t(`place.${name}-help`)} values=${values}
    label=${(value) => t(`place.${name}-${value}`)} chosen=${now[name]} change=${change(name)} disabled=${Boolean(why(name))} />`;
  const select = (name, values, label) => html`<${Setting} id=${`set-${name}`} title=${t(`place.${name}`)} help=${says(name) ?? t(`place.${name}-help`)}>
    <select aria-labelledby=${`set-${name}`} disabled=${Boolean(why(name))} onChange=${({target}) => change(name)(JSON.parse(target.value))}>
      ${(values.includes(now[name]) ? values : [...values, now[name]]).map((value) => html`<option key=${value} value=${JSON.stringify(value)} selected=${value === now[name]}>${label(value)}</option>`)}</select><//>`;

  return html`<${Dialog} title=${t("place.settings-of", {name: channel.called})} close=${close}>
    <form class="form" onSubmit=${save}>
      ${none && html`<p class="help">${because(none)}</p>`}
      ${text("title", 80)}
      ${text("topic", 250)}
      ${text("description", 1000, "textarea")}
      <div class="settings">
        ${pick("posting", ["everyone", "moderators"])}
        ${select("slow", SLOW, (value) => (value ? lasting(value) : t("place.slow-off")))}
        ${select("edit_window", EDITING, (value) => (value === SERVERS ? t("place.edit_window-server") : value ? lasting(value) : t("place.edit_window-always")))}
        ${pick("newcomers", ["all", "from-joining"])}
        ${kind === "public" && html`<${Setting} id="set-listed" title=${t("place.listed")} help=${says("listed") ?? t("place.listed-help")}>
          <input type="checkbox" role="switch" class="switch" aria-labelledby="set-listed" checked=${now.listed} disabled=${Boolean(why("listed"))} onChange=${({target}) => change("listed")(target.checked)} /><//>`}
        <${Setting} id="set-archive" title=${t(about.archived ? "place.archived" : "place.archive")} help=${says("archived") ?? t(asking ? "place.archive-sure" : "place.archive-help")}>
          <button type="button" class=${asking ? "danger" : ""} disabled=${Boolean(why("archived")) || busy} onClick=${() => (about.archived || asking ? apply({archived: !about.archived}) : ask(true))}>${t(about.archived ? "place.unarchive" : asking ? "place.archive" : "place.archive-ask")}</button><//>
      </div>
      <${PluginSettings} plugins=${plugins} now=${ofPlugins} change=${setOfPlugins} />
      <p class="alert" role="alert">${words}</p>
      <footer><small class="grow">${t("place.seen")}</small><button type="button" onClick=${close}>${t("form.cancel")}</button><button class="primary" disabled=${busy || Boolean(none)}>${t("place.save")}</button></footer>
    </form>
  <//>`;
}
