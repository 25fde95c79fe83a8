"""Random posts, changes, trims and restarts give both histories the lines, numbers and pages of a simple model."""

import asyncio
import json
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests import postgres
from tests.lengths import either
from tests.storage.histories import one_node
from tests.storage.thread_model import ThreadModel
from tornado_chat.chat.changes import Change
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.history import Arisen, History
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.threads import Sees
from tornado_chat.storage.memory import EACH, REACTION, MemoryHistory
from tornado_chat.storage.memory_threads import FOLLOW
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.history_consistency import contradictions
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.maintenance import check
from tornado_chat.storage.sqlite.writer import Database

USERS = [User(str(number), f"user {number}") for number in range(3)]
CHANNELS = ("den", "attic")
KEEP = 6
NOW = 4_000_000_000_000  # later than any time: refs of changes are forgotten after a month

Line = dict[str, Any]
Step = tuple[Any, ...]


class Model:
    """One channel after another as plain objects of JSON: what the histories are held against."""

    def __init__(self) -> None:
        self.lines: dict[str, dict[int, Line]] = {name: {} for name in CHANNELS}
        self.reactors: dict[tuple[str, int, str], list[str]] = {}
        self.last = dict.fromkeys(CHANNELS, 0)
        self.floor = dict.fromkeys(CHANNELS, 0)
        self.posted: dict[tuple[str, str], tuple[Any, int, str]] = {}  # by user and ref: what was sent, seq, channel
        self.made: dict[tuple[str, str], tuple[Any, int]] = {}
        #: By channel and seq: whom it mentions since which number and when.
        self.arose: dict[tuple[str, int], dict[str, tuple[int, int]]] = {}
        self.threads = ThreadModel(self)

    def post(
        self, time: int, channel: str, user: User, ref: str | None, text: str, about: Line, growing: bool
    ) -> Any:
        sent = (channel, text, about)
        if ref and (user.id, ref) in self.made:
            return "invalid-field"
        if ref and (user.id, ref) in self.posted:
            first, seq, _ = self.posted[user.id, ref]
            return seq if first == sent else "invalid-field"
        if "thread" in about and (why := self.threads.refuses(channel, about["thread"])):
            return why
        seq = self.draw(channel)
        line: Line = {"message": text, "seq": seq, "time": time, **about}
        if growing:
            line["growing"] = True
        if mentions := mentioned(user, text):
            line["mentions"] = mentions
            self.arose[channel, seq] = dict.fromkeys(mentions, (seq, time))
        self.lines[channel][seq] = {
            **line,
            "sender": {"id": user.id, "name": user.name},
            **({"ref": ref} if ref else {}),
        }
        if ref:
            self.posted[user.id, ref] = sent, seq, channel
        self.threads.posted(channel, seq)
        if len(self.lines[channel]) > KEEP:
            self.forget(channel, min(self.lines[channel]))
        return seq

    def forget(self, channel: str, seq: int) -> None:
        del self.lines[channel][seq]
        self.threads.follows.pop((channel, seq), None)
        self.floor[channel] = seq
        self.posted = {key: one for key, one in self.posted.items() if one[1:] != (seq, channel)}

    def draw(self, channel: str) -> int:
        self.last[channel] += 1
        return self.last[channel]

    def change(self, asked: Change) -> Any:
        assert asked.user is not None
        call = (asked.channel, asked.seq, asked.what, asked.text, asked.key, asked.on)
        key = (asked.user.id, asked.ref or "")
        if asked.ref and (key in self.made or key in self.posted):
            first, number = self.made.get(key, (None, 0))
            return number if first == call else "invalid-field"
        line = self.lines[asked.channel].get(asked.seq)
        if line is None:
            return "not-found"
        text = line["message"]
        answer: Any = self.alter(asked, line, asked.user.id)
        if answer is True:
            answer = line["rev"] = self.draw(asked.channel)
            if asked.what in ("edited", "grown") and line["message"] != text:
                line["text_rev"] = answer
            known = self.arose.get((asked.channel, asked.seq), {})
            now = answer, asked.time
            self.arose[asked.channel, asked.seq] = {one: known.get(one, now) for one in line.get("mentions", ())}
            self.threads.changed(asked.channel, line, answer, known)
        elif answer is False:
            answer = line.get("rev", line["seq"])
        if asked.ref and isinstance(answer, int):
            self.made[key] = call, answer
        return answer

    def alter(self, asked: Change, line: Line, who: str) -> bool | str:
        """Alter a line; return whether anything was altered, or the code of an error."""
        if asked.what in ("edited", "deleted") and line["sender"]["id"] != who and not asked.any:
            return "not-allowed"
        if "deleted" in line:
            return False if asked.what == "deleted" else "not-found"
        place = (asked.channel, asked.seq, asked.key)
        match asked.what:
            case "edited":
                if "growing" in line:
                    return "conflict"
                if asked.of is not None and asked.of != line.get("text_rev", line["seq"]):
                    return "conflict"
                if line["message"] == asked.text:
                    return False
                line.update(message=asked.text, edited=asked.time)
                line.pop("mentions", None)
                if asked.mentions:
                    line["mentions"] = list(asked.mentions)
            case "deleted":
                for name in ("reactions", "pinned", "edited", "text_rev", "mentions", "growing", "stopped"):
                    line.pop(name, None)
                line.update(message="", deleted={"by": who, "time": asked.time})
            case "grown":
                if "growing" not in line:
                    return "conflict" if asked.text else False
                if asked.on and line["message"] == asked.text:
                    return False
                line["message"] = asked.text or line["message"]
                if not asked.on:
                    del line["growing"]
                    line.update({"stopped": True} if asked.stopped else {})
            case "reacted":
                users = self.reactors.setdefault(place, [])
                if (who in users) == asked.on:
                    return False
                reactions = {one["key"]: one for one in line.pop("reactions", [])}
                if asked.on:
                    users.append(who)
                else:
                    users.remove(who)
                one = reactions.setdefault(asked.key, {"key": asked.key})
                one.update(count=len(users), users=list(users))
                if left := [one for one in reactions.values() if one["count"]]:
                    line["reactions"] = left
            case "pinned":
                if ("pinned" in line) == asked.on:
                    return False
                if asked.on:
                    line["pinned"] = {"by": who, "time": asked.time}
                else:
                    del line["pinned"]
        return True

    def unread(self, user: str, channel: str, read: int) -> tuple[int, int]:
        """Return how many messages and mentions a user has not read."""
        others = [one for one in self.timeline(channel) if one["seq"] > read and one["sender"]["id"] != user]
        mentions = sum(number > read for name, _, number, _ in self.mentioning(user) if name == channel)
        return sum("deleted" not in one for one in others), mentions

    def mentioning(self, user: str) -> list[tuple[str, int, int, int]]:
        """Return which messages of others mention a user: channel, seq, since which number, when."""
        return [
            (name, seq, *users.get(user, users.get("@channel", (0, 0))))
            for (name, seq), users in self.arose.items()
            if users.keys() & {user, "@channel"} and seq in self.lines[name]
            if self.lines[name][seq]["sender"]["id"] != user
        ]

    def mentions(self, user: str, sees: dict[str, Any], before: int, limit: int) -> list[tuple[int, Line]]:
        """Return the newest mentions of a user before a time, as far as they may see them."""
        found = [
            (time, {**self.lines[name][seq], "target": name})
            for name, seq, _, time in self.mentioning(user)
            if name in sees and time < before and (sees[name] is None or any(a < seq <= b for a, b in sees[name]))
        ]
        return sorted(found, key=lambda one: -one[0])[:limit]

    def changes(self, channel: str, since: int) -> list[Line]:
        lines = [one for one in self.lines[channel].values() if number(one) > since]
        return sorted(lines, key=lambda one: (number(one), int(one["seq"])))

    def timeline(self, channel: str) -> list[Line]:
        lines = self.lines[channel]
        return [lines[seq] for seq in sorted(lines) if "thread" not in lines[seq] or "also_in_channel" in lines[seq]]


def number(line: Line) -> int:
    return int(line.get("rev") or line["seq"])


async def compare_stretches(read: Callable[..., Any], expected: list[Line], since: int, limit: int) -> None:
    after, before = ([one for one in expected if wanted(one["seq"])] for wanted in (since.__lt__, since.__gt__))
    messages, more = await read(after=since, limit=limit)
    assert (lines(messages), more) == (after[:limit], len(after) > limit)
    for about, lines_before in (({"before": since}, before), ({}, expected)):
        messages, more = await read(limit=limit, **about)
        assert (lines(messages), more) == (lines_before[-limit:], len(lines_before) > limit)


def mentioned(user: User, text: str) -> list[str]:
    """Return whom a text of the test mentions: the next user, oneself (who does not count), all."""
    following = str((int(user.id) + 1) % len(USERS))
    return {"b": [following, user.id], "c": ["@here", "@channel"], "d": [following, "@channel"]}.get(text, [])


def lines(messages: list[Message]) -> list[Line]:
    found = [json.loads(one.line()) for one in messages]
    return [{key: value for key, value in one.items() if key not in ("action", "target", "id")} for one in found]


async def act(log: History, step: Step, time: int, model: Model) -> tuple[Any, Any]:
    """Take a step in a history and in the model; return what both answer."""
    what, channel, user, ref, nth, value, more, thread = step
    seq = [*sorted(model.lines[channel], reverse=True), *[77] * 6][nth]
    try:
        if what in ("post", "growing"):
            about: Line = {"reply_to": seq} if more and seq != 77 and not thread else {}
            if thread:
                about = {"thread": seq, **({"also_in_channel": True} if more else {})}
            expected = model.post(time, channel, user, ref, value, about, what == "growing")
            mentions = mentioned(user, value)
            extra = {**about, **({"mentions": mentions} if mentions else {})}
            extra |= {"growing": True} if what == "growing" else {}
            stored = await log.append(Message(channel, value, user, time, ref, extra=extra or None))
            await log.trim()
            return stored.seq, expected
        if what == "follow":
            model.threads.follow(user.id, channel, seq, more)
            await log.follow(user.id, channel, seq, more, await log.last(channel))
            return None, None
        if what == "read":
            last = model.last[channel]
            expected = model.threads.read(user.id, channel, seq, min(nth * 3, last), more)
            return await log.read_thread(user.id, channel, seq, min(nth * 3, last), more), expected
        asked = Change(channel, seq, what, user, time, ref, on=more, any=nth == 5)
        if what == "edited":
            asked.text, asked.mentions = value, tuple(mentioned(user, value))
            asked.of = None if more else seq
        elif what == "grown":
            asked.text = value if more or nth % 2 else ""
            asked.stopped = not more and nth > 2
        elif what == "reacted":
            asked.key = value
        expected = model.change(asked)
        return await log.change(asked), expected
    except Refused as refused:
        return refused.code, expected


async def compare(log: History, model: Model, since: int, limit: int) -> None:
    for channel in CHANNELS:
        held = model.lines[channel]
        last = model.last[channel]
        assert (await log.last(channel), await log.floor(channel)) == (last, model.floor[channel])
        assert lines((await log.read(channel, limit=50))[0]) == [held[seq] for seq in sorted(held)]
        messages, more = await log.read(channel, after=since, limit=limit)
        after = [held[seq] for seq in sorted(held) if seq > since]
        assert (lines(messages), more) == (after[:limit], len(after) > limit)
        page = await log.changes(channel, since, limit)
        changed = model.changes(channel, since)
        end = limit + (len(changed) > limit and number(changed[limit - 1]) == number(changed[limit]))
        upto = number(changed[end - 1]) if len(changed) >= end and page.upto < last else last
        assert (lines(page.messages), page.upto, page.more) == (changed[:end], upto, upto < last)
        await compare_stretches(partial(log.read, channel, timeline=True), model.timeline(channel), since, limit)
        for root in held:
            replies = [held[seq] for seq in sorted(held) if held[seq].get("thread") == root]
            await compare_stretches(partial(log.thread, channel, root), replies, since, limit)
            assert sorted(await log.followers(channel, root)) == model.threads.followers(channel, root)
            for user in USERS:
                reading = await log.reading(user.id, channel, root, None)
                assert reading == model.threads.reading(user.id, channel, root)
        assert lines(await log.pinned(channel)) == [held[seq] for seq in sorted(held) if "pinned" in held[seq]]
        assert lines(await log.get(channel, [since, since + 1])) == [held[n] for n in (since, since + 1) if n in held]
        for user, read in product(USERS, (0, last // 2, since)):
            unread = (await log.unread(user.id, {channel: read})).get(channel)
            assert (unread[:2] if unread else (0, 0)) == model.unread(user.id, channel, read)
            assert unread is None or unread.last == last
    grow = [(name, seq) for name, held in model.lines.items() for seq in held if "growing" in held[seq]]
    assert sorted(await log.growing()) == sorted(grow)
    stretches = [(0, since), (since + 2, 99)]
    for user, some in product(USERS, ({"den": None, "attic": None}, {"den": None}, {"den": stretches, "no": None})):
        before = None
        for time in (10 * NOW, NOW + since):
            found = await log.mentions(user.id, some, before, limit)
            shown = [(one.time, *lines([two])) for one, two in found]
            expected = model.mentions(user.id, some, time, limit)
            assert shown == [(at, {key: line[key] for key in line if key != "target"}) for at, line in expected]
            assert [two.channel for _, two in found] == [line["target"] for _, line in expected]
            before = Arisen(NOW + since, 0)
        limited = await log.unread(user.id, dict.fromkeys(some, 0), some)
        for name in limited.keys() & model.last.keys():
            count = sum(line["target"] == name for _, line in model.mentions(user.id, some, 10 * NOW, 99))
            assert limited[name].mentions == count
    sees: Sees = {CHANNELS[0]: None, CHANNELS[1]: [(2, since)], "nowhere": None}
    for user in USERS:
        followed = model.threads.following(user.id, sees)
        found = await log.following(user.id, sees, None, 50)
        assert [(lines([one.root])[0], one.reading, one.active) for one in found] == followed
        first = await log.following(user.id, sees, None, limit)
        rest = await log.following(user.id, sees, first[-1].place, 50) if first else []
        assert [*first, *rest] == found
        assert await log.unread_threads(user.id, sees) == model.threads.unread(user.id, sees)
        for ref in ("r", "s", "t"):
            sent, known = await log.find(user, ref), model.posted.get((user.id, ref))
            assert (sent and (sent.seq, sent.channel)) == (known and known[1:])


def assert_counted(log: MemoryHistory) -> None:
    """Assert that a history in memory counts what it holds, and holds nothing of messages that are gone."""
    messages = [one for each in log._logs.values() for one in each.messages]
    reactions = sum(len(users) for keys in log._reactors.values() for users in keys.values())
    follows = sum(len(users) for each in log._logs.values() for users in each.follows.values())
    sizes = sum(EACH + len(one.text) for one in messages) + REACTION * reactions + FOLLOW * follows
    assert log._size == sizes == sum(each.size for each in log._logs.values())
    assert {one.id for one in messages} >= log._reactors.keys() | log._first.keys()
    for each in log._logs.values():
        seqs = {one.seq for one in each.messages}
        assert {seq for theirs in each.mentions.values() for seq in theirs} <= seqs
        assert each.threads.keys() | each.follows.keys() <= seqs
    assert sorted(one.id for one in log._refs.values()) == sorted(one.id for one in messages if one.ref is not None)


async def empty(connection: Connection) -> None:
    """Empty the tables of messages and of all that hangs on them."""
    hangs = "reactions, pins, change_refs, growing, mentions, follows, attachments, search_channels, search_runs"
    await connection.execute(f"TRUNCATE channels, messages, {hangs}")


EXAMPLES = {"memory": either(50, 150), "sqlite": either(10, 30), "postgres": either(5, 15)}
KINDS = ("growing", "grown", "grown", "edited", "reacted", "pinned", "deleted", "follow", "read", "restart")
STEP = st.tuples(
    st.sampled_from([*["post"] * 6, *KINDS]),
    st.sampled_from(CHANNELS),
    st.sampled_from(USERS),
    st.sampled_from([None, None, None, "r", "s", "t"]),
    st.integers(0, 5),
    st.sampled_from(["a", "b", "c", "d"]),
    st.booleans(),
    st.booleans(),
)


@pytest.mark.usefixtures("no_rest")
@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgres"])
def test_whatever_is_posted_and_changed_a_history_has_what_the_model_has(kind: str) -> None:
    async def in_memory(steps: list[Step], since: int, limit: int) -> None:
        log, model = MemoryHistory(KEEP), Model()
        for time, step in enumerate(steps, NOW):
            if step[0] != "restart":
                got, expected = await act(log, step, time, model)
                assert got == expected
        await compare(log, model, since, limit)
        assert_counted(log)

    async def on_disk(steps: list[Step], since: int, limit: int, folder: Path) -> None:
        model = Model()
        database = Database(folder)
        log = SqliteHistory(database, keep_messages=KEEP)
        try:
            for time, step in enumerate(steps, NOW):
                if step[0] == "restart":
                    database.close()
                    database = Database(folder)
                    log = SqliteHistory(database, keep_messages=KEEP)
                else:
                    got, expected = await act(log, step, time, model)
                    assert got == expected
            await compare(log, model, since, limit)
        finally:
            database.close()
        assert check(folder) == []

    async def in_a_cluster(steps: list[Step], since: int, limit: int, url: str, schema: str) -> None:
        model = Model()
        async with postgres.engine(url, schema) as engine:
            await engine.write(empty)
            left = iter(enumerate(steps, NOW))
            done = False
            while not done:  # from one restart to the next
                async with one_node(engine, keep_messages=KEEP) as log:
                    for time, step in left:
                        if step[0] == "restart":
                            break
                        got, expected = await act(log, step, time, model)
                        assert got == expected
                    else:
                        await compare(log, model, since, limit)
                        done = True
            assert await engine.read(contradictions, snapshot=True) == []

    phases = [phase for phase in Phase if kind == "memory" or phase != Phase.shrink]  # which takes minutes on a disk

    @settings(max_examples=EXAMPLES[kind], deadline=None, phases=phases)
    @given(st.lists(STEP, min_size=5, max_size=40), st.integers(0, 30), st.integers(1, 5))
    def same(steps: list[Step], since: int, limit: int) -> None:
        if kind == "memory":
            asyncio.run(in_memory(steps, since, limit))
        elif kind == "postgres":
            asyncio.run(in_a_cluster(steps, since, limit, *of_postgres))
        else:
            with tempfile.TemporaryDirectory() as folder:
                asyncio.run(on_disk(steps, since, limit, Path(folder)))

    with postgres.schema() if kind == "postgres" else nullcontext() as of_postgres:
        same()
