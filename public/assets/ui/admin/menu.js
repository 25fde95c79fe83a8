// A button that opens a list of commands. Arrows move in it; Escape, Tab and a press elsewhere close it.

import {html, useEffect, useLayoutEffect, useRef, useState} from "../../html.js";

/** label: the button's; face: what it shows; items: [{words, act, danger, href}]; head: what stands above them. */
export function Menu({label, face, items, head, kind = ""}) {
  const [open, setOpen] = useState(false);
  const place = useRef();
  const button = useRef();
  const entries = () => [...place.current.querySelectorAll("[role=menuitem]")];

  useLayoutEffect(() => {
    if (!open) return;
    entries()[0].focus();
    place.current.querySelector("[role=menu]").scrollIntoView({block: "nearest"});
  }, [open]);
  useEffect(() => {
    if (!open) return;
    const outside = ({target}) => place.current.contains(target) || setOpen(false);
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  function shut() {
    setOpen(false);
    button.current.focus();
  }

  function key(event) {
    const all = entries();
    const at = all.indexOf(document.activeElement);
    const to = {ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1}[event.key];
    if (event.key === "Tab" && !head) shut();
    if (to === undefined) return;
    event.preventDefault();
    all.at(to % all.length).focus();
  }

  function choose(act) {
    shut();
    act?.();
  }

  const arrow = (event) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    setOpen(true);
  };
  return html`<div class=${`opener ${kind}`} ref=${place}>
    <button class="quiet" ref=${button} onClick=${() => setOpen(!open)} onKeyDown=${arrow} aria-haspopup="menu" aria-expanded=${open} aria-label=${label} title=${label}>${face}</button>
    ${open && html`<div class="opened" onKeyDown=${(event) => event.key === "Escape" && shut()}>
      ${head}
      <div role="menu" aria-label=${label} onKeyDown=${key}>
        ${items.map(({words, act, danger, href}) => html`<${href ? "a" : "button"}
          key=${words} role="menuitem" tabindex="-1" class=${danger ? "danger" : ""} href=${href} onClick=${() => choose(act)}>${words}<//>`)}
      </div>
    </div>`}
  </div>`;
}
