// The administrator's page.

import {html} from "../../assets/html.js";
import {Admin} from "../../assets/state/admin.js";
import {Dashboard} from "../../assets/ui/admin/dashboard.js";
import {Door} from "../../assets/ui/admin/door.js";
import {Sanction} from "../../assets/ui/admin/sanction.js";
import {ANN, BEN, BOSS, CIARA, EVERYONE, LONG, at, made} from "../made_up.js";
import {shows} from "../stage.js";

export const title = "Administration";

const WAVE = Array.from({length: 60}, (_, point) => 20 + Math.round(15 * Math.sin(point / 7)) + (point % 5));
const hours = (count) => (Date.now() + count * 3_600_000) / 1000; // as the server counts
const state = (name, values) => ({name, state: "on", error: null, commands: [], calls: 0, failures: 0, ...values});
const plugins = [
  state("poll", {commands: ["poll", "vote"], calls: 1234}),
  state("bridge", {state: "off", error: "ConnectionRefusedError: [Errno 111]", calls: 3, failures: 3}),
  state("webhook", {state: "idle"}),
];
const PEOPLE = EVERYONE.map((user, place) => ({user, connections: 1 + (place % 2), addresses: [`10.0.0.${place + 2}`]}));
const BANS = [
  {whom: CIARA.id, name: CIARA.name, until: hours(5), reason: "shouting", by: BOSS.name},
  {whom: "10.0.0.0/24", name: "", until: hours(300), reason: "banned", by: BOSS.name},
];
const ENTRIES = [
  {power: "kick", about: {user: ANN.id, name: ANN.name, reason: "shouting"}},
  {power: "ban", about: {whom: CIARA.id, name: CIARA.name, until: hours(5), reason: "shouting"}},
  {power: "role", about: {user: LONG.id, name: LONG.name, role: "member"}},
  {power: "reload", about: {plugin: "bridge"}},
].map((entry, place) => ({key: String(place), time: at("9:41", place), by: BOSS, ...entry}));

function admin({busy = true, state: line = {kind: "open"}, view = "overview", how = "", kinds} = {}) {
  const one = made(Admin, {me: how || kinds ? null : BOSS, state: line});
  if (kinds) Object.assign(one.session.account, {kinds, known: true});
  one.figures.series = Object.fromEntries(Object.keys(one.figures.series).map((name) => [name, busy ? WAVE : []]));
  one.figures.tops = Object.fromEntries(Object.keys(one.figures.series).map((name) => [name, 50]));
  const now = busy ? {users: 40, connections: 52, channels: 30, peak: 64} : {users: 0, connections: 0, channels: 0, peak: 0};
  const channels = busy ? [{name: "general", count: 31}, {name: "上海", count: 4}, {name: "a-name-that-is-far-too-long-for-the-column", count: 1}] : [];
  const overview = {people: busy ? PEOPLE : [], found: now.users, plugins: busy ? plugins : [], now, channels, totals: {}};
  one.places.all = new Map(channels.map(({name, count}) => [name, {channel: name, kind: "public", listed: name !== "上海", members: count + 5, count}]));
  if (busy) one.places.all.set("p:1", {channel: "p:1", kind: "private", title: "Budget", listed: true, archived: true, members: 3, count: 0});
  return Object.assign(one, {view, how, overview, bans: busy ? BANS : [], entries: busy ? ENTRIES : [], said: busy ? "Ciarán was disconnected." : "", turn() {}});
}

const whole = {size: "wide", on: "whole", view: (one) => html`<${Dashboard} admin=${one} />`};
const door = {on: "frame", then: (root) => shows(root, ".title, form"), view: (one) => html`<${Door} admin=${one} />`};
const sanction = (name, against) => ({
  name, on: "raised", chat: admin(), view: (one) => html`<${Sanction} admin=${one} against=${against} close=${() => {}} />`,
});
const openMenu = (selector) => async (root) => {
  root.querySelector(selector).click();
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
};

export const samples = [
  {name: "Overview", chat: admin(), ...whole},
  {name: "Nothing yet", chat: admin({busy: false}), ...whole},
  {name: "Disconnected", chat: admin({state: {kind: "waiting", lost: true, retryAt: Date.now() + 8_000}}), ...whole},
  {name: "People, with the menu of one of them", chat: admin({view: "people"}), then: openMenu("[aria-labelledby=people] .opener button"), ...whole},
  sanction("Disconnect someone", {what: "kick", user: BEN}),
  sanction("Ban someone", {what: "ban", user: CIARA, addresses: ["10.0.0.7"]}),
  sanction("Ban an address", {what: "address"}),
  {name: "Sign in", chat: admin({kinds: ["password"]}), ...door},
  {name: "No accounts", chat: admin({how: "no-accounts"}), ...door},
  {name: "Accounts from elsewhere", chat: admin({how: "elsewhere"}), ...door},
];
