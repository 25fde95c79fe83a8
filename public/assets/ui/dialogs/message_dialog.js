// The dialogs about a message.

import {html} from "../../html.js";
import {Viewer} from "../files/viewer.js";
import {DeleteMessage} from "./delete_message.js";
import {MessageSheet} from "./message_sheet.js";
import {React} from "./react.js";
import {Reacted} from "./reacted.js";

const ALL = {delete: DeleteMessage, options: MessageSheet, picture: Viewer, react: React, reacted: Reacted};

/** about: which it is. The others are its properties: chat, channel, line, show, close, …. */
export const MessageDialog = ({about, ...properties}) => html`<${ALL[about]} ...${properties} />`;
