// Colours code in a worker, because some texts make the regular expressions of a grammar very slow.
// The grammar of a language is loaded with its first block.

import core from "../vendor/hljs-core.js";

const ALSO = {
  "c++": "cpp", c: "cpp", golang: "go", h: "cpp", html: "xml", js: "javascript", jsx: "javascript", mjs: "javascript",
  patch: "diff", py: "python", rs: "rust", sh: "bash", shell: "bash", svg: "xml", ts: "typescript", tsx: "typescript",
  yml: "yaml", zsh: "bash",
};
const GRAMMARS = new Set([
  "bash", "cpp", "css", "diff", "go", "java", "javascript", "json", "python", "rust", "sql", "typescript", "xml", "yaml",
]);
const MOST = 1_500; // nodes of a tree; larger ones are not coloured

/** The promise of a tree of strings and {scope, children}; null for an unknown language. begins(): the grammar is loaded. */
export async function colour(text, name, begins = () => {}) {
  const language = ALSO[name] ?? name;
  if (!GRAMMARS.has(language)) return null;
  if (!core.getLanguage(language)) {
    core.registerLanguage(language, (await import(`../vendor/hljs-${language}.js`)).default);
  }
  begins();
  let count = 0;
  /** Join adjacent strings: each is a node in the page. */
  function plain(nodes) {
    const found = [];
    for (const node of nodes) {
      if (typeof node !== "string") found.push({scope: node.scope, children: plain(node.children)});
      else if (typeof found.at(-1) === "string") found.push(found.pop() + node);
      else found.push(node);
    }
    count += found.length;
    return found;
  }
  const tree = plain(core.highlight(text, {language, ignoreIllegals: true})._emitter.rootNode.children);
  return count > MOST ? null : tree;
}

globalThis.onmessage = async ({data: {text, language}}) => postMessage(await colour(text, language, () => postMessage("begins")).catch(() => null));
