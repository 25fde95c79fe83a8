// What the first picture needs not: loaded when the page has come to rest, so that it works without a connection, too.

import "../more_icons.js";
import "../../state/other_tabs.js";
import "../../state/quotes.js";
export {keepConversation} from "../../state/keep_conversation.js";
export {complete, known, lookUp} from "../../commands/completion.js";
export {commandOf} from "../../commands/schema.js";
export {offer} from "../../text/split.js";
export {Browse} from "./browse.js";
export {Cards} from "./cards.js";
export {ChannelMenu} from "./channel_menu.js";
export {Form} from "./form.js";
export {Hint} from "./hint.js";
export {Jump} from "./jump.js";
export {Keys} from "./keys.js";
export {MessageDialog} from "./message_dialog.js";
export {Nothing, Refused} from "./refused.js";
export {Settings} from "./settings.js";
export {Undo, undoable} from "./undo.js";
export {Barred, Bell, Face, HUSHED, Heading, MembersPane, NewMessage, PlaceBeginning, PlaceDialog, Slow, barred, readAll} from "../places/index.js";
export {toggle} from "./inspector.js";
export {Suggestions, carries, moved} from "../composer/suggestions.js";
export {EmojiPicker} from "../composer/emoji_picker.js";
export {About, aboutByKey, beginEdit} from "../composer/editing.js";
export {Formats, formatByKey} from "../composer/format.js";
export {Filing, Tray, choose, hindered} from "../files/index.js";
export {Beside} from "../beside.js";
export {PinsButton} from "../pins.js";
export {ThreadPane} from "../threads/thread_pane.js";
export {Ended} from "../shut_out.js";
export {Announcer} from "../messages/announcer.js";
export {Beginning} from "../messages/beginning.js";
export {growing} from "../../state/growing.js";
export {Growth} from "../messages/growth.js";
export {Comings, fold} from "../messages/comings.js";
export {living} from "../messages/living.js";
export {Bar, act, copied} from "../messages/message_bar.js";
export {Own} from "../messages/own.js";
export {press} from "../messages/press.js";

// In a release these are small files of their own, although what is in them is here: without a connection it would be too late for them.
const byName = [import("../../commands/run.js"), import("../../state/changes.js"), import("../../state/editing.js"), import("../../state/keep_conversation.js"), import("../../state/notifications.js"), import("../../state/other_tabs.js"), import("../../state/quotes.js")];
await Promise.allSettled(byName);

await Promise.all(["dialogs", "cards", "files", "writing", "living", "places", "threads", "search", "print"].map((name) => new Promise((loaded) => {
  const href = new URL(`../../css/${name}.css`, import.meta.url);
  document.head.append(Object.assign(document.createElement("link"), {rel: "stylesheet", href, onload: loaded, onerror: loaded}));
})));
