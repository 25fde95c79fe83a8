// Single messages by their seq, for what quotes them: asked for together, and kept. Loaded with the dialogs.

const MOST = 50; // in one request
const asked = new WeakMap(); // channel -> seqs that are to be asked for, or are on their way

/** A message: {line}, {missing: true}, or {} while it is being asked for. */
export function quote(chat, channel, seq) {
  const {home} = channel;
  const found = channel.get(seq) ?? home.quotes.get(seq);
  if (found) return {line: chat.view(home, found)};
  if (found === null) return {missing: true};
  if (home.joined && chat.wire > 1) want(chat, home, seq);
  return {};
}

function want(chat, channel, seq) {
  const seqs = asked.get(channel);
  if (seqs) return seqs.add(seq);
  asked.set(channel, new Set([seq]));
  queueMicrotask(() => fetch(chat, channel)); // with what else is being drawn
}

async function fetch(chat, channel) {
  const seqs = [...asked.get(channel)].filter((seq) => !channel.quotes.has(seq)).slice(0, MOST);
  try {
    if (!seqs.length) return;
    const {messages, more} = await chat.sync.ask(channel, "history", {seqs});
    const upto = more ? messages.at(-1).seq : Infinity; // the others are asked for when they are drawn again
    for (const seq of seqs.filter((one) => one <= upto)) channel.quoted(seq, messages.find((message) => message.seq === seq));
  } catch {
    return; // asked for again when it is drawn after the next join
  } finally {
    asked.delete(channel);
  }
  chat.changed();
}
