// Announces to screen readers what arrives: messages of others, replies to this person alone and what plugins show, but nothing that is loaded.
// What is being written is announced at its end.

import {html, useEffect, useRef, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {listOf} from "../../text/files.js";

/** What a message says, as it was written. */
const spoken = ({message, files}) => [message, files && listOf(files)].filter(Boolean).join(" · ");

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
  function say(lines) {
    const said = ({sender, stopped, ...line}) => `${sender.name}: ${spoken(line)}${stopped ? ` (${t("message.stopped")})` : ""}`;
    if (lines.length) setWords(lines.length > MOST ? t("messages.new", {count: lines.length}) : lines.map(said).join("\n"));
  }
  const heard = useRef(null); // the number up to which everything has been announced, or was loaded
  const awaited = useRef([]); // seqs of messages that are being written
  const boxes = useRef(new Set(channel.lines.filter(unsent).map(({id}) => id))); // of plugins
  useEffect(() => {
    const from = heard.current;
    if (!channel.epoch) return;
    heard.current = channel.seq;
    const spoken = channel.lines.filter(({seq, sender, deleted}) => seq && !deleted && sender && sender.id !== chat.user?.id);
    awaited.current.push(...spoken.flatMap(({growing, seq}) => (growing && (from === null || seq > from) ? [seq] : [])));
    if (from === null) return; // the others were loaded
    const fresh = spoken.filter(({seq}) => seq > from);
    say(fresh.filter(({growing}) => !growing));
  }, [channel.seq, channel.epoch]);
  useEffect(() => {
    if (!awaited.current.length) return;
    const lines = awaited.current.map((seq) => channel.get(seq));
    const grows = (line) => line?.growing && !line.deleted;
    awaited.current = lines.filter(grows).map(({seq}) => seq);
    say(lines.filter((line) => line && !grows(line) && !line.deleted));
  });
  useEffect(() => {
    const fresh = channel.lines.filter((line) => unsent(line) && !boxes.current.has(line.id));
    for (const {id} of fresh) boxes.current.add(id);
    const said = async ({plugin, id, message}) => (message ? `${message} (${t("notice.own")})` : `${plugin}: ${await drawn(id)}`);
    if (fresh.length) Promise.all(fresh.map(said)).then((lines) => setWords(lines.join("\n")));
  }, [channel.lines.length]);
  return html`<p class="hidden" role="status">${words}</p>`;
}
