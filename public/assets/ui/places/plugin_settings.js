// The settings of plugins in a channel, drawn by what the server says of each. A channel that sets nothing has what holds everywhere.

import {html, useEffect, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {inWords} from "../dialogs/form.js";
import {Setting} from "../dialogs/setting.js";

const WRITTEN = {
  list: {shown: (value) => value.join("\n"), read: (text) => text.split("\n").filter((line) => line.trim())},
  object: {shown: (value) => JSON.stringify(value, null, 1), read: JSON.parse},
  int: {shown: String, read: Number},
  float: {shown: String, read: Number},
};
const AS_TEXT = {shown: (value) => value, read: (text) => text};
const of = ({type}) => WRITTEN[type] ?? AS_TEXT;

const keyOf = (plugin, {name}) => `${plugin}.${name}`;
const shown = (setting) => (setting.value === undefined ? "" : setting.choices || setting.type === "bool" ? JSON.stringify(setting.value) : of(setting).shown(setting.value));

/** What the server says of a channel, [{plugin, settings}], once it has answered; wanted: whether the user may know it. */
export function usePlugins(chat, channel, wanted) {
  const [plugins, set] = useState([]);
  useEffect(() => {
    if (wanted) chat.connection.call("plugin-settings", {target: channel.name}).then((answer) => set(answer.plugins), () => {});
  }, [wanted]);
  return plugins;
}

/** What has changed, as `set-channel` takes it; undefined: nothing. now: key -> text; an empty one takes a value back. Throws an Error with words. */
export function changed(plugins, now) {
  const all = {};
  for (const {plugin, settings} of plugins) {
    for (const setting of settings) {
      const text = now[keyOf(plugin, setting)] ?? shown(setting);
      if (text === shown(setting)) continue;
      (all[plugin] ??= {})[setting.name] = text === "" ? null : read(setting, text);
    }
  }
  return Object.keys(all).length ? all : undefined;
}

function read(setting, text) {
  try {
    return setting.choices || setting.type === "bool" ? JSON.parse(text) : of(setting).read(text);
  } catch {
    throw new Error(t("place.plugin-json", {name: inWords(setting.name)}));
  }
}

export function PluginSettings({plugins, now, change}) {
  return plugins.map(({plugin, settings}) => html`<section class="of-plugin" key=${plugin}><h3>${inWords(plugin)}</h3>
    ${settings.map((setting) => html`<${Field} key=${setting.name} id=${`set-${keyOf(plugin, setting)}`} setting=${setting}
      text=${now[keyOf(plugin, setting)] ?? shown(setting)} change=${(text) => change({...now, [keyOf(plugin, setting)]: text})} />`)}</section>`);
}

function Field({id, setting: {name, type, choices, help}, text, change}) {
  const typed = ({target}) => change(target.value);
  const values = choices ?? (type === "bool" ? [true, false] : null);
  if (values) {
    const label = (value) => (type === "bool" ? t(value ? "place.plugin-on" : "place.plugin-off") : String(value));
    return html`<${Setting} id=${id} title=${inWords(name)} help=${help}><select aria-labelledby=${id} onChange=${typed}>
      ${["", ...values.map((value) => JSON.stringify(value))].map((one, at) => html`<option key=${one} value=${one} selected=${one === text}>${at ? label(values[at - 1]) : t("place.edit_window-server")}</option>`)}</select><//>`;
  }
  const common = {id, value: text, onInput: typed, placeholder: t("place.edit_window-server"), dir: "auto", autocomplete: "off", "aria-describedby": help && `${id}-help`};
  const number = type === "int" || type === "float";
  return html`<div class="entry"><label for=${id}>${inWords(name)}</label>
    ${type === "list" || type === "object" ? html`<textarea ...${common} rows="3"></textarea>` : html`<input ...${common} type=${number ? "number" : "text"} step=${type === "int" ? 1 : "any"} />`}
    ${(help || type === "list") && html`<p class="about" id=${`${id}-help`} dir="auto">${help || t("place.plugin-lines")}</p>`}</div>`;
}
