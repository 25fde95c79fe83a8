// What opens above the page, or over the box: loaded when the page has come to rest, so that it is there without a connection, too.

export {complete, lookUp} from "../completion.js";
export {offer} from "../split.js";
export {Form} from "./form.js";
export {Jump} from "./jump.js";
export {Keys} from "./keys.js";
export {Settings} from "./settings.js";
export {toggle} from "./inspector.js";
export {Suggestions, carries, moved} from "./suggestions.js";

await new Promise((loaded) => {
  const href = new URL("../later.css", import.meta.url);
  document.head.append(Object.assign(document.createElement("link"), {rel: "stylesheet", href, onload: loaded, onerror: loaded}));
});
