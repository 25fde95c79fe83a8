// The nodes of a cluster, each with what it has to do.

import {html} from "../../html.js";
import {t} from "../../i18n/index.js";
import {roughly} from "../../text/times.js";
import {Sign} from "./icons.js";
import {Panel, Row, listed} from "./panel.js";

export function Nodes({admin}) {
  const {nodes} = admin.overview;
  const versions = new Set(nodes.map(({version}) => version).filter(Boolean)).size > 1;
  return html`<${Panel}
    name="nodes" kind="full nodes" title=${t("admin.nodes")} count=${nodes.length} view=""
    rows=${nodes.map((node) => html`<${Node} key=${node.name} ...${node} versions=${versions} processor=${admin.figures.processors.get(node.name)} />`)}
  />`;
}

/**
 * missing: it did not answer; late: ms that its loop was late; clock: seconds that its clock is ahead, if that is wrong;
 * processor: per cent of a core; versions: not all nodes have the same one.
 */
function Node({name, missing, connections, users, version, late, clock, processor, versions}) {
  const about = !missing && [
    t("admin.node-people", {count: users}),
    t("admin.node-connections", {count: connections}),
    processor !== undefined && t("admin.node-processor", {count: Math.round(processor)}),
    t("admin.node-late", {count: Math.round(late)}),
    versions && version,
  ];
  return html`<${Row}
    face=${html`<span class="tile" aria-hidden="true"><${Sign} name="node" /></span>`}
    title=${html`<b dir="auto">${name}</b>
      ${missing && html`<span class="tag bad">${t("admin.node-missing")}</span>`}
      ${clock && html`<span class="tag bad">${t(clock > 0 ? "admin.clock-ahead" : "admin.clock-behind", {time: roughly(Math.abs(clock))})}</span>`}`}
    small=${about && listed(about)}
  />`;
}
