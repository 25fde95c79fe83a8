// Ctrl+K: go to a channel by a part of its name; the user's own come first.

import {fold} from "../../text/characters.js";
import {html, useEffect, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {Dialog} from "./dialog.js";
import {Suggestions, carries, moved} from "../composer/suggestions.js";

const ASK_AFTER = 150; // ms without another key

export function Jump({chat, close}) {
  const [word, setWord] = useState("");
  const [choice, setChoice] = useState(0);
  const [others, setOthers] = useState([]);
  const clean = word.trim().replace(/^#/, "");
  useEffect(() => {
    let late = false;
    const ask = () => chat.connection.call("channels", {find: clean}).then(({channels}) => late || setOthers(channels), () => {});
    const timer = setTimeout(ask, clean && ASK_AFTER);
    return () => {
      late = true;
      clearTimeout(timer);
    };
  }, [clean]);

  const small = fold(clean);
  const own = [...chat.channels.values()].map(({name, count, joined}) => ({name, count: joined && count}));
  const there = [...own, ...others.filter(({name}) => !chat.channels.has(name))];
  const options = there
    .filter(({name}) => fold(name).includes(small))
    .sort((one, other) => fold(other.name).startsWith(small) - fold(one.name).startsWith(small))
    .slice(0, 12)
    .map(({name, count}) => ({name, label: `# ${name}`, detail: count ? t("jump.members", {count}) : ""}));
  if (clean && !there.some(({name}) => name === clean.normalize("NFKC"))) options.push({name: clean, label: t("jump.new", {name: clean})});

  function take(at) {
    if (!options[at]) return;
    close();
    chat.open(options[at].name);
  }
  function key(event) {
    if (event.key === "Enter") take(choice);
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options.length) {
      setChoice(moved(event.key, choice, options.length));
    } else return;
    event.preventDefault();
  }
  return html`<${Dialog} title=${t("jump.title")} close=${close}>
    <input
      value=${word} onInput=${({target}) => (setWord(target.value), setChoice(0))} onKeyDown=${key}
      role="combobox" aria-expanded=${options.length > 0} ...${carries("jump", options, choice)} autofocus
      aria-label=${t("jump.field")} placeholder=${t("jump.field")} spellcheck="false" autocomplete="off" dir="auto"
    />
    <div class="in-place"><${Suggestions} id="jump" label=${t("channels.title")} options=${options} choice=${choice} take=${take} /></div>
  <//>`;
}
