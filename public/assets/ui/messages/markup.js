// Draws a text with its markup, node by node, without HTML.

import {EMOJI, learnEmoji} from "../../text/emoji.js";
import {html, useEffect, useMemo, useState} from "../../html.js";
import {parse} from "../../text/markdown.js";
import {withNames} from "../../text/mentions.js";

/** names: those of `namesOf`, if the text may mention any. mentions: whom the message mentions, as its line says. */
export function Markup({text, names, mentions}) {
  const [known, know] = useState(EMOJI.size);
  useEffect(() => {
    know(EMOJI.size); // they may have come meanwhile
    learnEmoji(text)?.then(() => know(EMOJI.size));
  }, [text]);
  const parsed = useMemo(() => parse(text), [text, known]);
  const tree = useMemo(() => (names ? withNames(parsed, names, mentions) : parsed), [parsed, names, mentions]);
  return html`<div class=${few(tree) ? "text jumbo" : "text"}>${tree.map((block) => drawBlock(block))}</div>`;
}

const FEW = /^(?:(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F)(?:\p{Emoji_Modifier}|\uFE0F|\u200D\p{Extended_Pictographic})*\s*){1,3}$/u;

/** Whether a text is one to three emoji: these are drawn large. */
function few([block, ...more]) {
  if (more.length || !block?.inside || block.kind === "quote") return false;
  return FEW.test(block.inside.map((piece) => (typeof piece === "string" ? piece : piece.kind === "emoji" ? piece.text : "-")).join(""));
}

// dir="auto" isolates what has a direction of its own, so that it does not reorder the words around it. A list or a quote
// has that of its words, which therefore have none themselves.

const drawInner = (block) => drawBlock(block, null);

function drawBlock(block, dir = "auto") {
  switch (block.kind) {
    case "code":
      return html`<${Code} text=${block.text} language=${block.language} />`;
    case "quote":
      return html`<blockquote dir="auto">${block.inside.map(drawInner)}</blockquote>`;
    case "list": {
      const items = block.items.map((item) => html`<li>${item.map(drawInner)}</li>`);
      return block.start === null ? html`<ul dir="auto">${items}</ul>` : html`<ol dir="auto" start=${block.start}>${items}</ol>`;
    }
    default:
      return html`<div class="words" dir=${dir}>${block.inside.map(drawPiece)}</div>`;
  }
}

function drawPiece(piece) {
  if (typeof piece === "string") return piece;
  const inside = piece.inside?.map(drawPiece);
  switch (piece.kind) {
    case "link":
      return html`<a dir="auto" href=${piece.href} title=${piece.href} target="_blank" rel="noopener noreferrer">${inside}</a>`;
    case "code":
      return html`<code dir="auto">${piece.text}</code>`;
    case "person":
      return html`<bdi class=${piece.mine ? "mention me" : "mention"}>${piece.text}</bdi>`;
    case "channel":
      return html`<a dir="auto" href=${`#/${encodeURIComponent(piece.name)}`}>${piece.text}</a>`;
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

function Code({text, language}) {
  const [tree, setTree] = useState(null);
  useEffect(() => {
    if (!language) return;
    let wanted = true;
    import("../../text/highlight.js")
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
