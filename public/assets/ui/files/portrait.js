// The picture of somebody, or of the server, over the initials or the mark, which are there until it is.

import {html, useEffect, useState} from "../../html.js";
import {attachmentsOf} from "../../state/attachments.js";
import {SERVER, pictures} from "../../state/pictures.js";
import {Avatar} from "../avatar.js";
import {Tile} from "../icons.js";
import {pictureOf} from "./address.js";

const SIZES = [64, 256]; // px, as the server makes them

/** px: as wide as it is drawn. */
export function Portrait({user = SERVER, px = 36}) {
  const [failed, fail] = useState(""); // a picture that cannot be shown
  const [, draw] = useState(0);
  const {chat} = pictures;
  const id = pictures.of(user);
  const access = chat && attachmentsOf(chat).access;
  useEffect(() => {
    let last = id;
    return pictures.watch(() => {
      const now = pictures.of(user);
      if (now !== last || !chat) draw((count) => count + 1);
      last = now;
    });
  }, [user.id, id, chat]);
  useEffect(() => {
    if (!id || !access) return;
    let drawn = true;
    access.want();
    access.opening.then(() => drawn && draw((count) => count + 1));
    return () => (drawn = false);
  }, [id, access?.opening]);
  if (!id || !access?.open || failed === id) return null;
  const sources = SIZES.map((size) => `${pictureOf(chat, {id}, size)} ${size}w`).join(", ");
  return html`<img class="portrait" src=${pictureOf(chat, {id}, SIZES[0])} srcset=${sources} sizes=${`${px}px`} alt="" decoding="async" loading="lazy" draggable=${false} onError=${() => fail(id)} />`;
}

Avatar.Picture = Tile.Picture = Portrait;
