// Colours for code; loaded when there is a fenced block with a language, and then that language's grammar alone.

import core from "./vendor/hljs-core.js";

const ALSO = {
  "c++": "cpp", c: "cpp", golang: "go", h: "cpp", html: "xml", js: "javascript", jsx: "javascript", mjs: "javascript",
  patch: "diff", py: "python", rs: "rust", sh: "bash", shell: "bash", svg: "xml", ts: "typescript", tsx: "typescript",
  yml: "yaml", zsh: "bash",
};
const GRAMMARS = new Set([
  "bash", "cpp", "css", "diff", "go", "java", "javascript", "json", "python", "rust", "sql", "typescript", "xml", "yaml",
]);

/** The promise of a tree for a code: strings and {scope, children}; null for a language that is not known. */
export async function highlight(text, name) {
  const language = ALSO[name] ?? name;
  if (!GRAMMARS.has(language)) return null;
  if (!core.getLanguage(language)) {
    core.registerLanguage(language, (await import(`./vendor/hljs-${language}.js`)).default);
  }
  return core.highlight(text, {language, ignoreIllegals: true})._emitter.rootNode.children;
}
