// A text without its markup, as it is read. No DOM.

import {parse} from "./markdown.js";

export const plain = (text) => parse(text).map(block).join("\n");

function block({kind, text, inside, start, items}) {
  if (kind === "code") return text;
  if (kind === "quote") return inside.map(block).join("\n").replace(/^/gm, "> ");
  if (kind !== "list") return inside.map(piece).join("");
  return items.map((item, at) => {
    const sign = start === null ? "• " : `${start + at}. `;
    return sign + item.map(block).join("\n").replaceAll("\n", `\n${" ".repeat(sign.length)}`);
  }).join("\n");
}

function piece(one) {
  if (typeof one === "string") return one;
  const words = one.text ?? one.inside.map(piece).join("");
  return one.kind === "link" && !one.href.endsWith(words) ? `${words} (${one.href})` : words;
}
