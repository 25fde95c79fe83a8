// What plugins draw in the conversation: their own UIs, in the frame that the page gives them.

import {html} from "../../assets/html.js";
import {Frame} from "../../assets/plugins/frame.js";
import {setup} from "../plugins/poll.js";

export const title = "Plugins";

/** The box of a poll, drawn by the plugin's own code. */
function poll(...events) {
  const listeners = {};
  let drawn;
  setup({
    html,
    user: {id: "g:ann", name: "Ann Becker"},
    on: (action, listener) => (listeners[action] = listener),
    show: (channel, key, draw) => (drawn = draw),
    call: () => Promise.resolve(null),
  });
  for (const event of events) listeners.poll({action: "poll", id: "p1", channel: "general", ...event});
  return {id: "plugin poll p1", plugin: "poll", draw: () => drawn()};
}

const log = (line) => html`<div class="conversation"><div class="messages-frame"><div class="rows"><${Frame} line=${line} /></div></div></div>`;
const options = (...votes) => ["Tea", "Coffee, very strong and very hot, as the harbour master likes it", "شاي بالنعناع"].map((text, at) => ({text, votes: votes[at]}));
const question = "What shall we have while we wait for the ferry?";
const open = {question, options: options(4, 2, 1), open: true};
const broken = {id: "plugin broken", plugin: "broken", draw: () => html`<p>This one works.</p>`};

export const samples = [
  {name: "Poll: no votes yet", view: () => log(poll({question, options: options(0, 0, 0), open: true}))},
  {name: "Poll: not voted", view: () => log(poll(open))},
  {name: "Poll: an answer under the pointer, one with the focus", states: {".choice:nth-of-type(1) button": "hover", ".choice:nth-of-type(2) button": "focus"}, view: () => log(poll(open))},
  {name: "Poll: closed", view: () => log(poll(open, {...open, open: false}))},
  {name: "A text of a plugin", view: () => log(broken)},
];
