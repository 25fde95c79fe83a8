"""The plugin `filter`."""

from typing import Any, ClassVar

import pytest
from tornado.testing import gen_test

from tornado_chat import Refused
from tornado_chat.config.settings import SettingsError, find_folder
from tornado_chat.plugin_host.loader import build_registry
from tornado_chat.testing import ChatTestCase


class FilterTest(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"plugins": {"filter": {"words": ["Ass", "c++", "bad word"], "links": 1}}}

    @gen_test
    async def test_a_word_is_refused_however_it_is_dressed_and_nobody_sees_it(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        for text in ("an ASS!", "a\u200bs\u200ds", "ａｓｓ", "ass", "I like C++.", "so\nbad word", "_ass-"[1:]):
            with pytest.raises(Refused, match="not said here"):
                await ann.call("send-message", target="den", message=text)
        for text in ("first class", "c+", "bad words", "grass"):
            await ann.call("send-message", target="den", message=text)
        await bob.until_text("grass")
        said = [event["message"] for event in bob.events if event.get("sender")]
        assert said == ["first class", "c+", "bad words", "grass"]

    @gen_test
    async def test_nothing_that_is_not_seen_and_no_markup_hides_a_word(self) -> None:
        ann = await self.join("Ann", "den")
        unseen = "\u034f\ufe0f\u3164\u115f\u17b5\u180b\u200b\u2800\u2060\xad\uffa0\u202e\u180e\U000e0061\U000e0101"
        for char in unseen + "\u0336":
            for text in (f"a{char}ss", f"{char}a{char * 3}s{char}s{char}", f"bad{char} wo{char}rd"):
                with pytest.raises(Refused, match="not said here"):
                    await ann.call("send-message", target="den", message=text)
        marked = ("_ass_", "__ass__", "*a*ss", "a**s**s", "my_ass_1", "`a`ss", "a\\ss", "[a](x)ss", "a[ss](x)")
        for text in (*marked, "bad  word", "bad\u3000word"):
            with pytest.raises(Refused, match="not said here"):
                await ann.call("send-message", target="den", message=text)
        for text in ("as", "l\xe4ss", "_class_", "badword"):
            await ann.call("send-message", target="den", message=text)

    @gen_test
    async def test_links_are_counted(self) -> None:
        ann = await self.join("Ann", "den")
        await ann.call("send-message", target="den", message="see https://www.example.com/www.html")
        for text in ("https://a.example http://b.example", "WWW.a.example and ftp://b.example"):
            with pytest.raises(Refused, match="at most 1 links"):
                await ann.call("send-message", target="den", message=text)

    @gen_test
    async def test_while_it_fails_nothing_passes(self) -> None:
        ann = await self.join("Ann", "den")
        self.chat.plugins.registry.plugins["filter"].settings.words = (1,)
        vars(self.chat.plugins.registry.plugins["filter"].settings).pop("pattern", None)
        with self.assertLogs("tornado_chat", "ERROR"):
            for _ in range(4):
                with pytest.raises(Refused, match=r"failed to check|switched off"):
                    await ann.call("send-message", target="den", message="hello")


@pytest.mark.parametrize("table", [{}, {"words": []}])
def test_it_does_nothing_without_settings(table: dict[str, Any]) -> None:
    registry = build_registry([find_folder("plugins")], {"filter": table})
    assert registry.plugins["filter"].state == "idle"
    assert not registry.listeners["message"]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"words": ["\u200b"]}, r"^\[plugins\.filter\]: words: one of them is empty"),
        ({"links": -1}, r"^\[plugins\.filter\]: links must be 0 or more"),
        ({"links": "2"}, r"^\[plugins\.filter\] links must be a whole number"),
    ],
)
def test_settings_that_cannot_be_are_an_error(table: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        build_registry([find_folder("plugins")], {"filter": table})


def test_links_alone_refuse_no_words() -> None:
    registry = build_registry([find_folder("plugins")], {"filter": {"links": 0}})
    assert len(registry.listeners["message"]) == 1
