// A form for an action: a field for each parameter, by its type.

import {html, useEffect, useRef, useState} from "../../html.js";
import {explain, t} from "../../i18n/index.js";
import {written} from "../../commands/schema.js";
import {perform} from "../../commands/run.js";
import {attachmentsOf} from "../../state/attachments.js";
import {Icon} from "../icons.js";
import {Dialog} from "./dialog.js";

const SHORT = {choices: 4, letters: 24}; // what stands side by side

/** A name of the wire in words: close-poll is "Close poll". */
export const inWords = (name) => (name[0].toUpperCase() + name.slice(1)).replace(/[-_]/g, " ");

export function Form({chat, channel, action, close}) {
  const form = useRef();
  const busy = useRef(false);
  const [wrong, setWrong] = useState({}); // name of a field -> what is wrong with it; "" is none of them
  const parameters = written(action);
  useEffect(() => form.current.querySelector("[aria-invalid=true]")?.focus(), [wrong]);

  async function send(event) {
    event.preventDefault();
    if (busy.current) return;
    const {fields, problems} = read(parameters, form.current.elements);
    setWrong(problems);
    if (Object.keys(problems).length) return;
    busy.current = true;
    try {
      for (const {name, type} of parameters) if (type === "upload" && fields[name]) fields[name] = await sent(chat, name, fields[name]);
      await perform(chat, channel, {action: action.name, fields});
      if (channel.draft.startsWith(`/${action.name}`)) chat.setDraft(channel, ""); // the form replaces it
      close();
    } catch (error) {
      const named = parameters.find(({name}) => new RegExp(`^${name}[: ]`).test(error.message)); // as the server begins
      const words = explain(error).replace(`${named?.name}: `, "");
      setWrong({[named?.name ?? ""]: words && words[0].toUpperCase() + words.slice(1)});
    }
    busy.current = false;
  }

  return html`<${Dialog} title=${inWords(action.name)} close=${close}>
    <form class="form" ref=${form} onSubmit=${send} novalidate>
      ${action.help && html`<p class="help" dir="auto">${action.help}</p>`}
      ${parameters.map((one, at) => html`<${Field} key=${one.name} chat=${chat} channel=${channel} parameter=${one} first=${at === 0} wrong=${wrong[one.name]} />`)}
      <p class="alert" role="alert">${wrong[""]}</p>
      <footer>
        <button type="button" onClick=${close}>${t("form.cancel")}</button>
        <button class="primary" autofocus=${!parameters.length}>${t("form.send")}</button>
      </footer>
    </form>
  <//>`;
}

/** Upload the file of a field; the promise is its id. */
const sent = (chat, name, file) => attachmentsOf(chat).uploads.put(file).catch(({message}) => {
  throw Object.assign(new Error(`${name}: ${message}`), {code: "invalid-field"});
});

/** What has been entered: {fields, problems}. Fields that are empty have their default. */
function read(parameters, elements) {
  const fields = {};
  const problems = {};
  for (const {name, called, type, required, choices} of parameters) {
    const {checked, files, value, validity} = elements[`field-${name}`];
    if (type === "bool") fields[name] = checked;
    else if (validity?.badInput || validity?.stepMismatch) problems[name] = t(`form.${type}`);
    else if (validity?.valueMissing) problems[name] = t("form.missing");
    else if (value === "" && !required) continue;
    else if (type === "upload") fields[name] = files[0];
    else if (type === "choice") fields[name] = choices[Number(value)];
    else fields[name] = type === "int" || type === "float" ? Number(value) : value;
  }
  return {fields, problems};
}

function Field({chat, channel, parameter, first, wrong}) {
  const {name, called, type, required, default: preset, choices = [], help} = parameter;
  const id = `field-${name}`;
  const common = {name: id, autofocus: first, "aria-describedby": wrong || help ? `${id}-about` : undefined, "aria-invalid": Boolean(wrong)};
  const label = html`${inWords(called)}${!required && (preset ?? "") === "" && html` <span class="muted">${t("form.optional")}</span>`}`;
  const about = (wrong || help) && html`<div class="about" id=${`${id}-about`}>
    ${wrong && html`<p class="wrong"><${Icon} name="alert" /><span role="alert" dir="auto">${wrong}</span></p>`}
    ${help && html`<p dir="auto">${help}</p>`}
  </div>`;

  if (type === "bool") {
    return html`<div class="entry switched">
      <label for=${id}>${inWords(called)}</label><input type="checkbox" role="switch" class="switch" id=${id} ...${common} defaultChecked=${preset === true} />${about}
    </div>`;
  }
  if (type === "choice") {
    const chosen = Math.max(required ? 0 : -1, choices.indexOf(preset));
    if (choices.length <= SHORT.choices && choices.join("").length <= SHORT.letters) {
      return html`<fieldset class="entry"><legend>${label}</legend>
        <span class="pick">${choices.map((choice, at) => html`<label>
          <input type="radio" ...${common} value=${at} autofocus=${first && at === Math.max(0, chosen)} defaultChecked=${at === chosen} /><bdi>${String(choice)}</bdi>
        </label>`)}</span>${about}
      </fieldset>`;
    }
    return html`<div class="entry"><label for=${id}>${label}</label>
      <select id=${id} ...${common}>${chosen < 0 && html`<option value="" selected>–</option>`}${choices.map((choice, at) => html`<option value=${at} selected=${at === chosen}>${String(choice)}</option>`)}</select>${about}
    </div>`;
  }
  if (type === "upload") return html`<div class="entry"><label for=${id}>${label}</label><input type="file" id=${id} ...${common} required=${required} />${about}</div>`;
  const number = type === "int" || type === "float";
  const known = type === "user" ? [...channel.users.values()].map((user) => user.name) : type === "channel" ? [...chat.channels.keys()] : [];
  return html`<div class="entry"><label for=${id}>${label}</label>
    <input
      id=${id} ...${common} required=${required} type=${number ? "number" : "text"} step=${type === "int" ? 1 : number ? "any" : undefined}
      inputmode=${type === "int" ? "numeric" : number ? "decimal" : undefined} defaultValue=${preset ?? ""} dir="auto" autocomplete="off"
      list=${known.length ? `${id}-known` : undefined}
    />${about}
    ${known.length > 0 && html`<datalist id=${`${id}-known`}>${known.map((one) => html`<option value=${one} />`)}</datalist>`}
  </div>`;
}
