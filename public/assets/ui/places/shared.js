// Which channels one shares with somebody: asked of the server, as what is loaded here is not all.

import {useEffect, useState} from "../../html.js";
import {sharedWith} from "../../state/managing.js";

/** The channels; none before the server has answered, or where there is no id. */
export function useShared(chat, id) {
  const [shared, set] = useState([]);
  useEffect(() => {
    let late = false;
    set([]);
    if (id && chat.served) sharedWith(chat, id).then((channels) => late || set(channels), () => {});
    return () => (late = true);
  }, [id, chat.connection.session]);
  return shared;
}
