// In the strip: that a channel is slow, and when a message goes out that the server has asked to hold back.

import {html} from "../../html.js";
import {rich, t} from "../../i18n/index.js";
import {lasting} from "../../text/times.js";
import {Icon} from "../icons.js";
import {Seconds} from "../seconds.js";

/** quiet: whether the strip says something else, which only a message that waits is more urgent than. */
export function Slow({chat, channel, quiet}) {
  const {about: {slow}, heldBack: until} = channel;
  const waits = until > Date.now() && chat.outbox.of(channel.name).some(({error}) => !error);
  if (!waits && (quiet || !slow)) return null;
  const left = html`<${Seconds} key=${until} until=${until} done=${chat.changed} />`;
  return html`<p class="slow" role=${waits ? "status" : undefined}><${Icon} name="clock" />
    <span>${waits ? rich(slow ? "slow.waits" : "slow.too-fast", {left}) : t("slow.on", {time: lasting(slow)})}</span></p>`;
}
