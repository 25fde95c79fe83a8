// What a filter that is being typed may become: people, channels, days, and the few values of the others.

import {format, t} from "../../i18n/index.js";
import {fold} from "../../text/characters.js";
import {twins} from "../../text/people.js";
import {DATES, VALUES, dateOf, dayAfter, dayOf} from "../../text/query.js";
import {fits} from "../dialogs/find.js";
import {usePeople} from "../places/people_field.js";

const MOST = 8;
const NAMED = [["today", 0], ["yesterday", 1], ["week", 7], ["month", 30]]; // days ago
const OWN = "me"; // in every language

const weekday = (date) => format("DateTimeFormat", "weekday", {weekday: "long"}).format(date);

/** Words for days: [words, days ago], as dayOf takes them. */
export function days(now = new Date()) {
  const weekdays = [2, 3, 4, 5, 6, 7].map((ago) => [weekday(dateOf(dayAfter(now, -ago))), ago]);
  return [...NAMED.map(([name, ago]) => [t(`search.${name}`), ago]), ["today", 0], ["yesterday", 1], ...weekdays];
}

/** A day, as short as it can be said. */
export function shortDay(day, now = new Date()) {
  const date = dateOf(day);
  if (date.getFullYear() !== now.getFullYear()) return format("DateTimeFormat", "date, year", {day: "numeric", month: "short", year: "numeric"}).format(date);
  return format("DateTimeFormat", "date, short", {day: "numeric", month: "short"}).format(date);
}

/** A filter in words. */
export function said({key, value, label}) {
  if (key === "in") return t("search.in", {name: label});
  if (key === "from") return t("search.from-somebody", {name: value === OWN ? t("search.me") : label});
  return t(`search.${key}-${value}`);
}

/** The days that filters ask for, in words; "" for any. */
export function saidDays(filters) {
  const [after, before, on] = DATES.map((key) => filters.find((one) => one.key === key)?.value);
  if (on) return shortDay(on);
  if (after && before) return t("search.between", {from: shortDay(after), to: shortDay(dayAfter(before, -1))});
  if (after) return t("search.since", {day: shortDay(after)});
  return before ? t("search.before", {day: shortDay(before)}) : "";
}

/** People for a filter {key, value} that is being typed; null before the server has answered. */
export const usePeopleFor = (chat, typed) => usePeople(chat, typed?.value.trim() ?? "", typed?.key === "from");

/** The suggestions for such a filter: [{name, label, filter, exact, and what is drawn: user, channel, code, detail}]. */
export function optionsOf(chat, search, {key, value}, people) {
  if (key === "from") return fromOptions(chat, people ?? [], value);
  if (key === "in") return inOptions(chat, search, value);
  if (DATES.includes(key)) return dayOptions(key, value);
  const word = value.toLowerCase();
  return VALUES[key].filter((one) => one.startsWith(word)).map((one) => ({name: one, label: t(`search.${key}-${one}`), code: `${key}:${one}`, filter: {key, value: one}, exact: one === word}));
}

function fromOptions(chat, found, value) {
  const me = fits(t("search.me"), value) || fits(OWN, value) || fits(chat.user?.name ?? "", value);
  const people = found.filter(({id}) => id !== chat.user?.id).slice(0, MOST);
  const alike = twins(people);
  const goesOn = people.filter(({name}) => fold(name).startsWith(`${fold(value)} `)).length > 0;
  const options = people.map((user) => ({
    name: user.id, label: user.name, user, twin: alike.has(user.id), filter: {key: "from", value: user.id, label: user.name}, exact: !goesOn && fold(user.name) === fold(value),
  }));
  if (me && chat.user) options.splice(value ? options.length : 0, 0, {name: OWN, label: chat.user.name, user: chat.user, detail: t("search.me"), filter: {key: "from", value: OWN, label: chat.user.name}, exact: fold(value) === OWN});
  return options;
}

function inOptions(chat, search, value) {
  const word = value.replace(/^#/, "");
  const small = fold(word);
  const goesOn = (label) => fold(label).startsWith(`${small} `);
  const begins = ({label}) => Number(fold(label).startsWith(small));
  const fitting = [...chat.channels.values()].filter(({name, label}) => fits(label, word) || fits(name, word));
  const here = ({name}) => Number(name === chat.current);
  fitting.sort((one, other) => begins(other) - begins(one) || here(other) - here(one));
  const clear = fitting.filter(({label}) => fold(label) === small).length === 1 && !fitting.some(({label}) => goesOn(label));
  const options = fitting.slice(0, MOST).map((channel) => ({
    name: channel.name, label: channel.label, channel, detail: channel.name === chat.current ? t("jump.here") : "", filter: {key: "in", value: channel.name, label: channel.called}, exact: clear && fold(channel.label) === small,
  }));
  const everywhere = {name: "", label: t("search.everywhere"), filter: {key: "in", value: ""}, exact: fold(value) === "all"};
  const offered = search.filters.some(({key}) => key === "in") && (!value || fits("all", value) || fits(everywhere.label, value));
  return offered ? [...options, everywhere] : options;
}

function dayOptions(key, value) {
  const now = new Date();
  const option = (label, day) => ({name: day, label, day: true, detail: label === shortDay(day) ? "" : shortDay(day), filter: {key, value: day}, exact: fold(label) === fold(value) || day === value});
  const exactly = dayOf(value, [], now);
  if (exactly) return [option(format("DateTimeFormat", "full day", {dateStyle: "full"}).format(dateOf(exactly)), exactly)].map((one) => ({...one, exact: true}));
  const all = value ? days(now) : days(now).slice(0, NAMED.length);
  const named = new Map(all.filter(([name]) => fold(name).startsWith(fold(value))).map(([name, ago]) => [dayAfter(now, -ago), name]).reverse());
  return [...named].reverse().map(([day, name]) => option(name, day));
}
