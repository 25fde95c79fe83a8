"""What is committed, by this node or by others, in the order of the numbers of each channel. No I/O, no clock.

Notifications of two nodes may come in another order than their numbers, and those of a lost connection do not come at
all. What is beyond a gap waits a moment; then the log is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tornado_chat.chat.history import Committed
from tornado_chat.chat.models import Message

PATIENCE = 0.05  # seconds that what is beyond a gap waits for what is missing
KNOWN = 10_000  # channels from which on those that nobody uses are forgotten


#: All that a channel has under a number; None: it is too long to be told, and must be read.
Entry = tuple[str, int, Sequence[Committed] | None]


class Feed:
    """`known`: by channel, the newest number that was passed on. A channel is known from its first entry on.

    `is_used`: whether somebody is in a channel.
    """

    def __init__(self) -> None:
        self.known: dict[str, int] = {}
        self.is_used: Callable[[str], bool] = lambda channel: True
        self._held: dict[str, dict[int, Sequence[Committed] | None]] = {}  # beyond a gap: by channel and number
        self._due: dict[str, float] = {}  # when the log of a channel is to be read, unless its gap closes before
        self._looked: dict[str, float] = {}  # when it is to be read in any case
        self._reading: set[str] = set()
        self._room = KNOWN

    def offer(self, entries: Iterable[Entry], now: float) -> list[Committed]:
        """Take what is committed; return what can be passed on, in order. now: seconds, of any clock."""
        known, held = self.known, self._held
        passed: list[Committed] = []
        for channel, number, items in entries:
            last = known.get(channel)
            if last is None:
                last = number - 1
                self.begin(channel, last)
            if number <= last:
                continue
            if number == last + 1 and items is not None and channel not in held and channel not in self._reading:
                passed += items
                known[channel] = number
            else:
                self._hold(channel, number, items, now, passed)
        return passed

    def offer_own(self, messages: Iterable[Message], now: float) -> list[Committed]:
        """Do as `offer` does with new messages."""
        known, held, reading = self.known, self._held, self._reading
        passed: list[Committed] = []
        for message in messages:
            channel, number = message.channel, message.seq
            if known.get(channel) == number - 1 and channel not in held and channel not in reading:
                passed.append(message)
                known[channel] = number
            else:
                passed += self.offer([(channel, number, (message,))], now)
        return passed

    def begin(self, channel: str, number: int) -> None:
        """Know a channel from behind a number on, if it is not known yet."""
        if channel not in self.known:
            self.known[channel] = number
            if len(self.known) > self._room:
                self._forget_unused()

    def rewind(self, channel: str, number: int) -> None:
        """Know a channel from behind a lower number on, as what was behind it is lost."""
        self.known[channel] = number
        self._held.pop(channel, None)
        self._due.pop(channel, None)

    def look(self, channels: Iterable[str], now: float) -> None:
        """Have the log of channels read, of those that are known: something may be in it that nobody tells."""
        for channel in channels:
            if channel in self.known:
                self._looked[channel] = now

    def due(self, now: float) -> list[str]:
        """Return the channels whose log is to be read by now. Until that is done they only wait."""
        found = {channel for when in (self._due, self._looked) for channel, at in when.items() if at <= now}
        found -= self._reading
        for channel in found:
            self._due.pop(channel, None)
            self._looked.pop(channel, None)
        self._reading |= found
        return sorted(found)

    def next_due(self) -> float | None:
        """Return when the next log is to be read, None if there is none."""
        if not self._due and not self._looked:
            return None
        looked = [at for channel, at in self._looked.items() if channel not in self._reading]
        return min([*self._due.values(), *looked], default=None)

    def read(self, channel: str, entries: Iterable[Entry], upto: int, more: bool, now: float) -> list[Committed]:
        """Take what the log has behind what is known, complete up to a number; return what can be passed on.

        more: the log has more behind that, which will be read too.
        """
        known = self.known.get(channel, upto)
        passed = [item for _, number, items in entries if known < number <= upto for item in items or ()]
        self.known[channel] = max(known, upto)
        held = self._held.get(channel, {})
        for number in [one for one in held if one <= upto]:
            del held[number]
        if not more:
            self._reading.discard(channel)
            self._release(channel, now, passed)
        return passed

    def put_off(self, channel: str, until: float) -> None:
        """Have the log of a channel read again later, as it could not be read."""
        self._reading.discard(channel)
        self._looked[channel] = until

    def is_waiting(self, channel: str) -> bool:
        """Return whether something of a channel waits."""
        return channel in self._held or channel in self._looked or channel in self._reading

    def _hold(
        self,
        channel: str,
        number: int,
        items: Sequence[Committed] | None,
        now: float,
        passed: list[Committed],
    ) -> None:
        self._held.setdefault(channel, {})[number] = items
        if channel not in self._reading:
            self._release(channel, now, passed)

    def _release(self, channel: str, now: float, passed: list[Committed]) -> None:
        """Pass on what follows what is known; have the log read of what lacks something."""
        held, number = self._held.get(channel), self.known[channel] + 1
        if held is None:
            return
        while held.get(number) is not None:
            passed += held.pop(number) or ()
            self.known[channel] = number
            number += 1
        if not held:
            del self._held[channel]
            self._due.pop(channel, None)
        elif number in held:  # it is there, and must be read
            self._due[channel] = now
        else:
            self._due.setdefault(channel, now + PATIENCE)

    def _forget_unused(self) -> None:
        used = {name: last for name, last in self.known.items() if self.is_used(name) or self.is_waiting(name)}
        self.known.clear()
        self.known.update(used)
        self._room = max(KNOWN, 2 * len(used))
