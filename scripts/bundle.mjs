// Bundles and minifies the page, as ./scripts/wheel does for a release: node scripts/bundle.mjs FOLDER
// A checkout needs no build: its page consists of modules.

import {build} from "esbuild";
import {cp, readFile, readdir, rm, writeFile} from "node:fs/promises";
import {join, relative, resolve} from "node:path";
import {fileURLToPath} from "node:url";

const from = fileURLToPath(new URL("../public/", import.meta.url));
const to = resolve(process.argv[2]);
const assets = join(from, "assets");
const options = {
  absWorkingDir: from,
  outbase: from,
  outdir: to,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome103", "edge103", "firefox104", "safari16"], // as the README says
  external: ["*.png", "*.svg", "*.woff2"],
  legalComments: "none", // assets/vendor/LICENSES goes along
  logLevel: "warning",
};

// The UIs of plugins import html.js. It stays one file, so that they share the page's Preact.
const shared = {
  name: "shared",
  setup({onResolve}) {
    onResolve({filter: /\/html\.js$/}, ({path, resolveDir, kind}) =>
      kind !== "entry-point" && resolve(resolveDir, path) === join(assets, "html.js") ? {path: "./html.js", external: true} : null);
  },
};

/** Keep what a module names by its own place, and by names that are put together, although it may be in a chunk beside app.js. */
const places = (moved) => ({
  name: "places",
  setup({onLoad}) {
    onLoad({filter: /\.js$/}, async ({path}) => {
      const own = moved ? `new URL(${JSON.stringify(relative(assets, path))}, import.meta.url)` : "import.meta.url";
      const source = (await readFile(path, "utf8")).replace(/\bimport\((`\.[^`]+`)\)/g, "import(new URL($1, import.meta.url))");
      return {contents: source.replaceAll("import.meta.url", own)};
    });
  },
});

const names = (await readdir(from, {recursive: true, withFileTypes: true}))
  .filter((entry) => entry.isFile())
  .map((entry) => relative(from, join(entry.parentPath ?? entry.path, entry.name)));
const KEPT = /^assets\/(appearance|html|worker|text\/highlight_worker|i18n\/(\w+\/)?[a-z]{2}|vendor\/hljs-(?!core)\w+)\.js$/; // loaded by their names

await rm(to, {recursive: true, force: true});
for (const name of names) if (!/\.(css|html|js|md)$/.test(name)) await cp(join(from, name), join(to, name));
await build({...options, entryPoints: names.filter((name) => KEPT.test(name) || name.endsWith(".css")), plugins: [places(false)]});

for (const name of names.filter((one) => one.endsWith(".html"))) {
  const page = await readFile(join(from, name), "utf8");
  const [, script] = page.match(/<script type="module" src="([^"]+)"/);
  await build({...options, entryPoints: [script], splitting: true, chunkNames: "assets/[name]-[hash]", plugins: [shared, places(true)]});

  const links = /<link rel="stylesheet" href="([^"]+)">\n/g;
  const css = `assets/css/${name.replace(".html", "-page.css")}`;
  const contents = [...page.matchAll(links)].map(([, href]) => `@import "./${href}";`).join("\n");
  await build({...options, outdir: undefined, outfile: join(to, css), stdin: {contents, loader: "css", resolveDir: from}});
  let first = true;
  const linked = page.replace(links, () => {
    const link = first ? `<link rel="stylesheet" href="${css}">\n` : "";
    first = false;
    return link;
  });
  await writeFile(join(to, name), linked);
}
