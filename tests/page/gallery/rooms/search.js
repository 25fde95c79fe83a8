// The search: its empty field, a filter that is being typed, what was found, and what may be in the way.

import {html} from "../../assets/html.js";
import {dialogs} from "../../assets/ui/shell.js";
import {searchOf} from "../../assets/state/searching.js";
import {typedAt} from "../../assets/text/query.js";
import {SearchPane} from "../../assets/ui/search/search_pane.js";
import {ANN, BEN, BOSS, CIARA, EVERYONE, LONG, NOOR, WEI, at, conversation, current, says} from "../made_up.js";
import {shows} from "../stage.js";

export const title = "Search";

await dialogs();
const nothing = () => {};

/** A message that was found; what stands between bars is marked. */
function found(sender, time, text, more) {
  const snippet = text.split("|").map((piece, place) => ({text: piece, hit: place % 2 === 1})).filter((piece) => piece.text);
  return {...says(sender, time, text.replaceAll("|", "")), target: "general", snippet, ...more};
}

/** search: what the user has done. answer: of the server, if it answers. */
function pane(name, {search: what = {}, answer, recent = [], size = "slim", state, then, ...options} = {}) {
  const chat = conversation([says(BEN, at("9:13"), "Good morning!")], {
    users: EVERYONE, answers: {users: {users: EVERYONE.filter(({name}) => /e/.test(name)).map((user) => ({user, present: user === BEN})), more: false}, ...(answer && {search: answer})}, state, ...options,
  });
  for (const [other, about] of [["design", {}], ["deploys", {}], ["p:1", {kind: "private", title: "Garden"}]]) Object.assign(chat.know(other), {about});
  chat.wire = 2;
  chat.connection.open = state?.kind !== "waiting";
  chat.storage.write(`searches/${ANN.id}`, recent);
  const search = searchOf(chat);
  const {text = ""} = what;
  Object.assign(search, {filters: [{key: "in", value: "general", label: "#general"}], followed: true, ...what, text, typing: typedAt(text, text.length) ?? null});
  if (search.text || what.filters) search.ask();
  const view = () => html`<div class="shell bare"><${SearchPane} chat=${chat} channel=${current(chat)} close=${nothing} over /></div>`;
  return {name, size, on: "frame window", chat, view, then};
}

const many = [
  found(BOSS, at("12:18"), "Streaming is out on the canary since noon. |Memory| stays at 90 MB, first byte after 40 ms."),
  found(BEN, at("9:10", 1), "The |export| ran out of |memory| again, this time at 1.2 million rows. I think it should stream instead of building everything first, as the other one does since the spring"),
  found(NOOR, at("9:34", 3), "نفدت |الذاكرة| أثناء |التصدير| مرة أخرى"),
  found(WEI, at("9:26", 9), "|export|：半小时左右。|memory| 早安", {thread: 1}),
  found(LONG, at("9:26", 20), "|export| of the minutes", {files: [{id: "1", name: "minutes, in the form that was agreed upon at last.pdf"}]}),
  found(CIARA, at("9:26", 400), "Is there a reason the |export| keeps everything in |memory|? The old one wrote to disk."),
].map((message, place) => ({...message, seq: place + 20}));

const answers = (messages, more = {}) => ({messages, more: false, before: "", complete: true, ...more});
const shown = (root) => shows(root, ".found");

export const samples = [
  pane("Nothing typed yet: what was asked, what can be asked", {recent: [{text: "export memory", filters: []}, {text: "早安", filters: [{key: "in", value: "general", label: "#general"}, {key: "from", value: WEI.id, label: WEI.name}]}, {text: "", filters: [{key: "after", value: "2026-02-03"}, {key: "has", value: "link"}]}]}),
  pane("What was found", {search: {text: "export memory"}, answer: answers(many), then: shown}),
  pane("Many filters, and more to come", {search: {text: "export", filters: [{key: "in", value: "general", label: "#general"}, {key: "from", value: LONG.id, label: LONG.name}, {key: "after", value: "2026-02-01"}, {key: "before", value: "2026-03-01"}, {key: "has", value: "link"}, {key: "has", value: "image"}, {key: "is", value: "thread"}]}, answer: ({before}) => (before ? new Promise(nothing) : Promise.resolve(answers(many.slice(1, 3), {more: true, before: "1-1"}))), then: shown}),
  pane("Completing a person", {search: {text: "export from:"}, answer: answers(many), then: (root) => shows(root, "[role=option] .avatar")}),
  pane("Completing a channel", {search: {text: "in:de", filters: [{key: "from", value: "me", label: "Ann Becker"}]}, answer: answers(many), then: shown}),
  pane("Completing a day", {search: {text: "after:"}}),
  pane("Choosing days", {search: {text: "export"}, answer: answers(many.slice(0, 2)), then: async (root) => {
    await shown(root);
    root.querySelectorAll(".filter")[2].click();
    await shows(root, "[type=date]");
  }}),
  pane("Nothing found", {search: {text: "exprot", filters: [{key: "in", value: "general", label: "#general"}, {key: "has", value: "file"}]}, answer: answers([]), then: (root) => shows(root, ".empty")}),
  pane("No time for all", {search: {text: "export"}, answer: answers(many.slice(0, 2), {more: true, before: "1-1", complete: false}), then: shown}),
  pane("A slow answer", {search: {text: "export"}}),
  pane("What the server can't read", {search: {text: "has:foo "}, answer: () => Promise.reject(Object.assign(new Error("has: takes link, file or image"), {code: "invalid-field"})), then: (root) => shows(root, ".alert:not(:empty)")}),
  pane("Offline", {search: {text: "export"}, state: {kind: "waiting", retryAt: 0}}),
];
