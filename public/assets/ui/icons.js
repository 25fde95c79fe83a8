// Icons of one stroke, whose paths are from Lucide (see vendor/VENDOR.md); the mark; tiles.

import {html} from "../html.js";

/** name -> path; the others come with more_icons.js. */
export const PATHS = {
  checks: "M18 6 7 17l-5-5M22 10l-7.5 7.5L13 16",
  close: "M18 6 6 18M6 6l12 12",
  down: "M12 5v14M19 12l-7 7-7-7",
  clock: "M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0M12 6v6l4 2",
  hash: "M4 9h16M4 15h16M10 3 8 21M16 3l-2 18",
  lock: "M5 11h14a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2zM7 11V7a5 5 0 0 1 10 0v4",
  link: "M10 13a5 5 0 0 0 7.54.54l3-3a5 5 0 0 0-7.07-7.07l-1.72 1.71M14 11a5 5 0 0 0-7.54-.54l-3 3a5 5 0 0 0 7.07 7.07l1.71-1.71",
  alert: "M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0M12 8v4M12 16h.01",
  up: "m5 12 7-7 7 7M12 19V5",
  menu: "M4 5h16M4 12h16M4 19h16",
  members:
    "M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2M16 3.128a4 4 0 0 1 0 7.744M22 21v-2a4 4 0 0 0-3-3.87M13 7a4 4 0 1 1-8 0 4 4 0 0 1 8 0",
  offline: "M12 20h.01M8.5 16.429a5 5 0 0 1 7 0M5 12.859a10 10 0 0 1 5.17-2.69M19 12.859a10 10 0 0 0-2.007-1.523M2 8.82a15 15 0 0 1 4.177-2.643M22 8.82a15 15 0 0 0-11.288-3.764M2 2l20 20",
  more: "M13 12a1 1 0 1 1-2 0 1 1 0 0 1 2 0M20 12a1 1 0 1 1-2 0 1 1 0 0 1 2 0M6 12a1 1 0 1 1-2 0 1 1 0 0 1 2 0",
  pencil:
    "M21.174 6.812a1 1 0 0 0-3.986-3.987L3.842 16.174a2 2 0 0 0-.5.83l-1.321 4.352a.5.5 0 0 0 .623.622l4.353-1.32a2 2 0 0 0 .83-.497zM15 5l4 4",
  plus: "M5 12h14M12 5v14",
  search: "m21 21-4.34-4.34M19 11a8 8 0 1 1-16 0 8 8 0 0 1 16 0",
  unfold: "m6 9 6 6 6-6",
  settings:
    "M9.671 4.136a2.34 2.34 0 0 1 4.659 0 2.34 2.34 0 0 0 3.319 1.915 2.34 2.34 0 0 1 2.33 4.033 2.34 2.34 0 0 0 0 3.831 2.34 2.34 0 0 1-2.33 4.033 2.34 2.34 0 0 0-3.319 1.915 2.34 2.34 0 0 1-4.659 0 2.34 2.34 0 0 0-3.32-1.915 2.34 2.34 0 0 1-2.33-4.033 2.34 2.34 0 0 0 0-3.831A2.34 2.34 0 0 1 6.35 6.051a2.34 2.34 0 0 0 3.319-1.915M15 12a3 3 0 1 1-6 0 3 3 0 0 1 6 0",
  smile: "M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0M15 10V9M9 10V9M16.472 15a6 6 0 0 1-8.943 0",
  type: "M12 4v16M4 7V5a1 1 0 0 1 1-1h14a1 1 0 0 1 1 1v2M9 20h6",
};
/** What the page calls this server, by its tile. */
export const SERVER = globalThis.document?.querySelector("meta[name=application-name]")?.content ?? "";
/** The address of the server's own mark, if it has one. */
export const OWN_MARK = globalThis.document?.querySelector("meta[name=server-mark]")?.content;
// Our own: a twister made of four lines
const MARK = [
  "M3 5c5.5 2.4 12.5 2.4 18 0", "M6.8 10.3c4 1.7 8.8 1.5 12.4-.5", "M8.2 15c2.4 1.1 5.2 1 7.8-.5", "M9.4 19.5c1.3.5 2.5.4 3.6-.3",
];

/** path: of an icon that is not among them. */
export function Icon({name, path = PATHS[name]}) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${path} /></svg>`;
}

/** moves: something is being written, or waited for. */
export function Mark({moves}) {
  return html`<svg class=${moves ? "icon whirl" : "icon"} viewBox="0 0 24 24" aria-hidden="true">${MARK.map((line) => html`<path key=${line} d=${line} />`)}</svg>`;
}

/** A place, a machine or the server: what is no person. */
export function Tile({name, path = PATHS[name], kind = ""}) {
  if (!path && OWN_MARK) return html`<span class=${`tile own ${kind}`} aria-hidden="true"><img src=${OWN_MARK} alt="" />${Tile.Picture && html`<${Tile.Picture} />`}</span>`;
  return html`<span class=${`tile ${kind}`} aria-hidden="true">${path ? html`<${Icon} path=${path} />` : html`<${Mark} />`}${!path && Tile.Picture && html`<${Tile.Picture} />`}</span>`;
}
