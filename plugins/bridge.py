"""News in a channel: what is new in RSS and Atom feeds, as [plugins.bridge] of the settings says."""

import hmac
import logging
from dataclasses import dataclass
from hashlib import sha256
from urllib.request import urlopen
from xml.etree import ElementTree

from tornado.web import HTTPError, RequestHandler

from tornado_chat import Context, Error, Name, Refused, User, every, route

NEWEST, LARGEST = 50, 1_000_000  # entries of a feed, and its bytes, that are looked at
NEWS = User("plugin:bridge", "News")


@dataclass
class Settings:
    feeds: tuple[str, ...] = ()
    channel: Name = "news"
    secret: str = ""

    @property
    def active(self) -> bool:
        return bool(self.feeds)


class Tree(ElementTree.TreeBuilder):
    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise ValueError("it has a DOCTYPE, which could declare entities that grow without end")


def read(feed: str) -> dict[str, str]:
    """Return the texts of a feed's entries by their names, oldest first; it takes its time."""
    with urlopen(feed, timeout=20) as answer:
        root = ElementTree.fromstring(answer.read(LARGEST), ElementTree.XMLParser(target=Tree()))
    entries: dict[str, str] = {}
    for item in root.iter():
        if item.tag.rpartition("}")[2] in ("item", "entry") and len(entries) < NEWEST:
            parts = [part for part in item if part.get("rel", "alternate") == "alternate"]
            said = {part.tag.rpartition("}")[2]: part.text or part.get("href") or "" for part in reversed(parts)}
            link = said.get("link", "").strip()[:1_000]
            title = " ".join(said.get("title", "").split())[:300]
            text = f"{title}\n{link}" if link.startswith(("http://", "https://")) else title
            entries[said.get("guid") or said.get("id") or text] = text
    return dict(reversed(entries.items()))


@every(300)
async def look(ctx: Context) -> None:
    """Say what is new in each feed; at the first look its newest entry alone."""
    for number, feed in enumerate(ctx.settings.feeds, 1):
        try:
            found = (await ctx.in_thread(read, feed)).items()
        except Exception as error:  # the others are read all the same
            logging.getLogger("tornado_chat").warning("bridge: feed %d: %r", number, error)
            continue
        entries = {sha256(f"{feed} {name}".encode()).hexdigest(): text for name, text in found}
        known = await ctx.store.get(feed, list(entries)[:-1])
        for ref in [ref for ref in entries if ref not in known]:
            try:  # with a ref, by which it is not said twice though the server ends before it is known
                await ctx.server.channel(ctx.settings.channel).post(entries[ref], sender=NEWS, ref=ref)
            except Refused as refused:  # by a listener, say
                if refused.code == Error.HISTORY_UNAVAILABLE:
                    raise
        await ctx.store.set(feed, list(entries) or known)


@route("/look")
class Look(RequestHandler):
    ctx: Context

    async def post(self) -> None:
        secret, given = self.ctx.settings.secret.encode(), self.request.headers.get("X-Secret", "").encode()
        if not secret or not hmac.compare_digest(given, secret):
            raise HTTPError(403)
        await look(self.ctx)
