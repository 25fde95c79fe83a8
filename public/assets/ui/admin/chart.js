// A card with a figure, what it means in words, and its last minutes as a chart.

import {line, rounded} from "../../state/figures.js";
import {html} from "../../html.js";
import {t} from "../../i18n/index.js";

const WIDTH = 240;
const HEIGHT = 56;
const ROOM = 4; // above the top, for the line

/** name: of a figure; values: oldest first; top: of the scale; small: words behind the figure. */
export function Chart({name, values, top, small}) {
  const path = values.length > 1 ? line(values, top, WIDTH, HEIGHT - ROOM) : "";
  const about = {name: t(`figure.${name}`), least: rounded(Math.min(...values)), most: rounded(Math.max(...values))};
  return html`<figure class="panel figure">
    <figcaption>
      <span>${about.name}</span>
      <p><b data-figure=${name}>${values.length ? t("figure.value", {count: rounded(values.at(-1))}) : "–"}</b> <small>${small}</small></p>
    </figcaption>
    <svg class="chart" viewBox=${`0 ${-ROOM} ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label=${path ? t("figure.chart", about) : t("figure.soon")}>
      <path class="area" d=${path && `${path}L${WIDTH} ${HEIGHT}L${path.slice(1).split(" ")[0]} ${HEIGHT}Z`} />
      <path class="line" d=${path} />
    </svg>
  </figure>`;
}
