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
    async def test_a_word_is_refused_in_the_name_of_a_file(self) -> None:
        ann = await self.join("Ann", "den")

        async def send(name: str) -> None:
            user = next(iter(self.chat.hub.present("den")))
            file = await self.chat.hub.files.add(user, name, b"data")
            await ann.call("send-message", target="den", message="", files=[file.id])

        for name in ("ass.txt", "my_ＡＳＳ.txt", "a\u0336ss 1.txt", "bad word.txt"):
            with pytest.raises(Refused, match="name of a file"):
                await send(name)
        await send("first class.txt")

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
    async def test_no_link_blank_or_sign_hides_a_word(self) -> None:
        ann = await self.join("Ann", "den")
        links = (
            "a[s](http://x/(a))s",
            f"a[s](https://x/{'a' * 250})s",
            "[[a]s](http://x)s",
            "\\[x](http://a[s](http://y)s)",
        )
        hidden = (
            "`[`x](http://a[s](http://y)s)",
            "> bad\n> word",
            *(f"bad{blank}word" for blank in "\u2800\u3164\uffa0"),
        )
        signs = (
            "\U0001f150\U0001f162\U0001f162",
            "\U0001f170\U0001f182\U0001f182",
            "\u249c\u24ae\u24ae",
            "\u1d00\ua731\ua731",
        )
        flags = ("\U0001f1e6\U0001f1f8\U0001f1f8",)
        marks = [f"a{mark}s{mark}s" for mark in "\u0483\u0489\u20dd\u064b\u05b0\u0e31\u0f35\u1cd0\U0001e000"]
        for text in (*links, *hidden, *signs, *flags, *marks):
            with pytest.raises(Refused, match="not said here"):
                await ann.call("send-message", target="den", message=text)
        await ann.call("send-message", target="den", message="l\xe4ss")

    @gen_test
    async def test_what_the_page_makes_a_link_of_is_one(self) -> None:
        ann = await self.join("Ann", "den")
        for link in ("\xe9www.b.example", "\u770bwww.b.example", "\u0436www.b.example", "\u0663www.b.example",
                     "a@b.example", "[x](mailto:a@b.example)", "[x](http://b)"):  # fmt: skip
            with pytest.raises(Refused, match="at most 1 links"):
                await ann.call("send-message", target="den", message=f"http://a.example {link}")

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
