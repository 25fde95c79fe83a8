// What stands beside the conversation, or over it in a narrow window, and is no thread: one of these lists. Loaded with the dialogs.

import {html, useEffect} from "../html.js";
import {MentionList} from "./mention_list.js";
import {Pins} from "./pins.js";
import {SearchPane, finds} from "./search/search_pane.js";
import {ThreadList} from "./threads/thread_list.js";

const LISTS = {threads: ThreadList, mentions: MentionList, pins: Pins, search: SearchPane};

/** which: of them, or another name. seek(event): open the search, or go to its field. */
export function Beside({which, chat, channel, seek, ...more}) {
  useEffect(() => {
    function key(event) {
      if (!finds(event, chat)) return;
      event.preventDefault();
      seek({currentTarget: document.activeElement});
    }
    window.addEventListener("keydown", key);
    return () => window.removeEventListener("keydown", key);
  });
  const List = LISTS[which];
  if (!List || (which === "pins" && !channel)) return null;
  return html`<${List} key=${which === "pins" ? `pins ${channel.name}` : which} chat=${chat} channel=${channel} ...${more} />`;
}
