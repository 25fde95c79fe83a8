// How the page applies changes to messages: the cases for all clients, and whatever happens, against a server of a few lines.

import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {test} from "node:test";

const assets = "../../public/assets/";
const {Channel} = await import(assets + "state/channel.js");
const {revOf} = await import(assets + "state/merge.js");

const PEOPLE = {users: [], count: 0, epoch: "e"};

for (const {name, known, start, held, steps, asking, then} of JSON.parse(readFileSync(new URL("../changes.json", import.meta.url), "utf8"))) {
  test(name, () => {
    const channel = new Channel("general");
    channel.join({...PEOPLE, recovered: false, seq: known, messages: held, more: start > 0});
    channel.known = known;
    for (const {event, changes, joined, older, lost} of steps) {
      if (event) channel.live(event);
      if (changes) channel.catchUp({...changes, upto: changes.seq});
      if (joined) channel.join({...PEOPLE, ...joined});
      if (older) Object.assign(channel, {fresh: channel.load(older.messages), more: older.more});
      if (lost) Object.assign(channel, {joined: false, waiting: []});
    }
    const plain = channel.lines.map(({action, ...line}) => line);
    assert.deepEqual([channel.known, plain, channel.catching !== null], [then.known, then.held, asking]);
  });
}

/** A channel on a server: one counter, changes that are gathered, a log. random(n): 0 to n - 1. */
class Server {
  constructor(random) {
    this.random = random;
    this.messages = [];
    this.last = 0;
    this.gathered = new Map(); // seq -> event
    this.out = []; // events on their way
  }

  post() {
    this.tell();
    const message = {seq: ++this.last, message: `m${this.last}`, sender: {id: "a"}};
    this.messages.push(message);
    this.out.push({action: "send-message", ...message});
  }

  change(seq) {
    const at = this.messages.findIndex((message) => message.seq === seq);
    const after = revOf(this.messages[at]);
    const number = ++this.last;
    const set = [
      {message: `e${number}`, edited: number, text_rev: number},
      {reactions: [{key: "x", count: number, users: []}]},
      {pinned: {by: "a", time: number}},
      {pinned: null},
    ][this.random(4)];
    const next = {...this.messages[at], ...set, rev: number};
    for (const name of Object.keys(set)) if (set[name] === null) delete next[name];
    this.messages[at] = next;
    const before = this.gathered.get(seq);
    this.gathered.delete(seq);
    this.gathered.set(seq, {action: "changed", about: seq, seq: number, after: before?.after ?? after, set: {...before?.set, ...set}});
    if (!this.random(3)) this.tell();
  }

  tell() {
    this.out.push(...this.gathered.values());
    this.gathered.clear();
  }

  changes(since, limit) {
    const found = this.messages.filter((message) => revOf(message) > since).sort((one, other) => revOf(one) - revOf(other));
    const more = found.length > limit;
    const messages = found.slice(0, limit);
    return {messages, upto: more ? revOf(messages.at(-1)) : this.last, more};
  }

  before(seq, limit) {
    const found = this.messages.filter((message) => message.seq < seq);
    return {messages: found.slice(-limit), more: found.length > limit};
  }
}

function generator(seed) {
  let state = seed * 2_654_435_761;
  return (below) => {
    state = Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
}

/** What is in memory is what the server has of that stretch. */
function check(channel, server) {
  const {first, last} = channel;
  const there = server.messages.filter(({seq}) => seq >= first && (!channel.later || seq <= last));
  assert.deepEqual(channel.lines.filter(({seq}) => seq).map(({action, ...line}) => line), there);
  assert.ok(channel.known <= server.last);
  if (!channel.later) assert.equal(channel.seq, server.messages.at(-1)?.seq ?? 0);
}

test("whatever is posted, changed, missed and loaded, the page has what the server has", () => {
  for (let seed = 1; seed <= 400; seed++) {
    const random = generator(seed);
    const server = new Server(random);
    const channel = new Channel("general");
    const send = (receive) => server.out.push({answer: receive});
    const deliver = (count) => {
      for (const one of server.out.splice(0, count)) one.answer ? one.answer() : online && channel.live(one);
    };
    let online = false;
    const ask = () => {
      const page = server.changes(channel.known, 3);
      send(() => {
        if (!online || channel.catching === null) return;
        channel.catchUp(page);
        if (channel.catching !== null) ask();
      });
    };
    const join = () => {
      deliver(server.out.length);
      server.tell();
      server.out = [];
      online = true;
      channel.waiting = [];
      const recovered = channel.epoch !== "";
      const seq = server.last;
      const page = recovered ? server.changes(channel.known, 3) : {...server.before(Infinity, 5), upto: server.last};
      send(() => {
        if (!online) return;
        channel.join({...PEOPLE, seq, ...page, recovered});
        if (channel.catching !== null) ask();
      });
    };
    for (let step = 0; step < 60; step++) {
      const what = random(12);
      if (what < 4) server.post();
      else if (what < 8 && server.messages.length) server.change(server.messages[random(server.messages.length)].seq);
      else if (what === 8) deliver(random(server.out.length + 1));
      else if (what === 9 && online) {
        online = channel.joined = false;
        server.out = [];
      } else if (what === 10 && !online) join();
      else if (what === 11 && online && channel.joined && channel.more && channel.lines.length) {
        const {first} = channel;
        const page = server.before(first, 3);
        send(() => {
          if (!online || channel.first !== first) return;
          channel.load(page.messages);
          channel.more = page.more;
          const seqs = [...channel.stale];
          channel.stale.clear();
          const single = server.messages.filter(({seq}) => seqs.includes(seq));
          if (seqs.length) send(() => channel.receive(single));
        });
      }
      if (channel.lacks) {
        channel.lacks = false;
        ask();
      }
    }
    if (!online) join();
    server.tell();
    while (server.out.length) deliver(server.out.length);
    check(channel, server);
    assert.equal(channel.known, server.last, `seed ${seed}`);
  }
});
