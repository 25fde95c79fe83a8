"""The plugin `bridge`."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from tornado.httpclient import HTTPResponse
from tornado.testing import gen_test

from tornado_chat.config.settings import find_folder
from tornado_chat.plugin_host.files import load
from tornado_chat.plugin_host.loader import build_registry
from tornado_chat.testing import ChatTestCase

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
  <title>Releases</title>
  <link rel="self" href="https://example.com/feed"/>
  <entry>
    <id>urn:2</id><title>Version
      2</title><media:title>a picture</media:title>
    <link rel="self" href="https://example.com/no"/><link href="https://example.com/2"/>
  </entry>
  <entry><id>urn:1</id><title>Version 1</title><link rel="alternate" href="javascript:alert(1)"/></entry>
</feed>"""
BOMB = '<?xml version="1.0"{}?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">]><rss><item><title>&a;</title></item></rss>'


SECRET = "Schlüssel ключ à"  # its last byte is a space in latin-1


def as_sent(secret: str) -> str:
    """Return what Tornado's client, which writes latin-1, must be given to send a secret in UTF-8."""
    return secret.encode().decode("latin-1")


def rss(*titles: str) -> str:
    items = "".join(
        f"<item><title>{title}</title><link>https://example.com/{title}</link></item>" for title in titles
    )
    return f'<rss version="2.0"><channel><title>News</title>{items}</channel></rss>'


def entries(path: Path, text: str | bytes) -> list[str]:
    """Return what the plugin reads of a feed."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    read = vars(load(find_folder("plugins") / "bridge.py"))["read"]
    return list(read(path.as_uri()).values())


class BridgeTest(ChatTestCase):
    def get_app(self) -> Any:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.feeds = [Path(folder.name) / name for name in ("one.xml", "a b.xml")]
        feeds = [feed.as_uri() for feed in self.feeds]
        bridge = {"feeds": feeds, "channel": "den", "secret": SECRET}
        self.settings = {"plugins": {"bridge": bridge, "filter": {"words": ["worm"]}}}
        return super().get_app()

    async def look(self, secret: str = SECRET) -> HTTPResponse:
        where = self.get_url("/plugins/bridge/look")
        return await self.http_client.fetch(
            where, method="POST", body="", headers={"X-Secret": as_sent(secret)}, raise_error=False
        )

    async def said(self) -> list[str]:
        messages, _ = await self.chat.hub.channel("den").read()
        return [message.text.split("\n")[0] for message in messages]

    @gen_test
    async def test_what_is_new_is_said_once_oldest_first_and_of_a_new_feed_the_newest_entry(self) -> None:
        ann = await self.join("Ann", "den")
        self.feeds[0].write_text(rss("three", "two", "one"))
        self.feeds[1].write_text(ATOM)
        assert (await self.look()).code == 200
        line = await ann.until_text("three\nhttps://example.com/three")
        assert line["sender"]["name"] == "News"
        assert await self.said() == ["three", "Version 2"]
        self.feeds[0].write_text(rss("six", "five a worm", "four", "three", "two"))
        for _ in range(2):
            await self.look()
            assert await self.said() == ["three", "Version 2", "four", "six"]

    @gen_test
    async def test_what_was_said_before_the_server_ended_is_not_said_again(self) -> None:
        self.feeds[0].write_text(rss("one"))
        await self.look()
        await self.chat.hub.store.set("plugin:bridge", self.feeds[0].as_uri(), [])
        self.feeds[0].write_text(rss("two", "one"))
        await self.look()
        assert await self.said() == ["one", "two"]

    @gen_test
    async def test_a_feed_that_is_empty_for_once_is_not_new_afterwards(self) -> None:
        for titles in (("two", "one"), (), ("two", "one")):
            self.feeds[0].write_text(rss(*titles))
            await self.look()
        assert await self.said() == ["two"]

    async def after(self, *feeds: tuple[str, ...]) -> list[str]:
        """Return what has been said when the feed has been these, one after the other."""
        for titles in feeds:
            self.feeds[0].write_text(rss(*titles))
            assert (await self.look()).code == 200
        return await self.said()

    @gen_test
    async def test_what_a_feed_holds_again_after_it_held_less_is_no_news(self) -> None:
        whole = ("four", "three", "two", "one")
        assert await self.after(whole, ("one",), whole, ("four",), whole) == ["four"]
        assert await self.after(("five", *whole)) == ["four", "five"]

    @gen_test
    async def test_what_comes_into_view_at_the_end_of_a_feed_is_no_news(self) -> None:
        entries = [f"entry {number}" for number in range(80, 0, -1)]
        assert await self.after(tuple(entries), tuple(entries[20:]), ("new", *entries[30:])) == ["entry 80", "new"]

    @gen_test
    async def test_what_a_feed_of_few_entries_shows_when_its_newest_is_taken_back_is_no_news(self) -> None:
        assert await self.after(("four", "three"), ("three", "two"), ("two", "one"), ("five", "two")) == [
            "four",
            "five",
        ]

    @gen_test
    async def test_at_most_50_are_said_at_once_and_a_feed_that_was_empty_at_first_says_its_newest(self) -> None:
        assert await self.after((), ("one", "zero")) == ["one"]
        many = [f"entry {number}" for number in range(100, 0, -1)]
        assert await self.after((*many, "one", "zero")) == ["one", *reversed(many[:50])]

    @gen_test
    async def test_a_feed_that_cannot_be_read_is_logged_and_the_others_are_read(self) -> None:
        self.feeds[1].write_text(rss("one"))
        with self.assertLogs("tornado_chat", "WARNING") as logs:
            for text in (None, "", "no feed", BOMB.format("")):
                if text is not None:
                    self.feeds[0].write_text(text)
                await self.look()
        assert len(logs.output) == 4
        assert all("bridge: feed 1: " in line for line in logs.output)
        assert "DOCTYPE" in logs.output[-1]
        assert await self.said() == ["one"]
        assert self.chat.plugins.registry.plugins["bridge"].failures == 0

    @gen_test
    async def test_only_who_knows_the_secret_makes_it_look(self) -> None:
        self.feeds[0].write_text(rss("one"))
        for secret in ("", "x", "é"):
            assert (await self.look(secret)).code == 403
        assert await self.said() == []


def test_rss_and_atom_are_read_and_only_links_to_the_web_are_shown(tmp_path: Path) -> None:
    assert entries(tmp_path / "x", ATOM) == ["Version 1", "Version 2\nhttps://example.com/2"]
    assert entries(tmp_path / "x", rss("a &amp; b")) == ["a & b\nhttps://example.com/a & b"]
    many = entries(tmp_path / "x", rss(*map(str, range(100))))
    assert many[-1].startswith("0\n")
    long = entries(tmp_path / "x", rss("x" * 5_000))[0]
    assert len(long) <= 300 + 1 + 1_000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_feed_that_declares_entities_is_refused_before_they_grow(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(ValueError, match="DOCTYPE"):
        entries(tmp_path / "x", BOMB.format(f' encoding="{encoding}"').encode(encoding))


def test_of_a_feed_that_is_too_large_the_entries_at_its_beginning_count(tmp_path: Path) -> None:
    long = rss(*map(str, range(3)), *("x" * 2_000 for _ in range(600)))
    assert len(long) > 2_000_000
    assert [text.split("\n")[0] for text in entries(tmp_path / "x", long)][-3:] == ["2", "1", "0"]
    with pytest.raises(ValueError, match="its first 1,000,000 bytes hold no entry"):
        entries(tmp_path / "x", rss("x" * 1_000_000))


def test_a_feed_that_is_cut_short_is_an_error_and_one_that_is_too_deep_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(SyntaxError):
        entries(tmp_path / "x", rss("one", "two")[:-20])
    assert entries(tmp_path / "x", "<a>" * 100_000 + "</a>" * 100_000) == []


def test_entries_with_dates_are_read_in_their_order_and_others_newest_first(tmp_path: Path) -> None:
    def feed(*items: tuple[str, str]) -> str:
        return "<rss>" + "".join(f"<item><title>{t}</title>{date}</item>" for t, date in items) + "</rss>"

    two = "<pubDate>Tue, 02 Jan 2024 10:00:00 +0100</pubDate>"
    one, three = "<updated>2024-01-01T23:00:00Z</updated>", "<published>2024-01-03T00:00:00+00:00</published>"
    assert entries(tmp_path / "x", feed(("two", two), ("one", one), ("three", three))) == ["one", "two", "three"]
    for odd in ("", "<pubDate>yesterday</pubDate>", "<pubDate>Tue, 99 Foo 99999999999</pubDate>"):
        assert entries(tmp_path / "x", feed(("three", one), ("two", odd), ("one", two))) == ["one", "two", "three"]


def test_it_is_idle_without_feeds() -> None:
    registry = build_registry([find_folder("plugins")], {"bridge": {"secret": "s"}})
    assert registry.plugins["bridge"].state == "idle"
    assert not [timer for timer in registry.timers if timer.plugin.name == "bridge"]
