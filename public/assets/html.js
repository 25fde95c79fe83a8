// What every component draws with.
import {h} from "./vendor/preact.js";
import htm from "./vendor/htm.js";

export {render} from "./vendor/preact.js";
export {useEffect, useLayoutEffect, useRef, useState} from "./vendor/hooks.js";

/** Markup in a template string; what is put in is text, never markup. */
export const html = htm.bind(h);
