// Files: attached, on their way, in messages, in the whole window.

import {html} from "../../assets/html.js";
import {Composer} from "../../assets/ui/composer/composer.js";
import {Message, Pending} from "../../assets/ui/messages/message.js";
import {dialogs} from "../../assets/ui/shell.js";
import {Crop} from "../../assets/ui/files/crop.js";
import {PictureSettings} from "../../assets/ui/files/picture_setting.js";
import {Share} from "../../assets/ui/files/share.js";
import {Viewer} from "../../assets/ui/files/viewer.js";
import {pictures} from "../../assets/state/pictures.js";
import {Avatar} from "../../assets/ui/avatar.js";
import {ANN, BEN, BOSS, NOOR, WEI, at, conversation, current, says} from "../made_up.js";
import {shows} from "../stage.js";

export const title = "Files";

const later = await dialogs();
const PICTURES = new URL("pictures/", document.baseURI);
const BLURRED = "UklGRnQAAABXRUJQVlA4IGgAAADQBACdASogABIAPzmGuFOvKSUisAgB4CcJYwC/OCIGWKZrJsc4wmsPkGiBcV+2wADxl6qZWCyKag3JTzbBQcm08DCNHFTiI2odgdOgDSYNQiBTF+N8wVp/evi75A0b9k70daJoRbAAAA==";
const HARBOUR = {id: "harbour.webp", name: "harbour.png", type: "image/webp", size: 1_400_000, width: 832, height: 468, preview: BLURRED};
const MAST = {...HARBOUR, id: "mast.webp", name: "mast.jpg", width: 260, height: 468};
const WAVES = {...HARBOUR, id: "thumb.webp", name: "waves.png", width: 400, height: 400, preview: ""};
const TABLE = {id: "table", name: "export-benchmark.csv", type: "text/plain", size: 48_000};
const SOUND = {id: "sound", name: "what the customer said.mp3", type: "audio/mpeg", size: 640_000};
const FILM = {id: "film", name: "workshop.mp4", type: "video/mp4", size: 12_400_000};
const HOSTILE = {id: "hostile", name: "invoice\u202Efdp.<b>exe</b>", type: "application/octet-stream", size: 820};
const LONG = {id: "long", name: `${"minutes of the meeting ".repeat(8)}final.pdf`, type: "application/pdf", size: 4_200_000};
const ARABIC = {id: "arabic", name: "محضر الاجتماع.pdf", type: "application/pdf", size: 96_000};

/** A chat whose pictures are those of the gallery. */
function filing(lines = [], {access = true, local = {}, running = {}, more, me = ANN, ...options} = {}) {
  const chat = conversation(lines, {me, users: [ANN, BEN, BOSS, NOOR, WEI], more, ...options});
  const addresses = new Map(Object.entries(local).map(([key, name]) => [key, new URL(name.startsWith("data:") ? name : `files/${name}`, PICTURES).href]));
  chat.base = PICTURES.href;
  chat.wire = 2;
  chat.connection.open = !options.state;
  chat.takesFiles = {max_size: 100_000_000, images: true};
  chat.attachments = {
    access: {open: access, want() {}, opening: new Promise(() => {}), renew: async () => {}, fetch: async () => null}, addresses, addressOf: (key) => addresses.get(key) ?? "",
    note() {}, uploads: {running: new Map(Object.entries(running).map(([key, sent]) => [key, {sent}]))},
  };
  return chat;
}

/** Wait until the pictures are there, also those that would be far below. */
async function seen(root) {
  const images = [...root.querySelectorAll("img")];
  for (const image of images) image.loading = "eager";
  await Promise.all(images.map((image) => image.decode().catch(() => {})));
}

/** Wait until a picture has been given up, after some tries. */
async function given(root) {
  for (let tries = 0; tries < 200 && !root.querySelector(".broken"); tries++) {
    await seen(root);
    await new Promise((go) => setTimeout(go, 10));
  }
}

const log = (children) => html`<div class="conversation"><div class="messages-frame"><div class="rows">${children}</div></div></div>`;
const message = (chat, line, more) => html`<${Message} chat=${chat} channel=${current(chat)} line=${line} show=${() => {}} ...${more} />`;

/** A message with files. */
function sample(name, files, {text = "", sender = BEN, access, local, then = seen, more = {living: later.living}} = {}) {
  const line = {...says(sender, at("9:41"), text), seq: 1, files};
  return {name, chat: filing([line], {access, local}), then, view: (chat) => log(message(chat, line, more))};
}

const entry = (file, more) => ({key: file.id, name: file.name, size: file.size, type: file.type, ...more});
const ready = entry(HARBOUR, {type: "image/png", width: 832, height: 468, file: HARBOUR});
const going = entry(WAVES, {type: "image/png", width: 400, height: 400, size: 3_200_000});
const LOCAL = {[ready.key]: ready.key, [going.key]: going.key};

/** Files above the words in the box. */
const composing = (name, attached, {draft = "Two pictures and the minutes", state} = {}) => ({
  name, chat: filing([], {draft, state, more: {attached}, local: LOCAL, running: {[going.key]: 2_100_000}}), then: seen,
  view: (chat) => html`<div class="conversation"><${Composer} chat=${chat} channel=${current(chat)} fill=${() => {}} later=${later} /></div>`,
});

/** A message on its way. */
function waiting(name, item, options) {
  const whole = {ref: "r1", target: "general", message: "", time: at("9:45"), ...item};
  return {name, chat: filing([], {local: LOCAL, running: {[going.key]: 2_100_000}, ...options}), then: seen,
    view: (chat) => log(html`<${Pending} chat=${chat} channel=${current(chat)} item=${whole} living=${later.living} />`)};
}

const three = {...says(WEI, at("12:24"), ""), seq: 1, files: [HARBOUR, MAST, WAVES]};
const viewer = (name, file, more) => ({
  name, chat: filing([three]), on: "window", then: seen, ...more,
  view: (chat) => html`<${Viewer} chat=${chat} channel=${current(chat)} line=${three} file=${file} show=${() => {}} close=${() => {}} />`,
});


const MIA = {id: "g:mia", name: "Mia Holm", picture: MAST.id};
const CHOSEN = await (await fetch(new URL(`files/${HARBOUR.id}`, PICTURES))).blob();

/** What shows pictures of people, as they are on this chat; other samples have others. */
const portraits = (name, view, more) => ({
  name, chat: Object.assign(filing([], {me: MIA}), {powers: ["server-picture"]}), on: "padded", then: seen, ...more,
  view(chat) {
    pictures.chat = chat;
    return view(chat);
  },
});

export const samples = [
  composing("Attached: ready, on its way, failed, too large", [ready, going, entry(LONG, {why: "cut-off"}), entry(FILM, {why: "too-large", size: 620_000_000})]),
  composing("Attached, without a connection", [entry(TABLE)], {draft: "", state: {kind: "waiting", lost: true, retryAt: Date.now() + 8_000}}),
  waiting("On its way: a picture and a table", {message: "The view this morning.", files: [going, entry(TABLE)]}),
  waiting("Failed", {files: [{...entry(LONG), why: "cut-off"}], error: "Not uploaded: the connection was cut."}),
  sample("A picture", [HARBOUR], {text: "从新办公室看出去 — the view from the new office this morning.", sender: WEI}),
  sample("A picture that is not there yet", [HARBOUR], {access: false}),
  sample("The room of a picture, before what draws it is loaded", [HARBOUR], {more: {}}),
  sample("A high picture", [MAST]),
  sample("Two pictures", [HARBOUR, MAST]),
  sample("Five pictures", [HARBOUR, MAST, WAVES, HARBOUR, MAST]),
  sample("A picture that cannot be shown", [{...HARBOUR, id: "broken", preview: ""}], {local: {broken: "data:image/webp;base64,AAAA"}, then: given}),
  sample("A table", [TABLE]),
  sample("Names: long, Arabic, made to deceive", [LONG, ARABIC, HOSTILE], {sender: NOOR}),
  sample("A sound", [SOUND], {text: "What the customer said, half a minute:"}),
  sample("A film", [FILM]),
  viewer("A picture in the whole window", HARBOUR.id),
  viewer("The last of three", WAVES.id, {on: "window low"}),
  {name: "What another app shares", chat: filing(), view: (chat) => html`<${Share} chat=${chat} shared=${{files: [HARBOUR, TABLE], text: "From the new office"}} close=${() => {}} />`},
  portraits("Somebody with a picture: small, in messages, large", () => html`<div class="in-a-row"><${Avatar} user=${MIA} small /><${Avatar} user=${MIA} /><${Avatar} user=${MIA} large /></div>`),
  portraits("Pictures in the settings", (chat) => html`<div class="settings"><${PictureSettings} chat=${chat} show=${() => {}} /></div>`, {on: "padded raised"}),
  portraits("The square of a picture", (chat) => html`<${Crop} chat=${chat} file=${CHOSEN} close=${() => {}} done=${() => {}} />`, {on: "", then: (root) => shows(root, "button.primary:enabled")}),
];
