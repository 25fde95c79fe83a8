// The language of the page and its clock, as chosen in the settings.

import {html} from "../html.js";
import {LANGUAGES, choose, language, speak, t} from "../i18n/index.js";
import {changedElsewhere} from "../state/storage.js";

/** The languages of the browser that are what Intl understands: some say "en-US@posix", or nothing. */
function wished() {
  return (navigator.languages ?? []).filter((tag) => {
    try {
      return Intl.getCanonicalLocales(tag);
    } catch {
      return false;
    }
  });
}

/** Speak as was chosen, else as the browser does, and tell the browser: screen readers, hyphens and fonts depend on it. */
export async function speakHere(storage, code = storage.read("language", "")) {
  const {lang, dir} = await speak(choose([`${code}`, ...wished()]), wished(), storage.read("clock", ""));
  Object.assign(document.documentElement, {lang, dir});
}

/** Do so when another tab has chosen, too. */
export function followSpeech(storage, changed) {
  window.addEventListener("storage", (event) => {
    if (/^(language|clock)$/.test(changedElsewhere(event)?.folder)) speakHere(storage).then(changed);
  });
}

export function LanguageChoice({chat}) {
  async function change({target}) {
    const code = target.value; // drawing anew meanwhile would set it back
    await speakHere(chat.storage, code);
    chat.storage.write("language", code);
    chat.changed();
  }
  return html`<select class="language" aria-label=${t("app.language")} value=${language()} onChange=${change}>
    ${Object.entries(LANGUAGES).map(([code, name]) => html`<option key=${code} value=${code} lang=${code}>${name}</option>`)}
  </select>`;
}
