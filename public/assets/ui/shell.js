// The frame: channels, conversation, members; on a phone, one at a time.

import {backCloses} from "./address.js";
import {html, useLayoutEffect, useRef, useState} from "../html.js";
import {byKeys, fieldOf, printable} from "./input.js";
import {learn, t} from "../i18n/index.js";
import {Avatar} from "./avatar.js";
import {banOf} from "./banner.js";
import {Strip} from "./strip.js";
import {Composer} from "./composer/composer.js";
import {Icon, SERVER, Tile} from "./icons.js";
import {Members} from "./members.js";
import {Messages} from "./messages/messages.js";
import {Sections} from "./sections.js";
import {Sidebar} from "./sidebar.js";
import {Bones, Ended, StateCard} from "./state_card.js";

/** Load the dialogs; the promise is the module, which is `dialogs.loaded` then. */
export async function dialogs() {
  if (dialogs.loaded) return dialogs.loaded;
  const [loaded] = await Promise.all([import("./dialogs/index.js"), learn("dialogs")]);
  return (dialogs.loaded = loaded);
}

// What lies over the room: where the focus goes, and in which windows.
const DRAWERS = {
  channels: {first: [".sidebar [aria-current]", ".sidebar :is(a, .add)"], most: "719px"},
  members: {first: [".members button"], most: "1099px"},
  menu: {first: [".menu button"], most: "99999px"},
};
const wide = () => matchMedia("(min-width: 1100px)").matches;

export function Shell({chat}) {
  const [drawer, setDrawer] = useState("");
  const opener = useRef();
  const [dialog, setDialog] = useState(null); // a name, the action whose form it is, or the message of a sheet
  const {Browse, Cards, ChannelMenu, Form, Hint, Jump, Keys, MessageSheet, Refused, Settings} = dialogs.loaded ?? {};
  const [sections] = useState(() => new Sections());
  const {state} = chat.session;
  const out = state.kind === "ended" && (state.neverIn || banOf(state)); // and there is nothing else to show
  const channel = !out && chat.channels.get(chat.current);
  const [alone, setAlone] = useState(() => chat.storage.read("alone", false)); // in a wide window, without the members
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
  function close() {
    setDrawer("");
  }

  /** Go to the next channel of the sidebar, or to the next unread one, though its section may be folded. */
  function step(by, unread) {
    const names = unread ? sections.all : sections.shown;
    let at = names.indexOf(chat.current);
    for (let tried = 0; tried < names.length; tried++) {
      at = (at + by + names.length) % names.length;
      const next = chat.channels.get(names[at]);
      if (next && (!unread || next.unread(chat.user.id))) return chat.open(next.name);
    }
  }

  /** The members are a drawer in a narrow window, and a column that can be hidden in a wide one. */
  function toggleMembers(event) {
    if (!wide()) return open("members", event);
    chat.storage.write("alone", !alone || undefined);
    setAlone(!alone);
  }

  useLayoutEffect(() => {
    // At once: keys may be pressed as soon as the page is drawn.
    function key(event) {
      const typing = event.defaultPrevented || fieldOf(event.target); // a plugin's UI may have keys of its own
      const ctrl = event.ctrlKey || event.metaKey;
      if (event.key === "Escape" && event.shiftKey) {
        event.preventDefault(); // Chromium's task manager
        chat.readState.readAll();
      } else if (event.key === "Escape") close();
      else if (ctrl && event.key.toLowerCase() === "k") {
        event.preventDefault();
        show("jump");
      } else if ((event.key === "?" && !typing && byKeys()) || (event.ctrlKey && event.key === "/")) show("keys");
      else if (!typing && (printable(event) || (ctrl && event.key.toLowerCase() === "v"))) {
        // What is typed or pasted goes to the box, unless a row has been reached by keys.
        const row = event.target.matches?.("article[data-id]") && byKeys();
        if (!row) document.querySelector(".composer textarea")?.focus();
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
    if (!drawer) return opener.current?.focus(); // give the focus back
    const {first, most} = DRAWERS[drawer];
    first.map((one) => document.querySelector(one)).find(Boolean).focus();
    const narrow = matchMedia(`(max-width: ${most})`);
    narrow.addEventListener("change", close); // the window is wide: it is no drawer any more
    if (!narrow.matches) close();
    const closed = backCloses(close);
    return () => {
      narrow.removeEventListener("change", close);
      closed();
    };
  }, [drawer]);

  return html`<div class=${`shell ${drawer ? `open-${drawer}` : ""} ${alone || !channel ? "alone" : ""}`}>
    <${Sidebar} chat=${chat} sections=${sections} close=${close} show=${show} later=${{Cards, Hint}} inert=${drawer !== "" && drawer !== "channels"} />
    ${drawer && html`<div class="shade" onClick=${close}></div>`}
    <main class="conversation" inert=${drawer !== ""}>
      <header>
        <button class="quiet only-narrow" onClick=${(event) => open("channels", event)} aria-label=${t("channels.title")} aria-expanded=${drawer === "channels"}>
          <${Icon} name="menu" />${chat.unread > 0 && html`<span class="badge"></span>`}
        </button>
        ${channel && html`<${Tile} name="hash" />`}
        <h1 dir="auto" data-kind=${channel ? "#" : undefined}>${channel ? channel.name : SERVER}</h1>
        ${channel && html`<button class="quiet members-button" onClick=${toggleMembers} aria-expanded=${wide() ? !alone : drawer === "members"} title=${t("members.title")}>
          <${Faces} users=${channel.users} /><${Icon} name="members" /><span class="hidden">${t("members.title")}</span> ${(channel.joined && channel.count) || ""}
        </button>`}
        <button class="quiet" onClick=${() => show("jump")} aria-label=${t("jump.title")} title=${t("jump.title")}><${Icon} name="search" /></button>
        ${channel && html`<button class="quiet" onClick=${(event) => ChannelMenu && open("menu", event)} aria-label=${t("channels.more")} aria-expanded=${drawer === "menu"} title=${t("channels.more")}>
          <${Icon} name="more" />
        </button>`}
      </header>
      ${channel
        ? html`<${Messages} key=${channel.name} chat=${chat} channel=${channel} show=${show} later=${dialogs.loaded ?? {}} />
            <${Composer} chat=${chat} channel=${channel} fill=${show} later=${dialogs.loaded ?? {}} />`
        : out ? html`<${Ended} chat=${chat} />` : html`${chat.sync.refused && Refused ? html`<${Refused} chat=${chat} show=${show} Card=${StateCard} />` : chat.arriving ? html`<div class="messages-frame"><${Bones} /></div>` : html`<${Nothing} show=${show} />`}<${Strip} chat=${chat} />`}
    </main>
    ${channel && drawer === "menu" && html`<${ChannelMenu} chat=${chat} channel=${channel} close=${close} />`}
    ${channel && html`<${Members} channel=${channel} me=${chat.user} close=${close} />`}
    ${dialog === "browse" && html`<${Browse} chat=${chat} close=${shut} />`}
    ${dialog === "jump" && html`<${Jump} chat=${chat} sections=${sections} close=${shut} />`}
    ${dialog === "keys" && html`<${Keys} close=${shut} />`}
    ${dialog === "settings" && html`<${Settings} chat=${chat} show=${show} close=${shut} />`}
    ${dialog?.message && html`<${MessageSheet} ...${dialog} close=${shut} />`}
    ${dialog?.parameters && html`<${Form} chat=${chat} channel=${channel} action=${dialog} close=${shut} />`}
  </div>`;
}

/** The first few who are here. */
function Faces({users}) {
  return html`<span class="faces">${[...users.values()].slice(0, 3).map((user) => html`<${Avatar} key=${user.id} user=${user} small />`)}</span>`;
}

/** There is no channel to be shown. */
function Nothing({show}) {
  return html`<${StateCard} icon="compass" title=${t("channels.none")}>
    <p>${t("channels.none-hint")}</p>
    <button class="primary" onClick=${() => show("browse")}>${t("channels.browse")}</button>
  <//>`;
}
