// An own message that is edited in the box for new ones. Loaded when needed.
//
// Its new text is the channel's draft meanwhile, and `channel.editing` has the draft that was there before. So both survive a
// reload, and are the same in all tabs.

import {explain, learn, t} from "../i18n/index.js";
import {canSee} from "../text/characters.js";
import {can, edit, remove} from "./changes.js";
import {quote} from "./quotes.js";

/** editing: {seq, or the ref of a message on its way; epoch, of the history that seq is of; text_rev and `was`, its text, that the edit is based on; draft; clash}. */
function set(chat, channel, editing) {
  channel.editing = editing;
  chat.storage.write(`edit/${channel.key}`, editing ?? undefined);
}

const basis = ({seq, text_rev: rev = seq}) => rev;

/** Begin to edit a message of the channel or on its way; return whether that can be. */
export function begin(chat, channel, line) {
  if (!can(chat, channel, "edit", line)) return false;
  const {seq, ref} = line;
  const {message} = chat.view(channel, line);
  set(chat, channel, {seq, ref: seq ? undefined : ref, epoch: seq && channel.epoch, text_rev: basis(line), was: message, draft: channel.editing?.draft ?? channel.draft});
  chat.setDraft(channel, message);
  chat.changed();
  return true;
}

/** The message that is being edited: {line, as it is drawn; missing: there is none any more}; neither while it is being asked for. */
export function edited(chat, channel) {
  const {seq, ref, epoch} = channel.editing;
  if (channel.isPast(epoch)) return {missing: true};
  if (seq) return quote(chat, channel, seq);
  const line = chat.outbox.of(channel.name, channel.root).find((item) => item.ref === ref);
  if (line) return {line: chat.view(channel, line)};
  const stored = channel.lines.findLast((one) => one.ref === ref);
  if (!stored) return {missing: true};
  set(chat, channel, {...channel.editing, seq: stored.seq, ref: undefined, epoch: channel.epoch, text_rev: basis(stored)});
  return edited(chat, channel);
}

/** Why the text cannot be saved: "gone", "late", "clash" (it was edited elsewhere meanwhile), "empty", or "". */
export function problem(chat, channel) {
  const {text_rev, was, clash, empty} = channel.editing;
  const {line, missing} = edited(chat, channel);
  if (missing || line?.deleted) return "gone";
  if (line && !can(chat, channel, "edit", line)) return "late";
  if (clash || (line?.seq && basis(line) > text_rev && line.message !== was)) return "clash";
  return empty && !canSee(channel.draft) && !line?.files ? "empty" : "";
}

/** End editing; the draft from before is back. */
export function end(chat, channel) {
  const {draft} = channel.editing;
  set(chat, channel, null);
  chat.setDraft(channel, draft);
  chat.changed();
}

/** End editing, and keep what was written as a draft. */
export function keepWords(chat, channel) {
  const {draft} = channel.editing;
  set(chat, channel, null);
  chat.setDraft(channel, [draft, channel.draft].filter(Boolean).join("\n\n"));
  chat.changed();
}

/** Save the text, unless there is a problem, which is then shown. Whoever has seen that it was edited elsewhere writes over it. */
export function save(chat, channel) {
  const {editing, draft: text} = channel;
  const {line} = edited(chat, channel);
  const why = problem(chat, channel);
  if (why === "gone" || why === "late") return;
  if (text === editing.was && !editing.clash) return end(chat, channel);
  if (!canSee(text) && !line?.files) set(chat, channel, {...channel.editing, empty: true});
  else if (why === "clash" && !editing.clash) set(chat, channel, {...editing, clash: true, text_rev: basis(line), was: line.message});
  else {
    const {seq, text_rev} = channel.editing;
    const on = seq ? {message: editing.was, ...line, seq, text_rev: line ? basis(line) : text_rev} : chat.outbox.of(channel.name, channel.root).find(({ref}) => ref === editing.ref);
    edit(chat, channel, on, text);
    end(chat, channel);
  }
  chat.changed();
}

/** Delete the message instead. */
export function removeEdited(chat, channel) {
  const {line} = edited(chat, channel);
  end(chat, channel);
  if (line) remove(chat, channel, line);
}

/** The server has refused an edit, as the message was edited elsewhere: bring it back into the box if that is free; return whether it was. */
function bringBack(chat, {target, seq, message}) {
  const channel = chat.channels.get(target);
  if (channel?.editing?.clash && channel.editing.seq === seq) return true; // another tab has done it
  if (!channel || channel.editing || channel.draft) return false;
  const line = channel.get(seq);
  set(chat, channel, {seq, epoch: channel.epoch, text_rev: line ? basis(line) : seq, was: line?.message ?? "", draft: "", clash: true});
  chat.setDraft(channel, message);
  return true;
}

/**
 * Undo a change of the outbox that cannot be made, and say so, with the words that would be lost. error: the server's; none:
 * its message is of a history that was lost. The promise is true.
 */
export async function refused(chat, item, error) {
  const {target, ref, what, message} = item;
  await learn("messages");
  if (!chat.outbox.items.includes(item)) return true; // another tab has said so
  chat.outbox.done(ref);
  const why = error ? explain(error) : t("change.lost");
  if (what !== "edited") chat.say(target, t("change.refused", {why}));
  else if (error?.code !== "conflict" || !bringBack(chat, item)) chat.say(target, t("change.edit-refused", {why, text: message}));
  chat.changed();
  return true;
}
