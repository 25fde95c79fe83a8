// What an event of the server does to the chat.

import {explain} from "../i18n/index.js";
import {isComing} from "./channel.js";

const TYPING_LASTS = 5_000; // ms

export function receive(chat, event) {
  const channel = chat.channels.get(event.channel ?? event.target);
  switch (event.action) {
    case "hello":
      chat.begin(event);
      break;
    case "send-message":
      if (channel && event.seq) {
        if (chat.idle(channel)) {
          chat.places?.count(channel, event);
          break;
        }
        chat.readState.receive(channel, channel.live(event));
        chat.settled(channel);
      } else if (!isComing(event) || (channel?.kind !== "direct" && chat.storage.read("comings", "") !== "none")) channel?.note(event);
      break;
    case "changed":
      if (!channel || chat.wire < 2 || chat.idle(channel)) break;
      const known = channel.get(event.about)?.mentions ?? [];
      channel.live(event);
      chat.places?.named(channel, event, known);
      chat.settled(channel);
      break;
    case "presence":
      channel?.presence(event);
      break;
    case "typing":
      if (channel && event.user.id !== chat.user.id) {
        channel.typing.set(event.user.id, {user: event.user, until: Date.now() + TYPING_LASTS});
        setTimeout(chat.changed, TYPING_LASTS + 50);
      }
      break;
    case "read":
      if (!event.thread) {
        channel?.readElsewhere(event.seq, event.back);
        break;
      } // falls through
    case "followed":
    case "growing":
    case "channels":
    case "channel":
    case "members":
      chat.loadingPlaces?.then((places) => places.receive(event));
      break;
    case "actions":
      chat.actions = event.actions;
      chat.powers = event.powers ?? [];
      chat.usePlugins(event.ui);
      break;
    case "renamed":
      chat.session.update(event.user, event.token || chat.session.token);
      break;
    case "error":
      chat.say(event.target ?? chat.current, explain(event));
  }
  chat.loadingPlugins?.then((host) => host?.receive(event));
  chat.changed();
}
