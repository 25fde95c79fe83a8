// What is unread and did not come when a channel was joined. Loaded when the first one has been.

const CALLS = 10; // for pages
const COUNTED = 100; // unread messages: so many are loaded, however many there are

/** Load what is unread since an earlier visit and did not come with the join: there may be mentions among it. most: so many messages in any case. */
export async function lookBack(sync, channel, most) {
  const {chat} = sync;
  const {connection, changed, readState, user} = chat;
  const {session} = connection;
  const wanted = () =>
    session === connection.session && channel.joined && channel.more && !channel.later && channel.first > channel.read + 1 &&
    (channel.seq - channel.read <= most || channel.unread(user?.id) < COUNTED);
  for (let calls = 0; calls < CALLS && wanted(); calls++) {
    const before = channel.first;
    try {
      const {messages, more} = await sync.ask(channel, "history", sync.page(channel, {before}));
      if (channel.first !== before) continue; // something else is shown
      channel.more = more;
      readState.receive(channel, channel.load(messages), true);
      chat.settled(channel);
      changed();
    } catch {
      return;
    }
  }
}
