// The gallery: every component of the page in every state, drawn by the page's own modules with made-up data.

import {html, render} from "../assets/html.js";
import {learn, speak} from "../assets/i18n/index.js";
import {guardInput} from "../assets/ui/input.js";

const ROOMS = [
  "foundations", "controls", "sidebar", "header", "messages", "living", "threads", "search", "notices", "strip", "composer", "files", "dialogs", "places", "plugins", "sign_in", "states", "admin",
];
const LANGUAGES = {en: "English", zh: "中文"};
const wanted = new URLSearchParams(location.search);

guardInput();
for (const folder of ["dialogs", "files", "messages", "places", "search", "admin"]) learn(folder);
const {lang, dir} = await speak(wanted.get("language") ?? "en", navigator.languages);
Object.assign(document.documentElement, {lang, dir: wanted.get("dir") ?? dir});
const {stage} = await import("./stage.js");
const rooms = [];
for (const name of ROOMS) rooms.push({name, ...(await import(`./rooms/${name}.js`))});

/** The address of the gallery with something else chosen. */
const address = (name, value) => `?${new URLSearchParams({...Object.fromEntries(wanted), [name]: value})}`;

/** Go to a room; the address belongs to the page's parts, which would follow it. */
function go(event) {
  event.preventDefault();
  document.getElementById(event.target.hash.slice(1)).scrollIntoView();
}

function look({target: {value}}) {
  const [theme, size] = value.split(" ");
  Object.assign(document.documentElement.dataset, {theme, size});
}

render(html`
  <header class="guide">
    <h1>Gallery</h1>
    <nav class="choices" aria-label="Rooms">${rooms.map(({name, title}) => html`<a key=${name} href=${`#${name}`} onClick=${go}>${title}</a>`)}</nav>
    <nav class="choices" aria-label="Languages">
      ${Object.entries(LANGUAGES).map(([code, name]) => html`<a key=${code} href=${address("language", code)} lang=${code}>${name}</a>`)}
      <a href=${address("dir", wanted.get("dir") === "rtl" ? "ltr" : "rtl")}>Right to left</a>
    </nav>
    <select aria-label="Theme and text size" onChange=${look}>
      ${["light dark", "light", "dark", "light largest", "dark largest"].map((one) => html`<option
        key=${one} value=${one === "light dark" ? " " : one}>${one === "light dark" ? "as the system" : one}</option>`)}
    </select>
  </header>
  <main>${rooms.map(({name, title, about, samples}) => html`<section class="room" id=${name} key=${name} aria-labelledby=${`${name}-title`}>
    <h2 id=${`${name}-title`}>${title}</h2>
    ${about && html`<p>${about}</p>`}
    <div class="samples">${samples.map((sample) => html`<figure key=${sample.name} class=${sample.size ?? ""}>
      <figcaption>${sample.name}</figcaption><div class="sample"></div>
    </figure>`)}</div>
  </section>`)}</main>
`, document.getElementById("app"));

const places = [...document.querySelectorAll(".sample")];
const stages = rooms.flatMap(({samples}) => samples).map((sample, at) => ({sample, ...stage(places[at], sample)}));
await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
for (const {sample, root, draw} of stages) {
  try {
    await sample.then?.(root);
  } catch (error) {
    console.error(sample.name, error);
  }
  draw();
}
document.activeElement.blur(); // fields take the focus when they are drawn
scrollTo(0, 0);
document.documentElement.dataset.ready = "yes";
