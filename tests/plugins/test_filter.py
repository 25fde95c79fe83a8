"""The plugin `filter`."""

import unicodedata
from typing import Any, ClassVar

import pytest
from tornado.testing import gen_test

from tornado_chat import Refused
from tornado_chat.loader import build_registry
from tornado_chat.settings import SettingsError, find_folder
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


def test_marks_without_end_cost_next_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = build_registry([find_folder("plugins")], {"filter": {"words": ["ass"]}})
    plain = registry.plugins["filter"].module.plain  # type: ignore[union-attr]
    pieces: list[int] = []
    real = unicodedata.normalize

    def normalize(form: Any, text: str) -> str:
        pieces.append(len(text))
        return real(form, text)

    monkeypatch.setattr(unicodedata, "normalize", normalize)
    assert len(plain("a" + "\u0301\u0327" * 2_000)) > 3_000
    assert max(pieces) <= 500


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
