// Choose an emoji to react to a message with.

import {html} from "../../html.js";
import {t} from "../../i18n/index.js";
import {react} from "../../state/changes.js";
import {EmojiPicker} from "../composer/emoji_picker.js";
import {Dialog} from "./dialog.js";

export function React({chat, channel, line, close}) {
  return html`<${Dialog} title=${t("message.react")} close=${close} bare>
    <${EmojiPicker} chat=${chat} field=${() => document.body} insert=${(key) => react(chat, channel, line, key)} close=${close} />
  <//>`;
}
