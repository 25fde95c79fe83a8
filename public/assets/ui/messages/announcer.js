// Announces to screen readers what arrives: messages of others, replies to this person alone and what plugins show, but nothing that is loaded.

import {html, useEffect, useRef, useState} from "../../html.js";
import {t} from "../../i18n/index.js";

const MOST = 3; // at once; more are counted
const LOOKS = 20; // at a box that its plugin has not drawn yet, 50 ms apart

/** What a plugin's box says, once it is drawn. */
async function drawn(id) {
  for (let look = 0; look < LOOKS; look++) {
    const words = document.querySelector(`[data-id="${CSS.escape(id)}"] .box`)?.innerText;
    if (words) return words;
    await new Promise((go) => setTimeout(go, 50));
  }
  return "";
}

/** Whether a line comes from no person: a plugin's box, or a reply to this person alone. */
const unsent = (line) => line.view || line.private;

export function Announcer({chat, channel}) {
  const [words, setWords] = useState("");
  const heard = useRef(0);
  const boxes = useRef(new Set(channel.lines.filter(unsent).map(({id}) => id))); // of plugins
  useEffect(() => {
    const from = heard.current;
    if (!channel.epoch) return;
    heard.current = channel.seq;
    if (!from) return; // these were loaded
    const fresh = channel.lines.filter(({seq, sender}) => seq > from && sender && sender.id !== chat.user?.id);
    if (fresh.length > MOST) setWords(t("messages.new", {count: fresh.length}));
    else if (fresh.length) setWords(fresh.map((line) => `${line.sender.name}: ${line.message}`).join("\n"));
  }, [channel.seq, channel.epoch]);
  useEffect(() => {
    const fresh = channel.lines.filter((line) => unsent(line) && !boxes.current.has(line.id));
    for (const {id} of fresh) boxes.current.add(id);
    const said = async ({plugin, id, message}) => (message ? `${message} (${t("notice.own")})` : `${plugin}: ${await drawn(id)}`);
    if (fresh.length) Promise.all(fresh.map(said)).then((lines) => setWords(lines.join("\n")));
  }, [channel.lines.length]);
  return html`<p class="hidden" role="status">${words}</p>`;
}
