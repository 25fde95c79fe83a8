// A text with its markup, drawn node by node: what is not known is text, and HTML is nothing else.

import {EMOJI, learnEmoji} from "../emoji.js";
import {html, useEffect, useMemo, useState} from "../html.js";
import {parse} from "../markdown.js";
import {named} from "../text.js";

/** people: names that are mentioned when they stand behind an @; me: one's own. channels: names behind a #. */
export function Markup({text, names}) {
  const [known, know] = useState(EMOJI.size);
  useEffect(() => void learnEmoji(text)?.then(() => know(EMOJI.size)), [text]);
  const tree = useMemo(() => parse(text), [text, known]);
  return html`<div class="text" dir="auto">${tree.map((block) => drawBlock(block, names))}</div>`;
}

function drawBlock(block, names) {
  switch (block.kind) {
    case "code":
      return html`<${Code} text=${block.text} language=${block.language} />`;
    case "quote":
      return html`<blockquote dir="auto">${block.inside.map((one) => drawBlock(one, names))}</blockquote>`;
    case "list": {
      const items = block.items.map((item) => html`<li>${item.map((one) => drawBlock(one, names))}</li>`);
      return block.start === null ? html`<ul dir="auto">${items}</ul>` : html`<ol dir="auto" start=${block.start}>${items}</ol>`;
    }
    default:
      return html`<div class="words">${block.inside.map((piece) => drawPiece(piece, names))}</div>`;
  }
}

function drawPiece(piece, names) {
  if (typeof piece === "string") return drawNames(piece, names);
  const inside = piece.inside?.map((one) => drawPiece(one, piece.kind === "link" ? null : names));
  switch (piece.kind) {
    case "link":
      return html`<a href=${piece.href} title=${piece.href} target="_blank" rel="noopener noreferrer">${inside}</a>`;
    case "code":
      return html`<code>${piece.text}</code>`;
    case "emoji":
      return html`<span title=${`:${piece.name}:`}>${piece.text}</span>`;
    case "strong":
      return html`<strong>${inside}</strong>`;
    case "del":
      return html`<del>${inside}</del>`;
    default:
      return html`<em>${inside}</em>`;
  }
}

/** Mentions of people who are here, and channels, which open. */
function drawNames(text, names) {
  if (!names || !/[@#]/.test(text)) return text;
  return named(text, names.people, names.channels).map((piece) => {
    if (typeof piece === "string") return piece;
    if (piece.channel) return html`<a href=${`#/${encodeURIComponent(piece.channel)}`}>${piece.text}</a>`;
    return html`<span class=${piece.person.toLowerCase() === names.me ? "mention me" : "mention"}>${piece.text}</span>`;
  });
}

function Code({text, language}) {
  const [tree, setTree] = useState(null);
  useEffect(() => {
    if (!language) return;
    let wanted = true;
    import("../highlight.js")
      .then(({highlight}) => highlight(text, language))
      .then((found) => wanted && setTree(found))
      .catch(() => {}); // no connection: it stays plain
    return () => (wanted = false);
  }, [text, language]);
  return html`<pre tabindex="0" dir="ltr"><code>${tree ? tree.map(drawCode) : text}</code></pre>`;
}

function drawCode(node) {
  if (typeof node === "string") return node;
  const inside = node.children.map(drawCode);
  return node.scope ? html`<span class=${`code-${node.scope.split(".")[0]}`}>${inside}</span>` : inside;
}
