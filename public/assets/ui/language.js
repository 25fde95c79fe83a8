// The choice of the page's language.

import {html} from "../html.js";
import {LANGUAGES, language, speak, t} from "../i18n/index.js";

/** Use a language, and tell the browser: screen readers, hyphens and fonts depend on it. */
export async function speakHere(code) {
  const {lang, dir} = await speak(code, navigator.languages);
  Object.assign(document.documentElement, {lang, dir});
}

export function LanguageChoice({chat}) {
  async function change({target}) {
    const code = target.value; // drawing anew meanwhile would set it back
    await speakHere(code);
    chat.storage.write("language", code);
    chat.changed();
  }
  return html`<select class="language" aria-label=${t("app.language")} value=${language()} onChange=${change}>
    ${Object.entries(LANGUAGES).map(([code, name]) => html`<option key=${code} value=${code} lang=${code}>${name}</option>`)}
  </select>`;
}
