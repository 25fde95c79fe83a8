// The conversation: draws a window of the lines in memory.

import {html, useEffect, useLayoutEffect, useRef, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {namesOf} from "../../text/mentions.js";
import {around, before, behind, topRow, upwards} from "./portions.js";
import {useActive} from "./message_actions.js";
import {pending, rows} from "./rows.js";
import {Bones, Offline} from "../state_card.js";
import {Strip} from "../strip.js";

const WINDOW = {rows: 100, letters: 40_000, least: 12}; // at the present
const RUSH = 5; // messages in a frame: from then on only the newest rows are drawn
const SPARE = 10; // rows beyond the visible ones then
const ROW = 24; // px, at least
const GROW = 20; // rows that come back at once when it is over
const CALM = 150; // ms without a change
const PORTION = 30; // ms between two portions of rows, in which something else can be done
const STEP = {rows: 100, letters: 20_000, least: 1}; // which come in at an end
const LARGEST = {rows: 400, letters: 80_000, least: 24}; // at once, while one reads further up
const BOTTOM = 30; // px that count as the bottom
const NEAR = 400; // px from an end, where more come in

/** show, later: see useActive. Head: what stands before the first message. */
export function Messages({chat, channel, show, later, Head = later.Beginning}) {
  const box = useRef();
  const anchor = useRef(null); // {id, top}: the row that must not move
  const [start, setStart] = useState(null); // index of the first row; null: the newest rows
  const newestRows = useRef(WINDOW.rows); // how many these are
  const [missed, setMissed] = useState(0);
  const [markAbove, setMarkAbove] = useState(false);
  const [folded, setFolded] = useState(0); // rows more, where so many are folded into one that there is room
  const atBottom = useRef(!channel.place && !channel.wanted);
  const left = useRef(0); // px: the last known scroll position
  const size = useRef(""); // of the rows and the box then
  const toMark = useRef(false); // on the way to the first unread
  const visited = useRef(null); // the mark that has been seen
  const known = useRef(channel.arrived); // when it was drawn last
  const drawn = useRef(new Set()); // ids of the lines in the page
  const lines = channel.lines;
  const names = namesOf(chat, channel);
  const active = useActive(chat, channel, box, show, later);
  if (start === null && channel.arrived - known.current >= RUSH && box.current) {
    newestRows.current = Math.min(newestRows.current, Math.ceil(box.current.clientHeight / ROW) + SPARE);
  }
  const count = lines.length; // now: there may be more when one scrolls
  const full = WINDOW.rows + folded;
  const most = before(lines, count, {...WINDOW, rows: full}); // at the present
  const wanted = start === null ? Math.max(most, count - newestRows.current) : behind(lines, start, LARGEST);
  const [first, last] = start === null
    ? [upwards(lines, wanted, count, drawn.current), count]
    : around(lines, start, wanted, drawn.current);
  if (start === null && first > wanted) newestRows.current = count - first;
  const present = last === count && !channel.later;

  const hold = () => (anchor.current = topRow(box.current)); // before rows are added or removed
  /** Return to where one was in this channel, or go to a message; false if that is not known any more, or not yet. */
  function goBack() {
    const {place} = channel;
    const at = lines.findIndex(({id}) => id === place.id);
    if (at < 0 && !channel.joined) return false;
    channel.place = null;
    if (at < 0) return toPresent();
    const {top, height} = box.current.getBoundingClientRect();
    anchor.current = {top: top + height / 3, ...place};
    atBottom.current = channel.atEnd = false;
    setMissed(channel.unread(chat.user?.id ?? chat.session.restored?.user));
    drawn.current = new Set(); // they begin there
    setStart(upwards(lines, Math.max(0, at - 20), at + 1, drawn.current));
    return true;
  }

  useLayoutEffect(() => {
    if (channel.place && goBack()) return;
    const mark = box.current.querySelector(".new");
    if (toMark.current && mark) {
      toMark.current = atBottom.current = channel.atEnd = false;
      mark.scrollIntoView({block: "center"});
    } else if (atBottom.current) stick();
    else if (anchor.current) {
      const row = box.current.querySelector(`[data-id="${CSS.escape(anchor.current.id)}"]`);
      if (row) box.current.scrollTop += row.getBoundingClientRect().top - anchor.current.top;
    }
    anchor.current = null;
    lookForMark();
  });

  /** Stay at the bottom, unless the user has just scrolled up. */
  function stick() {
    const {scrollTop, scrollHeight, clientHeight} = box.current;
    if (scrollTop < left.current - BOTTOM && scrollHeight - scrollTop - clientHeight > BOTTOM) return;
    box.current.scrollTop = scrollHeight;
    left.current = box.current.scrollTop;
    size.current = `${scrollHeight} ${clientHeight}`;
  }

  /** Whether the line "New" is above the visible part, and has not been seen yet. */
  function lookForMark() {
    const mark = box.current.querySelector(".new");
    const above = mark
      ? mark.getBoundingClientRect().bottom < box.current.getBoundingClientRect().top
      : channel.unreadAbove(first);
    if (mark && !above) visited.current = channel.mark;
    setMarkAbove(above && visited.current !== channel.mark);
  }

  useEffect(() => {
    const {scrollHeight, clientHeight} = box.current;
    const fits = clientHeight >= scrollHeight;
    if (folded < lines.length && start === null && first && first === most && fits) setFolded(folded + WINDOW.rows);
    if (fits && present && !first && !channel.more && !atBottom.current) scrolled(); // nothing else would
    if (start === null && first === most) newestRows.current = full;
    if (first === (start ?? most) && (start === null || last === wanted)) return;
    const timer = setTimeout(() => {
      newestRows.current = Math.min(full, newestRows.current + GROW);
      chat.changed();
    }, start === null ? CALM : PORTION);
    return () => clearTimeout(timer);
  });

  useEffect(() => {
    // At the bottom new messages are read; further up they are counted.
    if (atBottom.current) setMissed(0);
    else if (channel.arrived > known.current) setMissed(missed + channel.arrived - known.current);
    known.current = channel.arrived;
    const gone = start === null ? 0 : channel.keepAround(start);
    if (gone) setStart(start - gone);
  });

  const written = useRef(channel.written);
  useEffect(() => {
    // Show what the user has written, however far up they were.
    if (channel.written !== written.current) toPresent();
    written.current = channel.written;
  }, [channel.written]);

  useEffect(() => {
    // Stay at the bottom when the window, the box below or a message changes its size.
    const watch = new ResizeObserver(() => {
      if (box.current && atBottom.current) stick();
    });
    watch.observe(box.current);
    watch.observe(box.current.firstElementChild);
    if (atBottom.current && !channel.jump) toPresent(); // which may have been dropped meanwhile
    channel.placed = () => (atBottom.current ? null : topRow(box.current, new Set(channel.lines.flatMap(({id, seq}) => (seq ? [id] : [])))));
    return () => {
      watch.disconnect();
      channel.atEnd = channel.placed = undefined;
    };
  }, []);

  /** Load the page before the first line, and keep the rows in place. */
  async function loadOlder() {
    const head = lines[0];
    hold();
    if (!(await chat.sync.older(channel)) || !box.current || lines !== channel.lines) return;
    hold();
    setStart(before(channel.lines, channel.lines.indexOf(head), STEP));
  }

  async function loadNewer() {
    if (!(await chat.sync.newer(channel)) || !box.current || lines !== channel.lines) return;
    hold();
    setStart(further(channel.lines));
  }

  // The first row when more are added below
  const further = (lines) => Math.min(behind(lines, first, STEP), before(lines, lines.length, LARGEST));

  function scrolled() {
    // Late scroll events, and those of a changed height, do not leave the bottom.
    if (atBottom.current && size.current !== `${box.current.scrollHeight} ${box.current.clientHeight}`) stick();
    const {scrollTop, scrollHeight, clientHeight} = box.current;
    const below = scrollHeight - scrollTop - clientHeight;
    left.current = scrollTop;
    size.current = `${scrollHeight} ${clientHeight}`;
    atBottom.current = present && below <= BOTTOM;
    channel.atEnd = atBottom.current;
    if (atBottom.current) {
      if (start !== null) setStart(null);
      if (missed) setMissed(0);
      chat.readState.refresh();
    } else if (start === null) {
      hold();
      setStart(first); // keep the top rows while the user reads further up
    }
    if (lines !== channel.lines) return; // others are drawn in a moment
    if (scrollTop < NEAR && first === 0) {
      if (channel.more) loadOlder();
    } else if (scrollTop < NEAR && !atBottom.current) {
      hold();
      setStart(before(lines, first, STEP));
    } else if (below < NEAR && last < count) {
      hold();
      setStart(further(lines));
    } else if (below < NEAR && channel.later) loadNewer();
    lookForMark();
  }

  async function toPresent() {
    if (channel.later) await chat.sync.newest(channel);
    if (channel.later || !box.current) return; // no connection
    atBottom.current = true;
    channel.atEnd = true;
    channel.jump = null;
    left.current = 0;
    setStart(null);
    setMissed(0);
    chat.readState.refresh();
    chat.changed();
  }

  /** Go to the first unread message, which may not be loaded yet. */
  async function firstUnread() {
    while (channel.more && channel.first > channel.mark + 1 && (await chat.sync.older(channel)));
    if (!box.current) return;
    toMark.current = true;
    const unread = channel.lines.findIndex((line) => line.seq > channel.mark);
    drawn.current = new Set(); // they begin there
    setStart(upwards(channel.lines, Math.max(0, unread - 20), unread, drawn.current));
    chat.changed();
  }

  const shown = lines.slice(first, last).map((line) => chat.view(channel, line));
  drawn.current = new Set(shown.map((line) => line.id));
  if (!atBottom.current && !anchor.current && box.current) hold();
  const unknown = !(channel.loaded ?? channel.epoch); // what there is
  const loading = channel.loading || (unknown && !chat.session.state.lost);
  return html`<div class="messages-frame">
    <div class="view"><div
      class="messages" ref=${box} onScroll=${scrolled} onCopy=${(event) => later.copied?.(event, lines)} ...${active.listeners}
      tabindex="0" role="log" aria-live="off" aria-busy=${unknown} aria-label=${channel.root ? t("thread.replies") : t("messages.title", {name: channel.label})}
    >
      <div class="rows">
        ${first === 0 && !channel.more && !unknown && Head && html`<${Head} ...${later} ...${{chat, channel, names, active, later, show, rows}} />`}
        ${unknown ? loading ? html`<${Bones} />` : html`<${Offline} />` : loading && html`<p class="loading">${t("messages.loading")}</p>`}
        ${rows({chat, channel, names, active, later, before: lines[first - 1] ?? channel.before, show}, shown)}
        ${present && pending({chat, channel, active, later, show})}
        ${present && !channel.root && [...chat.failures].map(([name, words]) => html`<p class="box alert" key=${`plugin ${name}`}>${words}</p>`)}
      </div>
    </div></div>
    ${later.Announcer && html`<${later.Announcer} chat=${chat} channel=${channel} />`}
    <${Strip} chat=${chat} channel=${channel} later=${later} loading=${unknown && loading} ways=${{
      unread: markAbove && {words: t("messages.first-unread"), go: firstUnread},
      present: (missed > 0 || !present || (channel.jump && channel.atEnd === false)) && {words: missed ? t("messages.new", {count: missed}) : t("messages.present"), go: toPresent},
    }} />
  </div>`;
}
