// What plugins draw in the conversation: their own UIs, in the frame that the page gives them.

import {html} from "../../assets/html.js";
import {clock, language} from "../../assets/i18n/index.js";
import {Frame, failure} from "../../assets/plugins/frame.js";
import {Message} from "../../assets/ui/messages/message.js";
import {ANN, BEN, at, says} from "../made_up.js";
import {setup} from "../plugins/poll.js";

export const title = "Plugins";

/** The line of a poll, drawn by the plugin's own code. */
function poll(event, message) {
  const listeners = {};
  let drawn;
  setup({
    html, clock, user: ANN, language: language(),
    on: (action, listener) => (listeners[action] = listener),
    show: (channel, key, draw) => (drawn = draw),
    call: () => Promise.resolve(null),
  });
  listeners.poll({action: "poll", id: "p1", channel: "general", message: "m1", question: "What shall we have while we wait for the ferry?", ...event});
  return {id: "plugin poll p1", plugin: "poll", draw: () => drawn(), time: at("9:41"), message};
}

const log = (children) => html`<div class="conversation"><div class="messages-frame"><div class="rows">${children}</div></div></div>`;
const asked = (event) => () => log(html`<${Message} line=${says(BEN, at("9:41"), "What shall we have?")} box=${{...poll(event), view: Frame}} />`);
const options = (...votes) => ["Tea", "Coffee, very strong and very hot, as the harbour master likes it", "شاي بالنعناع"].map((text, at) => ({text, votes: votes[at]}));
const open = {options: options(4, 2, 1), open: true};
const own = {id: "plugin dice", plugin: "dice", draw: () => html`<p>🎲 4 + 2 = <b>6</b></p>`, time: at("9:41")};

export const samples = [
  {name: "Poll: no votes yet", view: asked({options: options(0, 0, 0), open: true})},
  {name: "Poll: not voted", view: asked(open)},
  {name: "Poll: an answer under the pointer, one with the focus", states: {".choice:nth-of-type(1) button": "hover", ".choice:nth-of-type(2) button": "focus"}, view: asked(open)},
  {name: "Poll: voted", view: asked({...open, vote: 1})},
  {name: "Poll: voted, until a time", view: asked({...open, vote: 2, ends: at("18:30")})},
  {name: "Poll: closed", view: asked({...open, vote: 1, open: false, ends: at("18:30", 2)})},
  {name: "A row of a plugin", view: () => log(html`<${Frame} line=${own} />`)},
  {name: "A plugin that fails", view: () => log(html`<p class="box alert">${failure("bridge", new Error("no such file"))}</p>`)},
];
