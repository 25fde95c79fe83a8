// Draws samples, each in a shadow root of its own: ids do not meet there, and the page's styles hold as they are.

import {render} from "../assets/html.js";

/** A sheet of the page in which a state can be given with `data-state`: "hover", "focus" or "active". */
function showing(css) {
  return css
    .replace(/:(hover|active)\b/g, ":is(:$1, [data-state~=$1])")
    .replace(/:focus-within/g, ":is(:focus-within, :has([data-state~=focus]))")
    .replace(/:focus-visible/g, ":is(:focus-visible, [data-state~=focus])")
    .replace(/:focus(?![-\w])/g, ":is(:focus, [data-state~=focus])");
}

async function sheet(address) {
  const css = new CSSStyleSheet();
  const {href} = new URL(address, document.baseURI);
  const text = await (await fetch(address)).text();
  css.replaceSync(showing(text.replace(/url\("([^"]+)"\)/g, (_, path) => `url("${new URL(path, href)}")`)));
  return css;
}

const FIRST = ["tokens.css", "base.css"];

/** The sheets of the page, then the gallery's own. */
async function allSheets() {
  const {names} = await (await fetch("sheets")).json();
  const paths = [...new Set([...FIRST, ...names])].map((name) => `../assets/css/${name}`);
  return Promise.all([...paths, "stage.css"].map(sheet));
}

export const tokens = await (await fetch("../assets/css/tokens.css")).text();
const sheets = await allSheets();

// A window over the page would hide the rest of the gallery.
HTMLDialogElement.prototype.showModal = HTMLDialogElement.prototype.show;

// The browser has not been asked for notifications yet.
Object.defineProperty(Notification, "permission", {get: () => "default"});

/** place: an element; sample: see rooms/. */
export function stage(place, {view, chat, on = "", states = {}}) {
  place.dataset.stage = on;
  const root = place.attachShadow({mode: "open"});
  root.adoptedStyleSheets = sheets;
  const inside = root.appendChild(document.createElement("div"));
  function draw() {
    try {
      render(view(chat), inside);
    } catch (error) {
      console.error(error);
      inside.textContent = error; // the other samples go on
    }
    for (const [selector, state] of Object.entries(states)) {
      for (const one of inside.querySelectorAll(selector)) one.dataset.state = state;
    }
  }
  if (chat) chat.changed = () => requestAnimationFrame(draw);
  draw();
  return {root, draw};
}

/** Wait until something is drawn in a sample; what is loaded late takes a moment. */
export async function shows(root, selector) {
  for (let tries = 0; tries < 500 && !root.querySelector(selector); tries++) await new Promise((done) => setTimeout(done, 10));
  if (!root.querySelector(selector)) throw new Error(`${selector} is not shown`);
}
