// A thread beside the conversation; over it in a narrow window. Loaded with the dialogs.

import {explain, t} from "../../i18n/index.js";
import {sameDay} from "../../state/channel.js";
import {html, useEffect, useLayoutEffect, useRef, useState} from "../../html.js";
import {Icon} from "../icons.js";
import {boxOf, byKeys} from "../input.js";
import {BACK} from "../pins.js";
import {HUSHED} from "../places/face.js";
import {StateCard} from "../state_card.js";

const BELL = "M10.268 21a2 2 0 0 0 3.464 0M3.262 15.326A1 1 0 0 0 4 17h16a1 1 0 0 0 .74-1.673C19.41 13.956 18 12.499 18 8A6 6 0 0 0 6 8c0 4.499-1.411 5.956-2.738 7.326";

const NAMED = 5; // users that a message names who have answered

/** over: whether it lies over the room. Messages, Composer: these components; the others are theirs. */
export function ThreadPane({chat, thread, show, fill, later, over, Messages, Composer}) {
  const box = useRef();
  const [words, setWords] = useState("");
  const {following, home, line, refused} = thread;
  const {count = 0, users = []} = line?.replies ?? {};
  const people = users.length < NAMED && t("thread.people", {count: users.length}); // else there may be more
  const showing = useRef((what) => show(what.about ? {...what, channel: thread} : what)).current; // the same at each draw, as messages keep it
  useLayoutEffect(() => () => over && chat.threads.close(thread), []); // the room is to be seen when one is back

  useEffect(() => {
    function step(event) {
      if (event.key !== "F6" || over) return;
      event.preventDefault();
      boxOf(box.current.contains(document.activeElement) ? home : thread)?.focus();
    }
    window.addEventListener("keydown", step);
    return () => window.removeEventListener("keydown", step);
  }, []);

  function close() {
    const row = home.get(thread.root);
    chat.threads.close(thread);
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const there = row && byKeys() && document.querySelector(`.conversation [data-id="${CSS.escape(row.id)}"]`);
      if (there || !matchMedia("(pointer: coarse)").matches) (there || boxOf(home))?.focus(); // on a phone the keyboard would come
    }));
  }
  async function follow() {
    try {
      setWords("");
      await chat.threads.follow(thread, !following);
    } catch (error) {
      setWords(explain(error));
    }
  }
  function key(event) {
    if (event.key !== "Escape" || event.defaultPrevented || over) return; // that is the drawer's
    event.preventDefault();
    close();
  }
  const title = t(following ? "thread.following" : "thread.not-following");
  return html`<aside class="thread" ref=${box} tabindex="-1" aria-label=${t("thread.title")} onKeyDown=${key}>
    <header>
      <button class="quiet back" onClick=${close} aria-label=${t("dialog.close")}><${Icon} path=${BACK} /></button>
      <div><h2>${t("thread.title")}</h2><p class="muted" dir="auto">${[home.called, count > 0 && [t("thread.count", {count}), people].filter(Boolean).join(", ")].filter(Boolean).join(" · ")}</p></div>
      ${thread.loaded && !refused && html`<button class="quiet" onClick=${follow} aria-pressed=${following} aria-label=${t("thread.follow")} title=${title}><${Icon} path=${following ? BELL : HUSHED} /></button>`}
      <button class="quiet shut" onClick=${close} aria-label=${t("dialog.close")} title=${t("dialog.close")}><${Icon} name="close" /></button>
    </header>
    ${words && html`<p class="alert" role="alert">${words}</p>`}
    ${refused
      ? html`<${StateCard} icon="thread" title=${t("thread.gone")}><p>${refused}</p><//>`
      : html`<${Messages} chat=${chat} channel=${thread} show=${showing} later=${later} Head=${Root} />
          <${Composer} chat=${chat} channel=${thread} fill=${fill} later=${later}><${Also} chat=${chat} thread=${thread} /><//>`}
  </aside>`;
}

/** The message that it is about, above the replies. */
function Root({chat, channel: thread, names, active, later, show, rows}) {
  const {line} = thread;
  if (!line) return null;
  const {count = 0} = line.replies ?? {};
  return html`<div class=${sameDay(line.time, Date.now()) ? "thread-root today" : "thread-root"}>${rows({chat, channel: thread, names, active, later, show}, [chat.view(thread, line)])}</div>
    ${!count && !thread.lines.length && html`<p class="muted first">${t("thread.empty")}</p>`}`;
}

function Also({chat, thread}) {
  function choose({target}) {
    thread.also = target.checked;
    if (!byKeys() && !matchMedia("(pointer: coarse)").matches) boxOf(thread).focus(); // one goes on writing
    chat.changed();
  }
  return html`<label class="also-in"><input type="checkbox" checked=${thread.also} onChange=${choose} /><span class="cut">${t("thread.also", {name: thread.home.called})}</span></label>`;
}
