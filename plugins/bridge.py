"""Post what is new in RSS and Atom feeds, as [plugins.bridge] of the settings says."""

import logging
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from xml.etree import ElementTree

from tornado.web import HTTPError, RequestHandler

from tornado_chat import Error, Name, Refused, TimerContext, User, check_secret, every, fetch, route, same_secret

NEWEST, KNOWN = 50, 2_000  # entries of a feed that are posted at once, and that are remembered
LARGEST, LONGEST = 1_000_000, 60.0  # bytes of a feed that are read, and seconds that it may take
NEWS = User("plugin:bridge", "News")


@dataclass
class Settings:
    feeds: tuple[str, ...] = ()
    channel: Name = "news"
    secret: str = ""

    def __post_init__(self) -> None:
        check_secret(self.secret)
        self.active = bool(self.feeds)


class Tree(ElementTree.TreeBuilder):
    """Collects complete entries, as a feed may be too large to be read whole."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[ElementTree.Element] = []

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise ValueError("it has a DOCTYPE, which could declare entities that grow without end")

    def end(self, tag: str) -> ElementTree.Element:
        element = super().end(tag)
        if tag.rpartition("}")[2] in ("item", "entry"):
            self.entries.append(element)
        return element


def read(feed: str) -> dict[str, str]:
    """Return the texts of a feed's entries, each by its ref, oldest first. It blocks for up to a minute."""
    tree, body = Tree(), fetch(feed, LARGEST, LONGEST)
    parser = ElementTree.XMLParser(target=tree)
    parser.feed(body)
    if len(body) < LARGEST:
        parser.close()
    elif not tree.entries:
        raise ValueError(f"its first {LARGEST:,} bytes hold no entry")
    entries = []
    for item in tree.entries:
        parts = [part for part in item if part.get("rel", "alternate") == "alternate"]
        said = {part.tag.rpartition("}")[2]: part.text or part.get("href") or "" for part in reversed(parts)}
        link = said.get("link", "").strip()[:1_000]
        title = " ".join(said.get("title", "").split())[:300]
        text = f"{title}\n{link}" if link.startswith(("http://", "https://")) else title
        date = said.get("pubDate") or said.get("published") or said.get("updated") or said.get("date") or ""
        entries.append((moment(date.strip()), said.get("guid") or said.get("id") or text, text))
    entries.reverse()  # as feeds have the newest first
    if all(when for when, _, _ in entries):
        entries.sort(key=lambda entry: entry[0])
    return {sha256(f"{feed} {name}".encode()).hexdigest(): text for _, name, text in entries[-KNOWN:]}


def moment(date: str) -> float:
    """Return a date of a feed in seconds since 1970, 0.0 if it is invalid."""
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return parse(date).timestamp()
        except Exception:  # whatever the feed says
            continue
    return 0.0


@every(300)
async def look(ctx: TimerContext) -> None:
    """Post what is new in each feed; of a new feed only its newest entry."""
    for number, feed in enumerate(ctx.settings.feeds, 1):
        try:
            entries = await ctx.in_thread(read, feed)
        except Exception as error:  # the other feeds are still read
            logging.getLogger("tornado_chat").warning("bridge: feed %d: %r", number, error)
            continue
        before = await ctx.store.get(feed, list(entries)[:-1])
        known = set(before)
        # An entry older than all known ones is not new: it shows because a newer one was removed.
        first = next((at for at, ref in enumerate(entries) if ref in known), 0)
        for ref in [ref for ref in list(entries)[first:][-NEWEST:] if ref not in known]:
            try:  # with a ref, so that it is posted once even if the server ends before it is remembered
                await ctx.server.channel(ctx.settings.channel).post(entries[ref], sender=NEWS, ref=ref)
            except Refused as refused:  # by a listener, say
                if refused.code == Error.HISTORY_UNAVAILABLE:
                    raise
        seen = [*(ref for ref in before if ref not in entries), *entries][-KNOWN:]
        if seen:
            await ctx.store.set(feed, seen)


@route("/look")
class Look(RequestHandler):
    ctx: TimerContext

    async def post(self) -> None:
        if not same_secret(self.request.headers.get("X-Secret", ""), self.ctx.settings.secret):
            raise HTTPError(403)
        await look(self.ctx)
