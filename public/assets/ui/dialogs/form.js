// A form for an action: a field for each parameter, by its type.

import {html, useState} from "../../html.js";
import {explain, t} from "../../i18n/index.js";
import {usage, written} from "../../commands/schema.js";
import {perform} from "../../commands/run.js";
import {Dialog} from "./dialog.js";

export function Form({chat, channel, action, close}) {
  const [words, setWords] = useState("");
  const parameters = written(action);

  async function send(event) {
    event.preventDefault();
    const fields = {};
    for (const {name, type, choices} of parameters) {
      const field = event.target.elements[`field-${name}`];
      if (type === "bool") fields[name] = field.checked;
      else if (field.value === "" && type !== "str") continue; // it has a default
      else if (type === "choice") fields[name] = choices[Number(field.value)];
      else if (type === "str") {
        if (field.value || field.required) fields[name] = field.value;
      } else fields[name] = Number(field.value);
    }
    try {
      await perform(chat, channel, {action: action.name, fields});
      if (channel.draft.startsWith(`/${action.name}`)) chat.setDraft(channel, ""); // the form replaces it
      close();
    } catch (error) {
      setWords(explain(error));
    }
  }

  return html`<${Dialog} title=${usage(action)} close=${close}>
    <form class="form" onSubmit=${send}>
      <p class="muted">${action.help}</p>
      ${parameters.map((one, at) => html`<label key=${one.name} class=${one.type === "bool" ? "check" : ""}>
        <span>${one.name}</span><${Field} parameter=${one} first=${at === 0} />
      </label>`)}
      <p class="alert" role="alert">${words}</p>
      <button class="primary" autofocus=${!parameters.length}>${t("form.send")}</button>
    </form>
  <//>`;
}

function Field({parameter: {name, type, required, default: preset, choices}, first}) {
  const common = {name: `field-${name}`, required, autofocus: first};
  if (type === "bool") return html`<input type="checkbox" ...${{...common, required: false}} defaultChecked=${preset === true} />`;
  if (type === "choice") {
    return html`<select ...${common} defaultValue=${Math.max(0, choices.indexOf(preset))}>
      ${choices.map((choice, at) => html`<option value=${at} selected=${choice === preset}>${String(choice)}</option>`)}
    </select>`;
  }
  const number = type === "int" || type === "float";
  return html`<input
    type=${number ? "number" : "text"} step=${type === "int" ? 1 : number ? "any" : undefined}
    defaultValue=${preset ?? ""} dir="auto" autocomplete="off" ...${common}
  />`;
}
