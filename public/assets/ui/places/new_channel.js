// The form for a new channel: public or private, what it is called, what it is about, who is in it from the start.

import {html, useLayoutEffect, useRef, useState} from "../../html.js";
import {explain, t} from "../../i18n/index.js";
import {createChannel} from "../../state/managing.js";
import {Icon} from "../icons.js";
import {Dialog} from "../dialogs/dialog.js";
import {plain, same, useChannels} from "../dialogs/find.js";
import {PeopleField} from "./people_field.js";

const MOST = 50; // people at once
const ICONS = {public: "hash", private: "lock"};

export function NewChannel({chat, close, name = "", kind: preset = "public"}) {
  const [kind, setKind] = useState(preset);
  const [word, setWord] = useState(name);
  const [topic, setTopic] = useState("");
  const [people, setPeople] = useState([]);
  const [words, setWords] = useState("");
  const [busy, setBusy] = useState(false);
  const field = useRef();
  const clean = kind === "public" ? plain(word) : word.trim();
  const found = useChannels(chat, kind === "public" ? clean : "");
  const taken = kind === "public" && clean && found?.channels.find((one) => same(one.name, clean));
  useLayoutEffect(() => words && field.current.focus(), [words]);

  async function send(event) {
    event.preventDefault();
    if (!clean || busy) return;
    if (taken) return open();
    setBusy(true);
    const what = kind === "public" ? {name: clean} : {title: clean};
    try {
      await createChannel(chat, {kind, ...what, topic: topic.trim() || undefined, users: people.length ? people.map(({id}) => id) : undefined});
      close();
    } catch (error) {
      setWords(explain(error));
    }
    setBusy(false);
  }
  function open() {
    close();
    chat.open(taken.name);
  }

  return html`<${Dialog} title=${t("browse.new")} close=${close}>
    <form class="form" onSubmit=${send}>
      <div class="pick wide" role="radiogroup" aria-label=${t("create.kind")}>${["public", "private"].map((one) => html`<label key=${one}>
        <input type="radio" name="kind" checked=${kind === one} onChange=${() => (setKind(one), setWords(""))} /><${Icon} name=${ICONS[one]} />${t(`create.${one}`)}</label>`)}</div>
      <div class="entry"><label for="channel-name">${t("browse.name")}</label>
        <input id="channel-name" ref=${field} value=${word} onInput=${({target}) => (setWord(target.value), setWords(""))} autofocus spellcheck=${false} autocomplete="off" dir="auto"
          aria-invalid=${Boolean(words || taken)} aria-describedby="channel-name-about" />
        <div class="about" id="channel-name-about">
          ${words && html`<p class="wrong"><${Icon} name="alert" /><span role="alert">${words}</span></p>`}
          ${!words && taken && html`<p class="wrong"><${Icon} name="alert" /><span role="status">${t("create.taken", {name: clean})}</span></p>`}
          <p>${t(kind === "public" ? "create.public-about" : "create.private-about")}</p>
        </div>
      </div>
      <div class="entry"><label for="channel-topic">${t("place.topic")} <span class="muted">${t("form.optional")}</span></label>
        <input id="channel-topic" value=${topic} onInput=${({target}) => setTopic(target.value)} placeholder=${t("create.topic-hint")} maxlength="250" autocomplete="off" dir="auto" /></div>
      <div class="entry"><label for="channel-people">${t("people.title")} <span class="muted">${t("form.optional")}</span></label>
        <${PeopleField} chat=${chat} id="channel-people" label=${t("people.title")} placeholder=${t("people.add")} chosen=${people} choose=${setPeople} most=${MOST} />
        <p class="about">${t("create.people-about")}</p></div>
      <footer><button type="button" onClick=${close}>${t("form.cancel")}</button><button class="primary" disabled=${!clean || busy}>${t(taken ? "create.open" : "browse.make")}</button></footer>
    </form>
  <//>`;
}
