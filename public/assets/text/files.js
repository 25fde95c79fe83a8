// Files in words: of what kind one is, how large, and what stands for them where there is room for a line. No DOM.

import {format, t} from "../i18n/index.js";
import {shorten} from "./characters.js";
import {plain} from "./plain.js";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];
const DRAWN = /^image\/(png|jpeg|gif|webp)$/; // before the server has looked at it

/** "picture", "film", "sound" or "file": as what it is shown. The server names the type, and a width only of pictures that it has read. */
export function kindOf({type, width}) {
  if (width) return "picture";
  return {video: "film", audio: "sound"}[type.split("/")[0]] ?? "file";
}

/** A name as it is shown: without what turns the direction of writing, so that an ending is what it seems. */
export const nameOf = ({name}) => name.replace(/[\u202a-\u202e\u2066-\u2069]/g, "");

/** Whether a file of one's own may be drawn as a picture. */
export const isDrawn = ({type}) => DRAWN.test(type);

/** "1.4 MB" */
export function sizeOf(bytes) {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const number = bytes / 1000 ** step;
  const unit = UNITS[step];
  const digits = step && number < 10 ? 1 : 0;
  return format("NumberFormat", `${unit} ${digits}`, {style: "unit", unit, unitDisplay: step ? "short" : "long", maximumFractionDigits: digits}).format(number);
}

/** The ending of a name, such as "CSV"; "" if it has none. A name that is cut off does not show it. */
export const endingOf = ({name}) => /\.([a-z\d]{1,8})$/i.exec(name)?.[1].toUpperCase() ?? "";

/** A name among other words: what is written from the right in it moves none of them. */
const isolated = (name) => `\u2068${name}\u2069`;

/** "2 pictures, harbour.pdf" */
export function listOf(files) {
  const pictures = files.filter(({width}) => width);
  const others = files.filter(({width}) => !width);
  const said = (some, key) => (some.length === 1 ? [isolated(nameOf(some[0]))] : some.length ? [t(key, {count: some.length})] : []);
  return [...said(pictures, "files.pictures"), ...said(others, "files.others")].join(", ");
}

/** What a message says, in short, without markup: its words, at most so many characters, and its files. */
export function gist({message, files}, most) {
  const words = message ? shorten(plain(message), most) : "";
  return files?.length ? [words, listOf(files)].filter(Boolean).join(" · ") : words;
}

/** What went wrong with an entry of attachments.js, in words. takes: what the server takes. */
export const troubleOf = ({why, words, size}, takes) => words ?? t(`files.why-${why}`, {size: sizeOf(size), most: sizeOf(takes?.max_size ?? 0)});
