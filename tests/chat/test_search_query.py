"""What people type to search: words, phrases, filters, and what is hostile."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.search import Phrase
from tornado_chat.chat.search_query import LONGEST, MOST_FILTERS, MOST_WORDS, Asked, parse
from tornado_chat.chat.words import words_of


def ms(*date: int) -> int:
    return int(datetime(*date, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc,arg-type]


def phrases(found: list[Phrase]) -> str:
    """Return phrases, one after the other; `*`: the last word may go on."""
    return " | ".join(" ".join(one.words) + "*" * one.starts for one in found)


@pytest.mark.parametrize(
    ("text", "found", "without"),
    [
        ("export memory", "export | memory*", ""),
        ("export memory ", "export | memory", ""),
        ("ex", "ex", ""),
        ("Café", "cafe*", ""),
        ("上海", "上 海", ""),
        ("上海tower", "上 海 tower*", ""),
        ('"export memory"', "export memory", ""),
        ('"export memory', "export memory", ""),
        ("“export memory„ x", "export memory | x", ""),
        ('say "a b"c d', "say | a b c | d", ""),
        ('x"y z"', "x y z", ""),
        ("max_text a-b c++ don’t", "max text | a b | c | don t", ""),
        ("key:value https://example.org/a", "key value | https example org a", ""),
        ("lunch -friday", "lunch", "friday"),
        ('-"by train" home -上海', "home", "by train | 上 海"),
        ("a - b -- --limits", "a | b | limits*", ""),
        ('"" "\'" ... word', "word*", ""),
        ("x OR y AND (z) NEAR/2 w*", "x | or | y | and | z | near 2 | w", ""),
        ("word in:general", "word", ""),
        ("کتاب‌ها", "كتاب ها", ""),
        ("\u202eabc\u202c \u200fabc", "abc | abc*", ""),
        ("a\0b \ud800 c", "a b | c", ""),
    ],
)
def test_words_and_phrases(text: str, found: str, without: str) -> None:
    asked = parse(text)
    assert (phrases(asked.phrases), phrases(asked.without)) == (found, without)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("from:ann", Asked(senders=["ann"])),
        ('from:"Ann B" From:me FROM：李', Asked(senders=["Ann B", "me", "李"])),
        ("from:“Ann B”", Asked(senders=["Ann B"])),
        ("\u200ffrom:\u2068علي\u2069", Asked(senders=["علي"])),
        ('in:general in:#general in:"Book club"', Asked(channels=["general", "#general", "Book club"])),
        (
            "has:link has:FILE has:image is:pinned is:thread",
            Asked(marks={"link", "file", "image", "pinned", "thread"}),
        ),
        ("before:2026-11-27", Asked(before=ms(2026, 11, 27))),
        ("after:2026-11-27", Asked(after=ms(2026, 11, 27))),
        ("on:2026-11-27", Asked(after=ms(2026, 11, 27), before=ms(2026, 11, 28))),
        ("on:2026-11-27T00:00+01:00", Asked(after=ms(2026, 11, 26, 23), before=ms(2026, 11, 27, 23))),
        ("after:2026-11-27T09:00:30Z", Asked(after=ms(2026, 11, 27, 9, 0, 30))),
        (
            "after:2026-01-01 after:2026-02-01 before:2026-04-01 before:2026-03-01",
            Asked(after=ms(2026, 2, 1), before=ms(2026, 3, 1)),
        ),
        ("on:2026-11-27 after:2026-11-28", Asked(after=ms(2026, 11, 28), before=ms(2026, 11, 28))),
        ("on:9999-12-31", Asked(after=ms(9999, 12, 31), before=ms(9999, 12, 31) + 86_400_000)),
        ("after:1969-12-31", Asked(after=-86_400_000)),
    ],
)
def test_filters(text: str, asked: Asked) -> None:
    assert parse(text) == asked


def test_filters_stand_anywhere_among_words() -> None:
    asked = parse('from:ann "the view" in:general harb')
    assert (phrases(asked.phrases), asked.senders, asked.channels) == ("the view | harb*", ["ann"], ["general"])
    assert parse("xfrom:ann").senders == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing to look for"),
        (" \n ", "nothing to look for"),
        ('""', "nothing to look for"),
        ("!? ... -", "nothing to look for"),
        ("has:foo", "has: takes link, file or image"),
        ("has:", "has: takes link, file or image"),
        ("is:unread", "is: takes pinned or thread"),
        ("from:", "from: takes a name, such as from:ann or from:me"),
        ('in:" "', "in: takes a name"),
        ("before:yesterday", "before: takes a day such as 2026-11-27, or a time with an offset"),
        ("after:2026-02-30", "after: takes a day"),
        ("on:2026-11-27T00:00", "on: takes a day"),
        ("on:", "on: takes a day"),
        ("-from:ann", "-from: is not known; - leaves out words and phrases"),
        ("-HAS:link", "-has: is not known"),
        ("x" * (LONGEST + 1), "at most 1,000 characters"),
        ("上" * (MOST_WORDS + 1), "at most 64 words"),
        ("a " * (MOST_WORDS + 1), "at most 64 words"),
        ("has:link " * (MOST_FILTERS + 1), "at most 32 filters"),
        ('"' * 10_000, "at most 1,000 characters"),
        ('"' * LONGEST, "nothing to look for"),
    ],
)
def test_what_cannot_be_looked_for_is_refused_in_words_that_help(text: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(text)
    assert refused.value.code == Error.INVALID_FIELD
    assert words in refused.value.message


PIECES = (
    '"',
    "-",
    ":",
    "from:",
    "on:",
    "2026-11-27",
    "has:",
    "link",
    " ",
    "a",
    "上",
    "*",
    "(",
    "\u200f",
    "\0",
    "\ud800",
)


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
def test_whatever_is_typed_is_understood_or_refused(text: str) -> None:
    try:
        asked = parse(text)
    except Refused as refused:
        assert refused.code == Error.INVALID_FIELD
        return
    for phrase in (*asked.phrases, *asked.without):
        assert phrase.words
        assert [*phrase.words] == words_of(" ".join(phrase.words)) or not text.isascii()


@pytest.mark.parametrize(
    ("phrase", "text", "places"),
    [
        (Phrase(("a",)), "a b a", [0, 2]),
        (Phrase(("a", "b")), "a b a b", [0, 2]),
        (Phrase(("b", "a")), "a b a", [1]),
        (Phrase(("ab",), starts=True), "abc ab a b", [0, 1]),
        (Phrase(("a", "b"), starts=True), "a bc ab", [0]),
        (Phrase(("b", "a"), starts=True), "bc a", []),
        (Phrase(("a", "b", "c")), "a b", []),
        (Phrase(("a",)), "", []),
    ],
)
def test_a_phrase_is_found_among_words(phrase: Phrase, text: str, places: list[int]) -> None:
    assert list(phrase.places(text.split())) == places
