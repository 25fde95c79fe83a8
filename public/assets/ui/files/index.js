// Files on the page: loaded with the dialogs.

import {html, useEffect} from "../../html.js";
import {attachmentsOf} from "../../state/attachments.js";
import {pictures} from "../../state/pictures.js";
import "./portrait.js";
import {receiveFiles} from "./drop.js";
import {Shared} from "./share.js";

export {Tray, choose, hindered} from "./tray.js";

/** What is always there, and draws nothing: it uploads, and listens for files. */
export function Filing({chat}) {
  const {connection, session} = chat;
  const attachments = attachmentsOf(chat);
  useEffect(() => {
    pictures.begin(chat);
    return receiveFiles(chat);
  }, []);
  useEffect(() => {
    if (connection.open && chat.user) attachments.begin();
  }, [connection.session, session.token, chat.user?.id]);
  return html`<${Shared} chat=${chat} />`;
}
