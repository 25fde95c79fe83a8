"""The index of search: runs of messages, each with the words of up to MOST messages of a channel.

Nothing is written to it on the way of a message or a change: the number up to which a channel is indexed says which
messages the index does not have yet, or not as they are. A search looks at these themselves, and compares what it
finds with its message: so what is stored, changed or deleted is found, or not, at once. A node indexes them a moment
later, many at a time (index_building.py), which takes half as long as one by one. Whoever deletes messages calls
`remove`, in the same transaction; to append and to change messages nothing is called.

The words of a run are lexemes of a tsvector, each with the places of its messages: their distance from the first
of the run, from 1 on. Each begins with its channel and block (`scope`): so a search reads the words of what somebody
may see, and nothing else: its time tells nothing of the rest.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b

from tornado_chat.chat.models import Message
from tornado_chat.chat.slices import Pause
from tornado_chat.chat.words import VERSION, documents_of
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.rows import FIELDS, SHIFT, end, start, to_messages

FORM = f"1 {VERSION}"
BLOCK = 13  # bits of a number within its block: a run is in one block. A place is 16,383 at most.
MOST = 255  # messages of a run: a tsvector keeps no more places of a lexeme
MOST_BYTES = 200_000  # of the words of a run with several messages
LARGEST_BYTES = 700_000  # of the words of one message; a tsvector takes 1 MB
ALL = "*"  # the word of a message with more than that: it is looked at whatever is looked for

# Sorted for each range: to have all sorted, PostgreSQL would rather go through all messages that there are.
_BETWEEN = f"""
SELECT given.first, m.* FROM unnest($1::bigint[], $2::bigint[]) AS given (first, last)
CROSS JOIN LATERAL (SELECT {FIELDS} FROM messages m WHERE id BETWEEN given.first AND given.last ORDER BY id) m
"""
_INSERT = """
INSERT INTO search_runs SELECT first, last, since, until, messages, words::tsvector
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::smallint[], $6::text[])
    AS given (first, last, since, until, messages, words)
"""
_BLOCKS = f"""
INSERT INTO search_blocks SELECT first >> {BLOCK}, min(since), max(until)
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS given (first, since, until) GROUP BY 1 ORDER BY 1
ON CONFLICT (block) DO UPDATE SET since = least(search_blocks.since, excluded.since),
    until = greatest(search_blocks.until, excluded.until)
"""
# Whoever writes runs of a channel holds its row: what is removed and what is added wait for each other.
_HOLD = """
INSERT INTO search_channels (channel) SELECT no FROM unnest($1::integer[]) AS given (no) ORDER BY no
ON CONFLICT (channel) DO UPDATE SET indexed = search_channels.indexed
"""
_CUT = "DELETE FROM search_runs WHERE first > $1 AND first <= $2 RETURNING last"
_CUT_BLOCKS = "DELETE FROM search_blocks WHERE block >= $1 AND block < $2"


def scope(id: int) -> str:
    """Return what the words of a message begin with, by its id."""
    return f"{id >> SHIFT:x}/{(id >> BLOCK) & ((1 << (SHIFT - BLOCK)) - 1):x}/"


@lru_cache(50_000)
def sender_word(user: str) -> str:
    """Return the word of what a user (an id) has sent; ids are longer than lexemes may be."""
    return "@" + blake2b(user.encode(errors="replace"), digest_size=6).hexdigest()


Range = tuple[int, int]  # ids, both included
Run = tuple[int, int, int, int, int, str]


async def hold(connection: Connection, channels: Sequence[int]) -> None:
    """Let nobody else write runs of channels, by number, until the transaction ends."""
    await connection.execute(_HOLD, channels)


async def make(connection: Connection, ranges: Sequence[Range]) -> None:
    """Make runs of the messages of these ranges, each of one channel. No run may have any of them."""
    pause, rows = Pause(), list[Run]()
    found = await connection.fetch(_BETWEEN, *zip(*ranges, strict=True))
    for _, some in itertools.groupby(found, lambda row: row[0]):
        for row in runs(to_messages([one[1:] for one in map(tuple, some)], "")):
            rows.append(row)
            await pause()
    if rows:
        firsts, lasts, since, until, *rest = zip(*rows, strict=True)
        await connection.execute(_INSERT, firsts, lasts, since, until, *rest)
        await connection.execute(_BLOCKS, firsts, since, until)


async def remove(connection: Connection, no: int, upto: int) -> None:
    """Remove the words of a channel's messages up to a number, when they have been deleted, in their transaction."""
    await hold(connection, [no])
    cut = min(start(no) + upto, end(no))
    last = max([row[0] for row in await connection.fetch(_CUT, start(no), cut)], default=cut)
    await connection.execute(_CUT_BLOCKS, start(no) >> BLOCK, (cut + 1) >> BLOCK)
    if last > cut:
        await make(connection, [(cut + 1, last)])


def runs(messages: Sequence[Message]) -> Iterator[Run]:
    """Yield the rows of the runs of messages, which are in the order of their ids."""
    some: list[Message] = []
    words = defaultdict[str, list[str]](list)
    size = 0
    for one, own in zip(messages, map(_distinct, messages, documents_of(messages)), strict=True):
        id, bytes = int(one.id), _size(own)
        if bytes > LARGEST_BYTES:
            own = {word for word in own if word[0] in "@#"} | {ALL}
            bytes = _size(own)
        if some and (len(some) == MOST or size + bytes > MOST_BYTES or id >> BLOCK != int(some[0].id) >> BLOCK):
            yield _run(some, words)
            some, words, size = [], defaultdict(list), 0
        some.append(one)
        size += bytes
        place = str(id - int(some[0].id) + 1)
        for word in own:
            words[word].append(place)
    if some:
        yield _run(some, words)


def _distinct(message: Message, document: tuple[list[str], frozenset[str]] | None) -> set[str]:
    """Return the words under which the index has a message."""
    if document is None:
        return set()
    words, marks = document
    found = set(words)
    if marks:
        found.update(f"#{mark}" for mark in marks)
    if message.sender is not None:
        found.add(sender_word(message.sender.id))
    return found


def _size(words: set[str]) -> int:
    """Return how many bytes words may take in a tsvector, their scope, places and gaps included."""
    return sum(map(len, map(str.encode, words))) + 24 * len(words)


def _run(messages: Sequence[Message], words: Mapping[str, list[str]]) -> Run:
    first, last = int(messages[0].id), int(messages[-1].id)
    times = [one.time for one in messages]
    begin = scope(first)
    lexemes = [f"'{begin}{word}':{','.join(places)}" for word, places in words.items()]
    return first, last, min(times), max(times), len(messages), " ".join(lexemes)
