"""What search takes: python -m bench.search (see --help). It needs two cores.

It fills a data folder as the server does, and starts a server on one core. On another, somebody who is in many
channels searches without a pause, while others post. What their posts take is measured without the searches, too.
With --postgres the chat is moved into a throw-away PostgreSQL first, which shares all cores, and the server is a
node on that. The move, and how long a node takes to index what was moved, is measured, too.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tornado.testing import bind_unused_port

from bench.texts import Zipf, writers
from tornado_chat.chat.models import Message, User
from tornado_chat.client import Client
from tornado_chat.storage.moving.progress import Progress
from tornado_chat.storage.moving.to_postgres import to_postgres
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.index_building import begin, catch_up
from tornado_chat.storage.sqlite.files import NAME, open_file
from tornado_chat.storage.sqlite.index_building import build, reindex
from tornado_chat.storage.sqlite.index_merging import merge
from tornado_chat.storage.sqlite.numbers import Numbers
from tornado_chat.storage.sqlite.writer import Database

CHANNELS, PEOPLE = 2_000, 3_000
BATCH = 256  # messages of a transaction, as on a busy server
STEP = 20_000  # ms between two messages: a million of them are 230 days
QUERIES = 100  # of each kind
POSTERS, RATE = 20, 100  # who post meanwhile, and how many messages a second in all

SCRIPT = Path(__file__).parent.parent / "scripts" / "_postgres"
SIZES = "SELECT pg_total_relation_size('messages'), pg_total_relation_size('search_runs')"

Draw = Callable[[], str]


class _NoRollbacks:
    rollbacks = 0


def fill(folder: Path, count: int) -> None:
    """Make a data folder with so many messages, in transactions as a busy server makes them."""
    draw = random.Random(1)
    write = writers(draw, CHANNELS)
    channels = Zipf([str(number) for number in range(CHANNELS)], draw)
    people = Zipf([str(number) for number in range(PEOPLE)], draw)
    users = [User(f"a:{number}", f"Person {number}") for number in range(PEOPLE)]
    folder.mkdir(parents=True)
    now = int(time.time() * 1000) - count * STEP
    with contextlib.closing(open_file(folder / "chat.db")) as connection:
        build(connection)
        connection.execute("PRAGMA synchronous=OFF")
        numbers = Numbers(_NoRollbacks())  # type: ignore[arg-type]
        for start in range(0, count, BATCH):
            size = min(BATCH, count - start)
            where, who = channels.some(size), people.some(size)
            messages = [
                Message(name, write[int(name)](), users[int(user)], now + (start + at) * STEP)
                for at, (name, user) in enumerate(zip(where, who, strict=True))
            ]
            connection.execute("BEGIN IMMEDIATE")
            numbers.store(connection, messages)
            connection.execute("COMMIT")
            if start % (64 * BATCH) == 0:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


async def merged(folder: Path) -> None:
    """Merge the segments of the index, as the server does once an hour."""
    database = Database(folder)
    await merge(database)
    await asyncio.to_thread(database.close)


def size(folder: Path) -> str:
    """Return how much the texts and the index take."""
    with contextlib.closing(sqlite3.connect(folder / "chat.db")) as file:
        text = file.execute("SELECT sum(length(CAST(text AS BLOB))) FROM messages").fetchone()[0]
        index = file.execute("SELECT sum(pgsize) FROM dbstat WHERE name GLOB 'search_index_*'").fetchone()[0]
    return f"texts {text / 1e6:,.0f} MB, index {index / 1e6:,.0f} MB, {index / text:.2f} times as much"


def kinds(folder: Path, joined: Sequence[str], draw: random.Random) -> dict[str, Draw]:
    """Return what makes queries of each kind, of words that are in these channels."""
    with contextlib.closing(sqlite3.connect(folder / "chat.db")) as file:
        numbers = [
            row[0]
            for row in file.execute(f"SELECT no FROM channels WHERE name IN ({','.join('?' * len(joined))})", joined)
        ]
        ends = [
            file.execute(
                "SELECT min(id), max(id) FROM messages WHERE id BETWEEN ? << 40 AND (? + 1 << 40) - 1", (no, no)
            ).fetchone()
            for no in numbers
        ]
        texts = []
        while len(texts) < 5_000:
            first, last = draw.choice(ends)
            found = file.execute("SELECT text FROM messages WHERE id = ?", (draw.randint(first, last),)).fetchone()
            texts += found or ()
    plain = [text.partition(" https:")[0].rstrip(".?!:) ") for text in texts]
    spaced = [words for text in plain if len(words := text.split()) > 2]
    dense = [text for text in plain if len(text) > 3 and ord(text[0]) >= 0xE01]

    def word() -> str:
        return draw.choice(draw.choice(spaced))

    def phrase() -> str:
        words = draw.choice(spaced)
        at = draw.randrange(len(words) - 1)
        return f'"{" ".join(words[at : at + 2])}"'

    def part() -> str:
        text = draw.choice(dense)
        at = draw.randrange(len(text) - 2)
        return text[at : at + 2]

    frequent = [one for one, _ in Counter(one for words in spaced for one in words).most_common(6)]

    def no_phrase() -> str:
        return '"{}"'.format(" ".join(draw.sample(frequent, 5)))

    return {
        "a word": lambda: word() + " ",
        "a word as it is typed": lambda: word()[:3],
        "two words": lambda: f"{word()} {word()} ",
        "a phrase": phrase,
        "a phrase of frequent words that is nowhere": no_phrase,
        "two characters of a script without blanks": part,
        "a word that is nowhere": lambda: f"nowhere{draw.randrange(10**6)} ",
        "a word of one person": lambda: f"from:a:{draw.randrange(200)} {word()} ",
        "a word, a year ago": lambda: f"before:{draw.randint(2020, 2026)}-{draw.randint(1, 12):02}-01 {word()} ",
        "links without a word": lambda: f"has:link -{word()}",
    }


async def posts(clients: Sequence[Client], joined: Sequence[str], until: asyncio.Event) -> list[float]:
    """Post at an even pace until told to end; return how long each took to be stored and answered."""
    took: list[float] = []
    tasks = []

    async def post(number: int) -> None:
        began = time.perf_counter()
        await clients[number % len(clients)].send(joined[number % len(joined)], f"something of {number}")
        took.append(time.perf_counter() - began)

    began, number = time.perf_counter(), 0
    while not until.is_set():
        tasks.append(asyncio.ensure_future(post(number)))
        number += 1
        await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
    await asyncio.gather(*tasks)
    return took


async def meanwhile(clients: Sequence[Client], joined: Sequence[str], what: asyncio.Future[object]) -> list[float]:
    until = asyncio.Event()
    posting = asyncio.ensure_future(posts(clients, joined, until))
    await what
    until.set()
    return await posting


async def measure(folder: Path, port: int, joined: Sequence[str]) -> None:
    async with contextlib.AsyncExitStack() as ended:
        base = f"http://127.0.0.1:{port}"
        ann = await ended.enter_async_context(Client(base, "Ann"))
        others = [await ended.enter_async_context(Client(base, f"Other {one}")) for one in range(POSTERS)]
        for name in joined:
            await ann.join(name)
        for one in others:
            for name in joined[:POSTERS]:
                await one.join(name)
        say(
            "posts without searches",
            await meanwhile(others, joined[:POSTERS], asyncio.ensure_future(asyncio.sleep(10))),
        )
        draw = random.Random(2)
        times: dict[str, list[float]] = {}
        cut = 0

        async def search() -> None:
            nonlocal cut
            for kind, query in kinds(folder, joined, draw).items():
                for _ in range(QUERIES):
                    text = query()
                    began = time.perf_counter()
                    found = await ann.search(text)
                    times.setdefault(kind, []).append(time.perf_counter() - began)
                    cut += not found["complete"]

        other = await meanwhile(others, joined[:POSTERS], asyncio.ensure_future(search()))
        say("posts during searches", other)
        say("all searches", [one for some in times.values() for one in some])
        for kind, some in times.items():
            say(f"  {kind}", some)
        if cut:
            tell(f"{cut} searches were cut off")


def say(what: str, seconds: Sequence[float]) -> None:
    ordered = sorted(seconds)
    p50, p95, p99 = (1_000 * ordered[int(len(ordered) * part)] for part in (0.5, 0.95, 0.99))
    tell(f"{what:45} {len(ordered):6,}: p50 {p50:7.1f} ms, p95 {p95:7.1f} ms, p99 {p99:7.1f} ms")


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@contextlib.contextmanager
def serving(where: Sequence[str]) -> Iterator[int]:
    """Run a server on the first core and this process on the others; yield its port once it listens."""
    sock, port = bind_unused_port()
    sock.close()
    os.sched_setaffinity(0, os.sched_getaffinity(0) - {0} or {0})
    command = ["taskset", "-c", "0", sys.executable, "-m", "tornado_chat", *where]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--limits", "off", "--log-level", "warning"], stdout=subprocess.DEVNULL
    )
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Give the address of a throw-away PostgreSQL with the chat of a data folder, which keeps its own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        Path(temporary).chmod(0o755)  # for the user that runs PostgreSQL where this is root
        place = Path(temporary) / "postgres"
        url = subprocess.run([SCRIPT, "start", place], check=True, capture_output=True, text=True).stdout.strip()
        try:
            asyncio.run(moved(folder, url))
            yield url
        finally:
            subprocess.run([SCRIPT, "stop", place, "immediate"], check=True)


async def moved(folder: Path, url: str) -> None:
    """Move a chat, and index it as a node does, in the rests between which it leaves the database to others."""
    began = time.monotonic()
    kept = (await to_postgres(folder, url, None, Progress())).kept
    (folder / kept).rename(folder / NAME)
    tell(f"moved in {time.monotonic() - began:.0f} s")
    engine = await Engine.open(url)
    began = time.monotonic()
    await engine.write(begin)
    count = await catch_up(engine)
    tell(f"{count:,} messages are indexed in PostgreSQL, in {time.monotonic() - began:.0f} s")
    sizes = await engine.read(lambda connection: connection.fetchrow(SIZES))
    tell("PostgreSQL: messages {:,.0f} MB, index {:,.0f} MB".format(*(one / 1e6 for one in sizes)))
    await engine.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--joined", type=int, default=50, help="channels of who searches, the fullest among them")
    parser.add_argument("--folder", type=Path, help="filled unless it is there, and kept")
    parser.add_argument("--reindex", action="store_true", help="measure how long that takes, too")
    parser.add_argument("--postgres", action="store_true", help="measure a node on PostgreSQL instead")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = given.folder or Path(temporary) / "data"
        if not folder.exists():
            began = time.monotonic()
            fill(folder, given.messages)
            tell(f"{given.messages:,} messages are made, in {time.monotonic() - began:.0f} s")
            tell(size(folder))
            asyncio.run(merged(folder))
        if given.reindex:
            began = time.monotonic()
            tell(f"{reindex(folder):,} messages are indexed anew, in {time.monotonic() - began:.0f} s")
        tell(size(folder))
        draw = random.Random(3)
        joined = [str(number) for number in range(given.joined // 5)]
        joined += map(str, draw.sample(range(given.joined // 5, CHANNELS), given.joined - len(joined)))
        with contextlib.ExitStack() as ended:
            where = ["--data-dir", str(folder)]
            if given.postgres:
                where = ["--cluster", ended.enter_context(postgres(folder))]
            asyncio.run(measure(folder, ended.enter_context(serving(where)), joined))


if __name__ == "__main__":
    main()
