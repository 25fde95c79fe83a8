// What everything is made of. Tokens and icons are read from their files, so that none is missing here.

import {html} from "../../assets/html.js";
import {Avatar, Name} from "../../assets/ui/avatar.js";
import {Icon, Mark, PATHS, Tile} from "../../assets/ui/icons.js";
import "../../assets/ui/more_icons.js";
import {BOSS, HUES, LONG} from "../made_up.js";
import {tokens} from "../stage.js";

export const title = "Foundations";
export const about = "Tokens, icons, people and tiles.";

const root = tokens.slice(tokens.indexOf(":root {"), tokens.indexOf("/* the reader's choices */"));
const groups = root.split(/\n\s*\n/).slice(1).map((part) => ({
  name: part.trim().match(/^\/\* ([^:.*]+)/)?.[1].trim(),
  names: [...part.matchAll(/(--[\w-]+):/g)].map(([, name]) => name),
}));
const kindOf = (name) => {
  const value = root.match(new RegExp(`${name}:([^;]+);`))[1];
  if (/light-dark|#|color-mix|var\(--muted/.test(value) && !/px/.test(value)) return "colour";
  if (/px/.test(value)) return "shadow";
  return /rem/.test(value) && !/calc/.test(value) ? "length" : "";
};

function token(name) {
  const kind = kindOf(name);
  const value = `var(${name})`;
  return html`<div key=${name}>
    ${kind === "colour" && html`<span class="swatch" style=${{background: value}}></span>`}
    ${kind === "shadow" && html`<span class="swatch" style=${{boxShadow: value}}></span>`}
    ${kind === "length" && html`<span class="length" style=${{inlineSize: `min(${value}, 3rem)`}}></span>`}
    <span>${name}</span>
  </div>`;
}

const SIZES = ["--xs", "--s", "--m", "--l", "--xl", "--jumbo"];

export const samples = [
  ...groups.filter(({name}) => name).map(({name, names}) => ({
    name: `Tokens: ${name}`, on: "padded", size: "wide", view: () => html`<div class="spread">${names.map(token)}</div>`,
  })),
  {
    name: "Type", on: "padded", view: () => html`<div class="specimen">${SIZES.map((size) => html`
      <p key=${size} style=${{fontSize: `var(${size})`}}>${size} Grumpy wizards <b>make toxic brew</b></p>`)}</div>`,
  },
  {
    name: "Type in other scripts", on: "padded", view: () => html`<div class="specimen">
      <p lang="zh">天地人和，你好世界</p><p dir="rtl" lang="ar">صباح الخير من الميناء</p><p><em>as light as that</em>, <code>code</code> <kbd>Ctrl</kbd></p></div>`,
  },
  {
    name: "Icons", on: "padded", size: "wide", view: () => html`<div class="spread">
      ${Object.keys(PATHS).map((name) => html`<div key=${name}><${Icon} name=${name} /> ${name}</div>`)}
      <div><${Mark} /> mark</div><div><${Mark} moves /> mark, moving</div></div>`,
  },
  {
    name: "People: twelve hues", on: "padded", view: () => html`<div class="in-a-row">${HUES.map((user) => html`<${Avatar} key=${user.id} user=${user} />`)}</div>`,
  },
  {
    name: "People: small", on: "padded", view: () => html`<div class="in-a-row">${HUES.map((user) => html`<${Avatar} key=${user.id} user=${user} small />`)}</div>`,
  },
  {
    name: "People: small, on the frame", on: "padded frame",
    view: () => html`<div class="in-a-row">${HUES.map((user) => html`<${Avatar} key=${user.id} user=${user} small />`)}</div>`,
  },
  {
    name: "Names: with a role, that look alike, too long", on: "padded", view: () => html`<div class="in-a-column">
      <span><${Name} user=${BOSS} /></span><span><${Name} user=${HUES[0]} twin /></span><span class="name" style=${{inlineSize: "12rem"}}>${LONG.name}</span></div>`,
  },
  {
    name: "Tiles", on: "padded", view: () => html`<div class="in-a-row">
      <${Tile} kind="server" /><${Tile} name="hash" /><${Tile} name="compass" /><${Tile} name="hash" kind="warm" />
      <${Tile} kind="server large" /><${Tile} name="hash" kind="large" /><${Tile} name="hash" kind="large warm" /><${Tile} name="ban" kind="large" /></div>`,
  },
];
