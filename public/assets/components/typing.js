// Who is writing.

import {html} from "../html.js";
import {t} from "../language.js";

export function Typing({channel}) {
  const names = [...channel.typing.values()].filter((one) => one.until > Date.now()).map((one) => one.user.name);
  return html`<p class="typing">${words(names)}</p>`;
}

function words([name, other, ...more]) {
  if (name === undefined) return "";
  if (other === undefined) return t("typing.one", {name});
  return more.length ? t("typing.many") : t("typing.two", {name, other});
}
