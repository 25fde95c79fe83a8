// Why files cannot be sent: each is a text "files.why-…". No DOM.

/** What no other try changes. */
export const FINAL = new Set(["too-large", "empty", "folder", "type", "gone"]);

/** Whether trying again may help an entry of attachments.js. */
export const canRetry = ({why}) => Boolean(why) && !FINAL.has(why);

/** Why a file cannot be uploaded, which is known before a byte is sent; undefined: it can. */
export function wrong({folder, size}, {max_size: most}) {
  if (folder) return "folder";
  if (!size) return "empty";
  return size > most ? "too-large" : undefined;
}
