// What the first picture needs not: loaded when the page has come to rest, so that it works without a connection, too.

export {complete, lookUp} from "../../commands/completion.js";
export {offer} from "../../text/split.js";
export {Browse} from "./browse.js";
export {Cards} from "./cards.js";
export {ChannelMenu} from "./channel_menu.js";
export {Form} from "./form.js";
export {Hint} from "./hint.js";
export {Jump} from "./jump.js";
export {Keys} from "./keys.js";
export {MessageSheet} from "./message_sheet.js";
export {Refused} from "./refused.js";
export {Settings} from "./settings.js";
export {toggle} from "./inspector.js";
export {Suggestions, carries, moved} from "../composer/suggestions.js";
export {EmojiPicker} from "../composer/emoji_picker.js";
export {Formats, formatByKey} from "../composer/format.js";
export {Ended} from "../shut_out.js";
export {Announcer} from "../messages/announcer.js";
export {Comings, fold} from "../messages/comings.js";
export {Bar, act, copied, press} from "../messages/message_bar.js";
export {Own} from "../messages/own.js";

await Promise.all(["dialogs", "cards"].map((name) => new Promise((loaded) => {
  const href = new URL(`../../css/${name}.css`, import.meta.url);
  document.head.append(Object.assign(document.createElement("link"), {rel: "stylesheet", href, onload: loaded, onerror: loaded}));
})));
