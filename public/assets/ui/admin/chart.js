// A small chart: one line over the last minutes, and its newest value in words.

import {line, rounded} from "../../state/figures.js";
import {html} from "../../html.js";
import {t} from "../../i18n/index.js";

const WIDTH = 180;
const HEIGHT = 40;

/** name: of a figure; values: oldest first. */
export function Chart({name, values}) {
  const path = values.length > 1 ? line(values, WIDTH, HEIGHT) : "";
  return html`<figure class="chart">
    <figcaption>
      <span class="muted">${t(`figure.${name}`)}</span>
      <b data-figure=${name}>${values.length ? t(`unit.${name}`, {count: rounded(values.at(-1))}) : "–"}</b>
      <small class="muted">${values.length > 1 && t("figure.most", {value: t(`unit.${name}`, {count: rounded(Math.max(...values))})})}</small>
    </figcaption>
    <svg viewBox=${`0 -2 ${WIDTH} ${HEIGHT + 4}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="area" d=${path && `${path}L${WIDTH} ${HEIGHT}L${path.slice(1).split(" ")[0]} ${HEIGHT}Z`} />
      <path class="line" d=${path} />
    </svg>
  </figure>`;
}
