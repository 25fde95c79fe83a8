"""The joined channels of a client: messages and changes are delivered once each; what was missed is read."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.validation import clean_name
from tornado_chat.client.events import Event
from tornado_chat.client.inbox import Inbox
from tornado_chat.client.mirror import Mirror, differences, number
from tornado_chat.client.reconnect import FIRST_PAUSE, LONGEST_PAUSE

PAGE = 200
HELD = 500  # messages of a channel, of which it is known how they are now
#: Errors that pass by themselves; after any other one a channel that was joined is gone.
PASSING = frozenset(
    {
        *(Error.RATE_LIMITED, Error.TOO_MANY, Error.HISTORY_UNAVAILABLE),
        *(Error.PLUGIN_TIMEOUT, Error.PLUGIN_OFF, Error.INTERNAL),
    }
)


class Place:
    """A joined channel. While it is `behind`, what comes is read from the server later, page by page."""

    def __init__(self) -> None:
        self.epoch = ""
        self.seq = 0  # of the newest message that was delivered
        self.newest = 0  # number of the newest message or change that came while behind
        self.behind = True
        self.passed = False  # whether pages of changes had newer messages, which are to be read in their order
        self.mirror = Mirror(limit=HELD)


class Channels:
    """The joined channels. `wire`: the version that the server speaks; 1 has no changes."""

    def __init__(self, inbox: Inbox, call: Callable[..., Awaitable[Event]]) -> None:
        self.places: dict[str, Place] = {}
        self.wire = 1
        self._inbox = inbox
        self._call = call
        self._reading: set[asyncio.Task[None]] = set()
        self._opening = 0  # calls that join a channel whose address is not known yet
        self._early: dict[str, Place] = {}  # what came meanwhile of channels that are not joined

    async def join(self, channel: str, history: int, unread: bool = False) -> Event:
        """Join a channel; return the `ok`, whose messages are not delivered again; unread: but those not yet read."""
        place = self.places.setdefault(channel, Place())
        try:
            answer = await self._call("join-channel", target=channel, history=history)
        except Refused as refused:
            if not place.epoch:
                self.places.pop(channel, None)
            elif refused.code not in PASSING:
                self._go(channel, place)
            raise
        self._enter(channel, place, answer, unread)
        return answer

    async def open(self, action: str, **fields: object) -> Event:
        """Call an action that joins a channel, whose address is in the `ok`; return that."""
        self._opening += 1
        try:
            answer = await self._call(action, **fields)
            name = answer["channel"]
            place = self.places.setdefault(name, self._early.pop(name, Place()))
            self._enter(name, place, answer)
        finally:
            self._opening -= 1
            if not self._opening:
                self._early.clear()
        return answer

    def _enter(self, channel: str, place: Place, answer: Event, unread: bool = False) -> None:
        """Begin to hear a channel, from the `ok` of a join on."""
        if place.epoch != answer["epoch"]:  # else the channel was joined already, and newer messages are on their way
            place.epoch = answer["epoch"]
            place.mirror.join({**answer, "recovered": False})
            place.seq = place.mirror.known  # a message may have been posted after `seq` was read
            if unread and answer["read"] < place.seq:
                place.seq, place.passed = answer["read"], True
            if place.newest > place.mirror.known or place.passed:
                self._read_on(channel, place)
            else:
                place.behind = False

    def drop(self, name: str) -> None:
        """Forget a channel to which its user does not belong any more."""
        self.places.pop(name, None)

    def _go(self, name: str, place: Place) -> None:
        """Forget a channel that the server does not let its user into, and tell."""
        if self.places.get(name) is place:
            self.drop(name)
            self._inbox.offer({"action": "channels", "removed": [{"channel": name}]})

    def epoch(self, channel: str) -> str:
        """Return the epoch of the history that a channel's messages came from, "" for a channel not joined here."""
        with contextlib.suppress(Refused):  # a name that cannot be one: the server says so
            if place := self.places.get(clean_name(channel)):
                return place.epoch
        return ""

    def lost(self) -> None:
        """Note that the connection was lost."""
        for task in self._reading:
            task.cancel()
        for place in self.places.values():
            place.behind, place.newest = True, 0
            place.mirror.lose()

    async def rejoin(self) -> None:
        """Join all channels again, and read what was missed there."""
        for name, place in list(self.places.items()):
            if place.epoch:
                await self._rejoin(name, place)

    async def _rejoin(self, name: str, place: Place) -> None:
        since = {"epoch": place.epoch, "seq": place.mirror.known if self.wire > 1 else place.seq}
        more = {"changes": True} if self.wire > 1 else {}
        try:
            answer = await self._insist("join-channel", target=name, since=since, history=PAGE, **more)
        except Refused:
            self._go(name, place)
            return
        page = {**answer, "seq": answer.get("upto", answer["seq"])}
        if not answer["recovered"]:  # history was lost, or more of it is gone than the client had seen
            place.epoch, place.seq, place.passed, place.mirror = answer["epoch"], 0, False, Mirror(limit=HELD)
            page["more"] = False
        self._read_on(name, place, page)

    # What comes

    def hear(self, event: Event) -> None:
        """Deliver a `send-message` or a `changed`."""
        is_message = event["action"] == "send-message"
        name = event["target" if is_message else "channel"]
        place = self.places.get(name)
        if place is None and self._opening:
            place = self._early.setdefault(name, Place())
        if place is None or "seq" not in event:
            self._inbox.offer(event)
        elif place.behind:
            place.newest = max(place.newest, event["seq"])
        elif event["seq"] > place.seq if is_message else place.mirror.is_new(event):
            if not self._inbox.is_full():
                place.mirror.hear(event)
            if self._inbox.is_full() or place.mirror.asking:
                place.behind, place.newest = True, event["seq"]
                self._read_on(name, place)
            elif is_message:
                place.seq = event["seq"]
                self._inbox.offer(event)
            elif "about" in event:
                message = place.mirror.messages.get(event["about"])
                self._inbox.offer(event if message is None else {**event, "message": message})

    # What was missed

    def _read_on(self, name: str, place: Place, page: Event | None = None) -> None:
        task = asyncio.create_task(self._catch_up(name, place, page))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _catch_up(self, name: str, place: Place, page: Event | None) -> None:
        """Deliver what was missed, page by page, as fast as it is consumed; then the channel is live again."""
        with contextlib.suppress(ConnectionError):  # a new connection starts over
            try:
                await (self._read_changes if self.wire > 1 else self._read_messages)(name, place, page)
                place.behind = place.mirror.asking = False
            except Refused:
                self._go(name, place)  # unless it was left

    async def _read_changes(self, name: str, place: Place, page: Event | None) -> None:
        while True:
            if page is None:
                page = await self._insist("changes", target=name, since=place.mirror.known, limit=PAGE)
            new = sorted((one for one in page["messages"] if one["seq"] > place.seq), key=lambda one: one["seq"])
            for message in page["messages"]:
                if message["seq"] <= place.seq:
                    await self._deliver_change(name, place, message)
            if page["more"]:  # a later page may have a message that is older than some of this one
                place.passed = place.passed or bool(new)
            elif place.passed:
                await self._read_history(name, place, None)
                place.passed = False
            else:
                for message in new:
                    await self._deliver(place, message)
            place.mirror.learn({**page, "messages": []})
            if not page["more"] and place.newest <= place.mirror.known:
                return
            page = None

    async def _read_messages(self, name: str, place: Place, page: Event | None) -> None:
        """Do as `_read_changes` where the server has no changes."""
        heard = 0
        while True:
            await self._read_history(name, place, page)
            if place.newest <= max(heard, place.seq):  # what was heard before and is not there was deleted already
                place.mirror.known = max(place.mirror.known, place.seq)
                return
            heard, page = place.newest, None

    async def _read_history(self, name: str, place: Place, page: Event | None) -> None:
        """Deliver the messages after the newest one that was delivered."""
        while True:
            if page is None:
                page = await self._insist("history", target=name, after=place.seq, limit=PAGE)
            for message in page["messages"]:
                await self._deliver(place, message)
            if not page["more"]:
                return
            page = None

    async def _deliver(self, place: Place, message: Event) -> None:
        if "deleted" not in message:
            await self._inbox.put(message)
        place.seq = message["seq"]
        place.mirror.merge(message)

    async def _deliver_change(self, name: str, place: Place, message: Event) -> None:
        before = place.mirror.messages.get(message["seq"])
        new = number(message)
        if new == message["seq"] or (before is not None and number(before) >= new):
            return
        what = differences(before, message)
        about = {"channel": name, "about": message["seq"], "seq": new, "what": what, "message": message}
        await self._inbox.put({"action": "changed", **about})
        place.mirror.merge(message)

    async def _insist(self, action: str, **fields: object) -> Event:
        """Call an action until it is answered; Refused for what does not pass by itself."""
        pause = FIRST_PAUSE
        while True:
            try:
                return await self._call(action, **fields)
            except Refused as refused:
                if refused.code not in PASSING:
                    raise
                await asyncio.sleep(max(pause, refused.retry_after))
                pause = min(2 * pause, LONGEST_PAUSE)
