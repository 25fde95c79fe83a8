// What every component draws with.
import {Component, h} from "./vendor/preact.js";
import htm from "./vendor/htm.js";

export {Component, render} from "./vendor/preact.js";
export {useEffect, useLayoutEffect, useMemo, useRef, useState} from "./vendor/hooks.js";

/** Markup in a template string; what is put in is text, never markup. */
export const html = htm.bind(h);

/** A component that is drawn again only when one of its properties is another. */
export function memo(draw) {
  return class extends Component {
    shouldComponentUpdate(next) {
      return Object.keys({...this.props, ...next}).some((name) => next[name] !== this.props[name]);
    }

    render(properties) {
      return draw(properties);
    }
  };
}
