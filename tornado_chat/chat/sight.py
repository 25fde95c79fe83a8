"""What somebody may see of a channel's messages: the one filter that all reading passes.

`limits` is the membership of who does not see all of them (`Channel.limited`), None for everyone else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from tornado_chat.chat.channel import Channel
from tornado_chat.chat.channel_records import ChannelRecord, Stretch
from tornado_chat.chat.history import ChangesPage
from tornado_chat.chat.memberships import Membership
from tornado_chat.chat.models import Message

Page = tuple[list[Message], bool]
Reader = Callable[..., Awaitable[Page]]


def sees_from(record: ChannelRecord, last: int) -> tuple[Stretch, ...] | None:
    """Return the stretches that somebody may see who becomes a member while `last` is the newest number."""
    if record.newcomers == "from-joining":
        return ((last, None),)
    return None if record.open == ((0, None),) else record.open


def open_since(record: ChannelRecord, newcomers: str, last: int) -> tuple[Stretch, ...]:
    """Return the stretches that are open to later members, when `newcomers` is set anew at the number `last`."""
    if newcomers == record.newcomers:
        return record.open
    if newcomers == "all":
        return (*record.open, (last, None))
    first = record.open[-1][0]
    closed = record.open[:-1]
    return (*closed, (first, last)) if last > first else closed


def visible(messages: Sequence[Message], limits: Membership | None) -> list[Message]:
    if limits is None:
        return list(messages)
    return [message for message in messages if limits.may_see(message.seq)]


def may_see(channel: Channel, limits: Membership | None, seq: int) -> bool:
    """Return whether a message of a channel may be seen, whether or not it is there."""
    return limits is None or limits.may_see(seq)


async def changes(channel: Channel, limits: Membership | None, since: int, limit: int) -> ChangesPage:
    """Return `channel.changes` as far as they may be seen; the number up to which that is complete goes on."""
    page = await channel.changes(since, limit)
    return page if limits is None else page._replace(messages=visible(page.messages, limits))


async def read(
    reader: Reader, limits: Membership | None, limit: int, after: int | None = None, before: int | None = None
) -> Page:
    """Return what is read as far as it may be seen: from the next stretch in which there is something.

    reader: `channel.read` or the like, which takes `after`, `before` and `limit`.
    """
    if limits is None or limits.sees is None:
        return await reader(after=after, before=before, limit=limit)
    if after is not None:
        return await _after(reader, limits.sees, after, limit)
    return await _before(reader, limits.sees, before, limit)


async def _after(reader: Reader, sees: Sequence[Stretch], after: int, limit: int) -> Page:
    for at, (first, last) in enumerate(sees):
        if last is not None and last <= after:
            continue
        found, more = await reader(after=max(first, after), limit=limit)
        if last is not None and found and found[-1].seq > last:
            found, more = [message for message in found if message.seq <= last], False
        if found or more:
            return found, more or at + 1 < len(sees)
    return [], False


async def _before(reader: Reader, sees: Sequence[Stretch], before: int | None, limit: int) -> Page:
    for at in range(len(sees) - 1, -1, -1):
        first, last = sees[at]
        if before is not None and first + 1 >= before:
            continue
        end = before if last is None else last + 1 if before is None else min(before, last + 1)
        found, more = await reader(before=end, limit=limit)
        if found and found[0].seq <= first:
            found, more = [message for message in found if message.seq > first], False
        if found or more:
            return found, more or at > 0
    return [], False
