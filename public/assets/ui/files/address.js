// Where the bytes of a file are.

const THUMBNAILS = [400, 1600]; // px of the longer side, as the server makes them
const PLAYS = 2_000_000; // bytes of an animation that moves among messages

/** The address of a file. More: what else stands in it. */
const at = ({base}, {id, name}, more = "") => new URL(`files/${encodeURIComponent(id)}${name ? `/${encodeURIComponent(name)}` : ""}${more}`, base).href;

/** The address at which a file is saved or opened, under its name. */
export const addressOf = (chat, file) => at(chat, file);

/** The address of a picture as it is at most so many pixels long. */
export const pictureOf = (chat, {id}, size) => at(chat, {id}, size ? `?size=${size}` : "");

/** Whether a picture is shown as it is: it may move, and is small. */
export const isWhole = ({type, size, width, height}) => (type === "image/gif" && size <= PLAYS && !matchMedia("(prefers-reduced-motion: reduce)").matches) || Math.max(width, height) <= THUMBNAILS[0];

/** The attributes of a picture's <img>: of several sizes, that for so many px of width. */
export function sourcesOf(chat, file, px) {
  if (isWhole(file)) return {src: pictureOf(chat, file)};
  const scale = (size) => Math.round(Math.min(1, size / Math.max(file.width, file.height)) * file.width);
  return {src: pictureOf(chat, file, THUMBNAILS[0]), srcset: THUMBNAILS.map((size) => `${pictureOf(chat, file, size)} ${scale(size)}w`).join(", "), sizes: `${Math.round(px)}px`};
}
