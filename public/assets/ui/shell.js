// The frame: channels, conversation, members; on a phone, one at a time.

import {backCloses} from "./address.js";
import {html, useLayoutEffect, useRef, useState} from "../html.js";
import {boxOf, byKeys, fieldOf, printable} from "./input.js";
import {learn, t} from "../i18n/index.js";
import {Avatar} from "./avatar.js";
import {banOf} from "./banner.js";
import {Strip} from "./strip.js";
import {Composer} from "./composer/composer.js";
import {Icon, SERVER, Tile} from "./icons.js";
import {Messages} from "./messages/messages.js";
import {Sections} from "./sections.js";
import {Sidebar} from "./sidebar.js";
import {Bones, Ended} from "./state_card.js";

/** Load the dialogs; the promise is the module, which is `dialogs.loaded` then. */
export async function dialogs() {
  if (dialogs.loaded) return dialogs.loaded;
  const [loaded] = await Promise.all([import("./dialogs/index.js"), ...["dialogs", "files", "messages", "places", "search"].map(learn)]);
  return (dialogs.loaded = loaded);
}

// What lies over the room: where the focus goes, and in which windows.
const DRAWERS = {
  channels: {first: [".sidebar [aria-current]", ".sidebar :is(a, .add)"], most: "719px"},
  members: {first: [".members button"], most: "1099px"},
  menu: {first: [".menu button:not(.only-phone *)", ".menu button"], most: "99999px"},
  bell: {first: [".menu [aria-pressed=true]"], most: "99999px"},
};
const placeOf = (name) => DRAWERS[name] ?? {first: [":focus", ".open", ""].map((one) => `.${name} ${one}`), most: "1099px"};
const WIDE = matchMedia("(min-width: 1100px)");

export function Shell({chat}) {
  const [drawer, setDrawer] = useState("");
  const opener = useRef();
  const [dialog, setDialog] = useState(null); // a name, the action whose form it is, or {about, …}: see MessageDialog
  const later = dialogs.loaded ?? {};
  const {Bell, Beside, Browse, ChannelMenu, Face, Filing, Form, Heading, Jump, Keys, MessageDialog, MembersPane, Nothing, PinsButton, PlaceDialog, readAll, Refused, Settings, ThreadPane} = later;
  const [sections] = useState(() => new Sections());
  const {state} = chat.session;
  const out = state.kind === "ended" && (state.neverIn || banOf(state));
  const channel = !out && chat.channels.get(chat.current);
  const two = channel?.about?.with?.length === 1;
  const usual = () => (chat.storage.read("alone", false) ? "nothing" : "members");
  const [aside, setBeside] = useState(usual); // the room, in a wide window: "members", "nothing" or one of beside.js
  const [wide, setWide] = useState(WIDE.matches);
  const thread = ThreadPane && channel?.thread; // in the place of what else is there
  const [beside, over] = [thread ? "thread" : aside, thread && !wide ? "thread" : drawer];
  const shut = () => setDialog(null);

  function show(which) {
    close();
    if (typeof which === "string" && which !== "settings") chat.storage.write("hinted", true); // has been found
    if (dialogs.loaded) setDialog(which);
    else dialogs().then(() => setDialog(which), () => {}); // or no connection
  }

  function open(which, event) {
    opener.current = event.currentTarget;
    setDrawer(drawer === which ? "" : which);
  }
  const enter = () => placeOf(over).first.map((one) => document.querySelector(one)).find(Boolean)?.focus();
  function openMenu(event) {
    if (dialogs.loaded) return open("menu", event);
    opener.current = event.currentTarget;
    dialogs().then(() => setDrawer("menu"), () => {}); // or no connection
  }
  function close() {
    if (over === "thread") chat.threads.close(thread);
    else setDrawer("");
  }

  /** Go to the next channel of the sidebar, or the next unread one, though its section may be folded. */
  function step(by, unread) {
    const names = unread ? sections.all : sections.shown;
    let at = names.indexOf(chat.current);
    for (let tried = 0; tried < names.length; tried++) {
      at = (at + by + names.length) % names.length;
      const next = chat.channels.get(names[at]);
      if (next && (!unread || next.counts(chat.user).unread + next.counts(chat.user).mentions)) return chat.open(next.name);
    }
  }

  /** Members and pins: drawers in a narrow window, a column in a wide one. */
  function toggle(which, event) {
    if (!wide) return open(which, event);
    const there = shown(which);
    if (thread) chat.threads.close(thread);
    if (which === "members") chat.storage.write("alone", there || undefined);
    setBeside(there ? usual() : which);
  }
  const shown = (which) => (wide ? beside === which : over === which);

  const searches = Beside && chat.actions.some(({name}) => name === "search");
  const seekWords = t(searches ? "search.title" : "jump.title");
  const seek = (event) => (shown("search") ? document.querySelector(".search input").select() : toggle("search", event));

  const lasting = useRef(show).current; // the same at each draw, as messages keep it

  useLayoutEffect(() => {
    // At once: keys may be pressed as soon as the page is drawn.
    function key(event) {
      const typing = event.defaultPrevented || fieldOf(event.target); // a plugin's UI may have keys of its own
      const ctrl = event.ctrlKey || event.metaKey;
      if (event.key === "Escape" && event.shiftKey) {
        event.preventDefault(); // Chromium's task manager
        readAll?.(chat);
      } else if (event.key === "Escape" && !event.defaultPrevented) close();
      else if (ctrl && event.key.toLowerCase() === "k") {
        event.preventDefault();
        show("jump");
      } else if ((event.key === "?" && !typing && byKeys()) || (event.ctrlKey && event.key === "/")) show("keys");
      else if (!typing && (printable(event) || (ctrl && event.key.toLowerCase() === "v"))) {
        // What is typed or pasted goes to the box, unless a row has been reached by keys.
        const row = event.target.matches?.("article[data-id]") && byKeys();
        if (!row) boxOf(event.target.closest?.(".thread") && thread)?.focus();
      }
      if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
        event.preventDefault();
        step(event.key === "ArrowDown" ? 1 : -1, event.shiftKey);
      }
    }
    window.addEventListener("keydown", key);
    return () => window.removeEventListener("keydown", key);
  });
  useLayoutEffect(() => {
    // At once: what is typed next goes to the drawer.
    if (!over) return opener.current?.focus();
    enter();
    const narrow = matchMedia(`(max-width: ${placeOf(over).most})`);
    const widened = () => over !== "thread" && close(); // it stays
    narrow.addEventListener("change", widened);
    if (!narrow.matches) widened();
    const closed = backCloses(close);
    return () => {
      narrow.removeEventListener("change", widened);
      closed();
    };
  }, [over]);
  useLayoutEffect(() => {
    const tell = () => setWide(WIDE.matches);
    WIDE.addEventListener("change", tell);
    return () => WIDE.removeEventListener("change", tell);
  }, []);
  useLayoutEffect(() => {
    if (over && document.activeElement === document.body) enter(); // a pane was loaded
  }, [dialogs.loaded]);

  return html`<div class=${`shell ${over ? `open-${over}` : ""} with-${channel || /^(threads|mentions|search)$/.test(beside) ? beside : "nothing"}`}>
    <${Sidebar} chat=${chat} sections=${sections} close=${close} show=${show} later=${later} inert=${over !== "" && over !== "channels"} toggle=${Beside && toggle} shown=${shown} />
    ${over && html`<div class="shade" onClick=${close}></div>`}
    <main class="conversation" inert=${over !== ""}>
      <header>
        <button class="quiet only-narrow" onClick=${(event) => open("channels", event)} aria-label=${t("channels.title")} aria-expanded=${drawer === "channels"}>
          <${Icon} name="menu" />${chat.unread > 0 && html`<span class="badge"></span>`}
        </button>
        ${!channel && html`<${Tile} kind="server" />`}
        ${channel && (channel.kind === "direct" && Face ? html`<${Face} chat=${chat} channel=${channel} large />` : html`<${Tile} name=${channel.kind === "private" ? "lock" : "hash"} />`)}
        ${channel && Heading ? html`<${Heading} key=${channel.name} chat=${chat} channel=${channel} />`
          : html`<div class="title"><h1 dir="auto" data-kind=${channel?.kind === "public" ? "#" : undefined}>${channel ? channel.label : SERVER}</h1></div>`}
        ${channel && html`<button class="quiet members-button" onClick=${(event) => toggle("members", event)} aria-expanded=${shown("members")} title=${t("members.title")}>
          ${!two && html`<${Faces} users=${channel.faces(chat.user)} />`}<${Icon} name="members" /><span class="hidden">${t("members.title")}</span> ${(channel.joined && !two && channel.people) || ""}
        </button>`}
        ${channel && PinsButton && html`<${PinsButton} chat=${chat} channel=${channel} open=${shown("pins")} toggle=${(event) => toggle("pins", event)} />`}
        ${channel && Bell && html`<${Bell} chat=${chat} channel=${channel} open=${drawer === "bell"} toggle=${(event) => open("bell", event)} />`}
        <button class="quiet seek" onClick=${(event) => (searches ? toggle("search", event) : show("jump"))} aria-expanded=${shown("search")} aria-label=${seekWords} title=${seekWords}><${Icon} name="search" /></button>
        ${channel && html`<button class="quiet" onClick=${openMenu} aria-label=${t("channels.more")} aria-expanded=${drawer === "menu"} title=${t("channels.more")}>
          <${Icon} name="more" />
        </button>`}
      </header>
      ${channel
        ? html`<${Messages} key=${channel.name} chat=${chat} channel=${channel} show=${lasting} later=${later} />
            <${Composer} chat=${chat} channel=${channel} fill=${show} later=${later} />`
        : out ? html`<${Ended} chat=${chat} />` : html`${chat.sync.refused && Refused ? html`<${Refused} chat=${chat} show=${show} />` : chat.arriving ? html`<div class="messages-frame"><${Bones} /></div>` : Nothing && html`<${Nothing} chat=${chat} show=${show} />`}<${Strip} chat=${chat} later=${later} />`}
    </main>
    ${channel && (drawer === "menu" || drawer === "bell") && html`<${ChannelMenu} chat=${chat} channel=${channel} bell=${drawer === "bell"} show=${show} close=${close} pins=${() => setDrawer("pins")} />`}
    ${channel && (MembersPane ? html`<${MembersPane} key=${channel.name} chat=${chat} channel=${channel} me=${chat.user} show=${show} close=${close} />` : html`<aside class="members"><header></header></aside>`)}
    ${thread && html`<${ThreadPane} key=${thread.key} chat=${chat} thread=${thread} show=${lasting} fill=${show} later=${later} over=${!wide} ...${{Messages, Composer}} />`}
    ${Beside && html`<${Beside} which=${wide ? beside : over} chat=${chat} channel=${channel} over=${!wide} close=${() => (close(), setBeside(usual()))} seek=${seek} />`}
    ${Filing && html`<${Filing} chat=${chat} />`}
    ${dialog === "browse" && html`<${Browse} chat=${chat} show=${show} close=${shut} />`}
    ${dialog === "jump" && html`<${Jump} chat=${chat} sections=${sections} close=${shut} seek=${searches && seek} />`}
    ${dialog === "keys" && html`<${Keys} close=${shut} />`}
    ${dialog === "settings" && html`<${Settings} chat=${chat} show=${show} close=${shut} />`}
    ${channel && dialog?.about && html`<${MessageDialog} chat=${chat} channel=${channel} ...${dialog} show=${show} close=${shut} />`}
    ${dialog?.place && html`<${PlaceDialog} ...${dialog} chat=${chat} channel=${channel} show=${show} close=${shut} />`}
    ${dialog?.parameters && html`<${Form} chat=${chat} channel=${channel} action=${dialog} close=${shut} />`}
  </div>`;
}

/** The first few who are here. */
function Faces({users}) {
  return html`<span class="faces">${users.slice(0, 3).map((user) => html`<${Avatar} key=${user.id} user=${user} small />`)}</span>`;
}
