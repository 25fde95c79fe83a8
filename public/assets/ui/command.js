// A command of the command line, to be copied.

import {html, useState} from "../html.js";
import {t} from "../i18n/index.js";
import {Icon} from "./icons.js";

/** With a button that copies it, where the browser lets pages do so. */
export function Command({text}) {
  const [copied, setCopied] = useState(false);
  const copy = () => navigator.clipboard.writeText(text).then(() => setCopied(true), () => {});
  const words = t(copied ? "state.copied" : "state.copy");
  return html`<code class="command">${text}</code>
    ${navigator.clipboard && html`<button onClick=${copy} aria-label=${`${words}: ${text}`}><${Icon} name="copy" />${words}</button>`}
    <span class="hidden" role="status">${copied && t("state.copied")}</span>`;
}
