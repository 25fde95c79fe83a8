// Above the account, one card at a time: what could not be sent; whether to be notified, after the first mention that was missed; or a new version.

import {html, useEffect, useRef, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {choose, possible} from "../../state/notifications.js";
import {Icon} from "../icons.js";
import {HUSHED} from "../places/face.js";
import {BELL} from "../places/bell.js";
import {Unsent, lostElsewhere} from "../places/unsent.js";

const PATHS = {
  bell: BELL,
  bellOff: HUSHED,
  unsent: "M12 8v4M12 16h.01M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0",
  reload: "M21 12a9 9 0 1 1-9-9c2.52 0 4.93 1 6.74 2.74L21 8M21 3v5h-5",
};

const VERSION = /\bassets\/(v-[0-9a-f]{12})\//;
const OWN = VERSION.exec(import.meta.url)?.[1]; // of this page

/** The version of the page that the server has, unless it is this one's. */
async function otherVersion(base) {
  const answer = await fetch(base, {cache: "no-cache"});
  const found = answer.ok && VERSION.exec(await answer.text())?.[1];
  return OWN && found && found !== OWN ? found : "";
}

/** children: what is there while there is no card. */
export function Cards({chat, children}) {
  const {connection, storage} = chat;
  const [version, setVersion] = useState("");
  const [later, setLater] = useState(""); // a version
  const [blocked, setBlocked] = useState(false);
  const {session} = connection;
  const first = useRef(session);
  useEffect(() => {
    // After a lost connection the server may be another.
    if (session !== first.current) otherVersion(chat.base).then(setVersion, () => {});
  }, [session]);

  async function turnOn() {
    await choose(chat, "mentions");
    setBlocked(Notification.permission === "denied");
    if (Notification.permission !== "denied") write();
  }

  function dismiss(what) {
    what();
    write();
  }

  if (blocked) {
    return html`<${Card} icon="bellOff" title=${t("card.blocked")} words=${t("card.blocked-how")}>
      <button onClick=${() => dismiss(() => setBlocked(false))}>${t("card.close")}</button>
    <//>`;
  }
  const lost = lostElsewhere(chat);
  if (lost) {
    return html`<${Card} icon="unsent" title=${t("lost.title", {name: lost.called})}><${Unsent} key=${lost.name} chat=${chat} lost=${lost} /><//>`;
  }
  if (chat.missed && possible() && storage.read("notify", null) === null) {
    return html`<${Card} icon="bell" title=${t("card.missed", {name: chat.missed})} words=${t("card.notify")}>
      <button class="primary" onClick=${turnOn}>${t("card.turn-on")}</button>
      <button class="quiet" onClick=${() => dismiss(() => choose(chat, "off"))}>${t("card.not-now")}</button>
    <//>`;
  }
  if (version && version !== later) {
    return html`<${Card} icon="reload" title=${t("card.version")} words=${t("card.drafts")}>
      <button onClick=${() => location.reload()}>${t("card.reload")}</button>
      <button class="quiet" onClick=${() => dismiss(() => setLater(version))}>${t("card.later")}</button>
    <//>`;
  }
  return children;
}

/** Back to writing: the button that was pressed goes. */
const write = () => document.querySelector(".composer textarea")?.focus();

function Card({icon, title, words, children}) {
  return html`<section class="card" role="status">
    <${Icon} path=${PATHS[icon]} />
    <div><b dir="auto">${title}</b>${words ? html`<small>${words}</small><span>${children}</span>` : children}</div>
  </section>`;
}
