// The conversation: all messages are in memory, a window of them is in the page.

import {html, useEffect, useLayoutEffect, useMemo, useRef, useState} from "../html.js";
import {day, t} from "../language.js";
import {continues, sameDay} from "../store.js";
import {twins} from "../text.js";
import {Icon} from "./icons.js";
import {Message, Notice, Pending} from "./message.js";

const WINDOW = 200; // rows while one reads the present
const STEP = 100; // rows that come in at an end
const LARGEST = 400; // rows at once
const BOTTOM = 30; // px that count as the bottom
const NEAR = 400; // px from an end, where more come in

export function Messages({chat, channel}) {
  const box = useRef();
  const anchor = useRef(null); // {id, top}: the row that must not move
  const [start, setStart] = useState(null); // index of the first row; null: the newest WINDOW rows
  const [end, setEnd] = useState(null); // index behind the last row; null: the present
  const [missed, setMissed] = useState(0);
  const atBottom = useRef(true);
  const known = useRef(channel.lines.length);
  const lines = channel.lines;
  const names = useNames(chat, channel);
  const last = end === null ? lines.length : Math.min(end, lines.length);
  const first = start === null ? Math.max(0, last - WINDOW) : Math.min(start, last);

  /** Remember where the rows stand, before some come in or go. */
  function hold() {
    const top = box.current.getBoundingClientRect().top;
    const row = [...box.current.querySelectorAll("[data-id]")].find((one) => one.getBoundingClientRect().bottom > top);
    anchor.current = row && {id: row.dataset.id, top: row.getBoundingClientRect().top};
  }

  useLayoutEffect(() => {
    if (atBottom.current && end === null) box.current.scrollTop = box.current.scrollHeight;
    else if (anchor.current) {
      const row = box.current.querySelector(`[data-id="${CSS.escape(anchor.current.id)}"]`);
      if (row) box.current.scrollTop += row.getBoundingClientRect().top - anchor.current.top;
    }
    anchor.current = null;
  });

  useEffect(() => {
    // What comes while one is at the end is read; what comes while one is further up is counted.
    const fresh = lines.length - known.current;
    known.current = lines.length;
    if (atBottom.current) setMissed(0);
    else if (fresh > 0 && channel.seq > seen.current) setMissed((count) => count + fresh);
    seen.current = channel.seq;
  }, [lines.length]);
  const seen = useRef(channel.seq);

  useEffect(() => {
    // At the bottom one stays there when the window or the box below changes.
    const watch = new ResizeObserver(() => {
      if (box.current && atBottom.current) box.current.scrollTop = box.current.scrollHeight;
    });
    watch.observe(box.current);
    return () => {
      watch.disconnect();
      channel.atEnd = undefined;
    };
  }, []);

  async function scrolled() {
    const {scrollTop, scrollHeight, clientHeight} = box.current;
    const below = scrollHeight - scrollTop - clientHeight;
    atBottom.current = end === null && below <= BOTTOM;
    channel.atEnd = atBottom.current;
    if (atBottom.current) {
      if (start !== null) setStart(null);
      if (missed) setMissed(0);
      chat.look();
    } else if (start === null) {
      hold();
      setStart(first); // rows go no more at the top while one reads further up
    }
    if (scrollTop < NEAR) {
      if (first > 0) {
        hold();
        setStart(Math.max(0, first - STEP));
        if (last - first + STEP > LARGEST) setEnd(Math.max(0, first - STEP) + LARGEST);
      } else if (channel.more) {
        const before = lines.length;
        hold();
        const more = await chat.older(channel);
        if (more && box.current) {
          hold();
          const came = channel.lines.length - before;
          known.current += came;
          setStart(Math.max(0, came - STEP));
          if (end !== null) setEnd(Math.min(end + came, channel.lines.length));
        }
      }
    } else if (below < NEAR && end !== null) {
      hold();
      const next = end + STEP;
      setEnd(next >= lines.length ? null : next);
      if (next - first > LARGEST) setStart(next - LARGEST);
    }
  }

  function toPresent() {
    atBottom.current = true;
    channel.atEnd = true;
    setStart(null);
    setEnd(null);
    setMissed(0);
    chat.look();
    chat.changed();
  }

  function toMark() {
    const row = box.current.querySelector(".new");
    if (row) row.scrollIntoView({block: "center"});
    else setStart(Math.max(0, lines.findIndex((line) => line.seq > channel.mark) - 20));
  }

  const shown = lines.slice(first, last);
  if (!atBottom.current && !anchor.current && box.current) hold();
  const unreadAbove = channel.mark > 0 && lines.findIndex((line) => line.seq > channel.mark) < first;
  const typing = [...channel.typing.values()].filter((one) => one.until > Date.now()).map((one) => one.user.name);
  const loading = !channel.epoch;

  return html`<div class="messages-frame">
    <div class="messages" ref=${box} onScroll=${scrolled} tabindex="0" role="log" aria-label=${t("messages.title", {name: channel.name})} aria-live=${loading || channel.loading ? "off" : "polite"}>
      <div class="filler"></div>
      ${first === 0 && !channel.more && !loading && html`<${Beginning} channel=${channel} />`}
      ${(channel.loading || loading) && html`<p class="hint">${t("messages.loading")}</p>`}
      ${rows(chat, channel, shown, lines[first - 1], names)}
      ${end === null && chat.outbox.of(channel.name).map((item) => html`<${Pending} key=${item.ref} chat=${chat} item=${item} />`)}
    </div>
    ${unreadAbove && html`<button class="jump up" onClick=${toMark}>${t("messages.first-unread")}</button>`}
    ${(missed > 0 || end !== null) && html`<button class="jump" onClick=${toPresent}>
      ${missed ? t("messages.new", {count: missed}) : t("messages.present")} <${Icon} name="down" />
    </button>`}
    <p class="typing" aria-hidden=${!typing.length}>${typing.length > 0 && whoTypes(typing)}</p>
  </div>`;
}

/** The names that texts may speak of; the same object as long as they are the same. */
function useNames(chat, channel) {
  const people = [...channel.users.values(), chat.user ?? []].flat().map((user) => user.name);
  const channels = [...chat.channels.keys()];
  return useMemo(() => ({people, channels, me: chat.user?.name.toLowerCase()}), [JSON.stringify([people, channels])]);
}

function rows(chat, channel, shown, before, names) {
  const senders = shown.flatMap((line) => line.sender ?? []);
  const alike = twins([...channel.users.values(), ...senders, chat.user ?? []].flat());
  const drawn = [];
  let marked = channel.mark === 0 || (before?.seq ?? 0) > channel.mark;
  for (const line of shown) {
    if (!before || !sameDay(line.time, before.time)) {
      drawn.push(html`<div class="day" key=${`day-${line.id}`} role="separator"><span>${day(line.time)}</span></div>`);
    }
    if (!marked && line.seq > channel.mark && line.sender?.id !== chat.user?.id) {
      marked = true;
      drawn.push(html`<div class="new" key="new" role="separator"><span>${t("messages.mark")}</span></div>`);
      before = null;
    }
    drawn.push(
      line.sender
        ? html`<${Message} key=${line.id} line=${line} follows=${continues(line, before)} twin=${alike.has(line.sender.id)} names=${names} />`
        : html`<${Notice} key=${line.id} line=${line} />`,
    );
    before = line;
  }
  return drawn;
}

function Beginning({channel}) {
  const empty = channel.lines.length === 0;
  return html`<div class="beginning">
    <h2 dir="auto"># ${channel.name}</h2>
    <p>${t(empty ? "messages.empty" : "messages.beginning")}</p>
  </div>`;
}

function whoTypes(names) {
  if (names.length === 1) return t("typing.one", {name: names[0]});
  if (names.length === 2) return t("typing.two", {name: names[0], other: names[1]});
  return t("typing.many");
}
