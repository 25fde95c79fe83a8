// The administrator's page.

import {html} from "../../assets/html.js";
import {NAMES, Figures} from "../../assets/state/figures.js";
import {Chart} from "../../assets/ui/admin/chart.js";
import {Dashboard} from "../../assets/ui/admin/dashboard.js";
import {Sanction} from "../../assets/ui/admin/sanction.js";
import {ANN, BOSS, CIARA, EVERYONE, LONG, at, makeChat} from "../made_up.js";

export const title = "Administration";

const WAVE = Array.from({length: 60}, (_, point) => 20 + Math.round(15 * Math.sin(point / 7)) + (point % 5));
const plugins = [
  {name: "poll", state: "running", error: null, calls: 1234, failures: 0},
  {name: "bridge", state: "failed", error: "ConnectionRefusedError: [Errno 111]", calls: 3, failures: 2},
];

function made({busy = true, state = {kind: "open"}} = {}) {
  const admin = makeChat({me: BOSS, channels: [], state});
  const people = busy ? EVERYONE.map((user, place) => ({user, connections: 1 + (place % 2), addresses: [`10.0.0.${place + 2}`]})) : [];
  const figures = new Figures();
  for (const name of NAMES) figures.series[name] = busy ? WAVE : [];
  return Object.assign(admin, {
    figures, find: "", done: busy ? "2 connections ended." : "",
    overview: {
      people, found: busy ? 40 : 0, plugins: busy ? plugins : [], now: {users: busy ? 40 : 0, connections: 52, channels: busy ? 30 : 0},
      channels: busy ? [{name: "general", count: 31}, {name: "上海", count: 4}] : [],
    },
    bans: busy ? [{whom: CIARA.id, name: CIARA.name, until: Date.UTC(2030, 0, 4, 10) / 1000, reason: "shouting", by: "Ida Holm"}] : [],
    entries: busy
      ? [
          {key: "1", time: at("9:41"), by: BOSS, power: "kick", about: {user: ANN.id, name: ANN.name, reason: "shouting"}},
          {key: "2", time: at("9:40"), by: BOSS, power: "role", about: {user: LONG.id, name: LONG.name, role: "member"}},
          {key: "3", time: at("9:39"), by: BOSS, power: "reload", about: {plugin: "bridge"}},
        ]
      : [],
  });
}

const desk = (admin) => html`<${Dashboard} admin=${admin} />`;
const whole = {size: "wide", on: "whole", view: desk};

export const samples = [
  {name: "The page", chat: made(), ...whole},
  {name: "Nothing yet", chat: made({busy: false}), ...whole},
  {name: "Disconnected", chat: made({state: {kind: "waiting", lost: true, retryAt: Date.now() + 8_000}}), ...whole},
  {name: "A chart, and one without values", on: "padded frame", view: () => html`<div class="charts"><${Chart} name="users" values=${WAVE} /><${Chart} name="memory" values=${[]} /></div>`},
  {name: "Sending someone away", on: "raised", chat: made(), view: (admin) => html`<${Sanction} admin=${admin} against=${{user: CIARA, addresses: ["10.0.0.7"]}} close=${() => {}} />`},
  {name: "Banning an address", on: "raised", chat: made(), view: (admin) => html`<${Sanction} admin=${admin} against=${{}} close=${() => {}} />`},
];
