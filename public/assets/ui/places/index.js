// Places and people: loaded with the dialogs.

import {html} from "../../html.js";
import {Crop} from "../files/crop.js";
import {ChannelSettings} from "./channel_settings.js";
import {Invite} from "./invite.js";
import {NewChannel} from "./new_channel.js";
import {MessageTo} from "./new_message.js";
import {Person} from "./person_card.js";
import {RemoveMember} from "./remove_member.js";

export {Bell} from "./bell.js";
export {Barred, barred} from "./barred.js";
export {readAll} from "../../state/managing.js";
export {Face, HUSHED} from "./face.js";
export {PlaceBeginning} from "./beginning.js";
export {Heading} from "./heading.js";
export {MembersPane} from "./members_pane.js";
export {NewMessage} from "./new_message.js";
export {Slow} from "./slow.js";

/** Back to the settings, from which one came. */
const PictureOf = (properties) => html`<${Crop} ...${properties} close=${() => properties.show("settings")} done=${() => properties.show("settings")} />`;

const ALL = {channel: ChannelSettings, create: NewChannel, invite: Invite, message: MessageTo, person: Person, picture: PictureOf, remove: RemoveMember};

/** place: which dialog it is. The others are its properties: chat, channel, show, close, …. */
export const PlaceDialog = ({place, ...properties}) => html`<${ALL[place]} key=${place} ...${properties} />`;
