// Buttons, fields, menus, marks.

import {html} from "../../assets/html.js";
import {Icon} from "../../assets/ui/icons.js";
import {Suggestions} from "../../assets/ui/composer/suggestions.js";

export const title = "Controls";
export const about = "Each kind at rest, under the pointer, with the focus of the keyboard, and disabled.";

const KINDS = {
  button: {kind: "", words: "Cancel"},
  "the main one": {kind: "primary", words: "Save"},
  quiet: {kind: "quiet", words: "Leave", icon: "leave"},
  link: {kind: "link", words: "Try again"},
  pill: {kind: "pill", words: "Undo"},
};

const button = (kind, words, icon, more) => html`<button class=${kind} ...${more}>${icon && html`<${Icon} name=${icon} />`}${words}</button>`;

const OPTIONS = [
  {name: "poll", label: "/poll question options…", detail: "Ask the channel; answers are separated by |"},
  {name: "roll", label: "/roll dice=1d6", detail: "Roll dice"},
  {name: "ann", label: "@Ann Becker"},
];

export const samples = [
  ...Object.entries(KINDS).map(([name, {kind, words, icon}]) => ({
    name: `Button: ${name}`, on: "padded", states: {"button:nth-of-type(2)": "hover", "button:nth-of-type(3)": "focus"},
    view: () => html`<div class="in-a-row">
      ${button(kind, words, icon)} ${button(kind, words, icon)} ${button(kind, words, icon)} ${button(kind, words, icon, {disabled: true})}</div>`,
  })),
  {
    name: "Fields: empty, filled, with the focus, wrong, disabled", on: "padded", states: {"label:nth-of-type(3) input": "focus"},
    view: () => html`<div class="form">
      <label>Name <input placeholder="As others will see it" /></label><label>Name <input value="Ann Becker" /></label>
      <label>Name <input value="Ann Becker" /></label><label>Name <input value="a" aria-invalid="true" /></label>
      <p class="alert">This name is too short.</p><label>Name <input value="Ann" disabled /></label></div>`,
  },
  {
    name: "Choices", on: "padded", states: {".pick label:nth-of-type(3)": "hover"}, view: () => html`<div class="in-a-column">
      <select aria-label="Notifications"><option>Only when I am named</option></select>
      <span class="pick">${["System", "Light", "Dark"].map((one, at) => html`<label key=${one}><input type="radio" name="pick" checked=${at === 1} />${one}</label>`)}</span>
      <div class="form"><label class="check"><span>Anonymous</span><input type="checkbox" checked /></label></div></div>`,
  },
  {
    name: "Menu", states: {"li:nth-child(3)": "hover"}, on: "padded",
    view: () => html`<div class="in-place"><${Suggestions} id="menu" label="Commands" options=${OPTIONS} choice=${0} take=${() => {}} /></div>`,
  },
  {
    name: "Marks", on: "padded", view: () => html`<div class="in-a-row">
      <span><span class="count">3</span></span><span><span class="count mention">12</span></span><span class="role">admin</span><span class="twin">9f3c</span><kbd>Ctrl K</kbd>
      <span class="muted">9:41</span><small>hint</small><span class="alert">not sent</span></div>`,
  },
];
