// What the lists of the administrator's page have in common.

import {html, useLayoutEffect, useRef} from "../../html.js";
import {t} from "../../i18n/index.js";
import {FEW, MANY} from "../../state/admin.js";

/** tools: beside the heading; rows: drawn elements, null while they are not known; empty: words for none; total: of which these are the first; most: that are drawn; more: there are some that are not loaded. */
export function Panel({name, title, kind = "", count, tools, rows, empty, total = 0, most = MANY, more, view, children}) {
  const few = view === "overview";
  const shown = rows?.slice(0, few ? FEW : most);
  const left = Math.max(total, rows?.length ?? 0) - (shown?.length ?? 0);
  const focused = useRef();
  useLayoutEffect(() => {
    // What had the focus may have gone.
    if (focused.current && !focused.current.isConnected && document.activeElement === document.body) document.getElementById(name).focus();
  });
  return html`<section
    class=${`panel ${kind}`} aria-labelledby=${name}
    onFocusIn=${({target}) => { focused.current = target; }}
    onFocusOut=${({target}) => queueMicrotask(() => { if (focused.current === target && target.isConnected) focused.current = null; })}
  >
    <header><h2 id=${name} tabindex="-1">${title}</h2>${count !== undefined && html`<span class="count">${t("figure.value", {count})}</span>`}${tools}</header>
    ${children}
    ${rows === null && html`<p class="nothing loading">${t("messages.loading")}</p>`}
    ${rows?.length === 0 && html`<p class="nothing">${empty}</p>`}
    ${rows?.length > 0 && html`<ul>${shown}</ul>`}
    ${left > 0 && (few
      ? html`<a class="all" href=${`#${name === "bans" ? "people" : name}`}>${more ? t("admin.some") : t("admin.all", {count: left + shown.length})}</a>`
      : html`<p class="nothing">${t("members.more", {count: left})}</p>`)}
  </section>`;
}

/** face: an avatar or a tile; title, small: what is read; the children stand behind it. */
export function Row({face, title, small, children}) {
  return html`<li class="line-row">${face}<div class="said-of"><div class="who">${title}</div>${small && html`<small>${small}</small>`}</div>${children}</li>`;
}

/** The field that narrows a list; it looks a moment after the last key. */
export function Find({value, change, label}) {
  return html`<input
    class="seek" type="search" value=${value} onInput=${({target}) => change(target.value)} maxlength="100" dir="auto"
    placeholder=${label} aria-label=${label} spellcheck=${false} autocomplete="off" enterkeyhint="search"
  />`;
}

/** Words side by side, whatever direction each has; undefined if there are none. */
export function listed(words) {
  const shown = words.filter(Boolean);
  return shown.length ? shown.map((one, at) => [at > 0 && " · ", html`<bdi>${one}</bdi>`]) : undefined;
}
