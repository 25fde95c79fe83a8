// A row of the settings: the picture that is shown of oneself, or of the server.

import {html, useEffect, useState} from "../../html.js";
import {explain, t} from "../../i18n/index.js";
import {SERVER, pictures} from "../../state/pictures.js";
import {Avatar} from "../avatar.js";
import {Setting} from "../dialogs/setting.js";
import {Tile} from "../icons.js";

/** server: whether it is the server's. */
export function PictureSetting({chat, show, server}) {
  const [words, setWords] = useState("");
  const [, draw] = useState(0);
  const who = server ? SERVER : chat.user;
  const id = server ? "setting-server-picture" : "setting-picture";
  useEffect(() => pictures.watch(() => draw((count) => count + 1)), []);
  function choose() {
    const field = Object.assign(document.createElement("input"), {type: "file", accept: "image/*"});
    field.onchange = () => field.files[0] && show({place: "picture", file: field.files[0], server});
    field.click();
  }
  async function remove() {
    try {
      await chat.connection.call("set-picture", {file: "", server: server || undefined});
      pictures.note(who.id, "");
      setWords("");
    } catch (error) {
      setWords(explain(error));
    }
  }
  return html`<${Setting} id=${id} title=${t(server ? "picture.server" : "picture.title")} help=${t(server ? "picture.server-help" : "picture.help")} below=${html`<p class="alert" role="alert">${words}</p>`}>
    <div class="own-picture">${server ? html`<${Tile} kind="server" />` : html`<${Avatar} user=${who} />`}
      <button onClick=${choose} aria-describedby=${id}>${t("picture.choose")}</button>
      ${pictures.of(who) && html`<button onClick=${remove} aria-describedby=${id}>${t("picture.remove")}</button>`}</div>
  <//>`;
}

/** Those that this user may choose. */
export const PictureSettings = ({chat, show}) => chat.takesFiles?.images && html`<${PictureSetting} chat=${chat} show=${show} />
  ${chat.powers.includes("server-picture") && html`<${PictureSetting} chat=${chat} show=${show} server />`}`;
