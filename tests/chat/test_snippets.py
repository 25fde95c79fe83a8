"""What is shown of a message that was found: the words around the first hit, and which of them are hits."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chat.test_words import texts
from tornado_chat.chat.search import Phrase
from tornado_chat.chat.search_query import parse
from tornado_chat.chat.snippets import BEFORE, LENGTH, hits_in, snippet
from tornado_chat.chat.words import placed_words, words_of


def marked(text: str, query: str) -> str:
    """Return a snippet as one text, with hits in [brackets]."""
    pieces = snippet(text, parse(query).phrases)
    assert all(piece["text"] for piece in pieces)
    return "".join(f"[{one['text']}]" if one["hit"] else one["text"] for one in pieces)


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("The export is done", "export", "The [export] is done"),
        ("The export is done", "expo", "The [export] is done"),
        ("The export is done", "expo ", "The export is done"),
        ("Café, CAFÉ and ＣＡＦＥ", "cafe", "[Café], [CAFÉ] and [ＣＡＦＥ]"),
        ("by train or by car, by-train", '"by train"', "[by train] or by car, [by-train]"),
        ("a b a b a", '"a b a"', "[a b a b a]"),
        ("a b", "a b ", "[a] [b]"),
        ("从新办公室看出去", "办公室", "从新[办公室]看出去"),
        ("ﾀﾞﾁｮｳ", "チ", "ﾀﾞ[ﾁ]ｮｳ"),
        ("مَكْتَبَةُ المدينة", "مكتبه", "[مَكْتَبَةُ] المدينة"),
        ("Straße", "strass", "[Straße]"),
        ("½ kg", "2", "[½] kg"),
        ("👍🏽 good", "👍", "[👍🏽] good"),
        ("**bold** and `code` and *it*", "bold code", "[bold] and [code] and it"),
        ("see [the docs](https://example.org/setup)", "docs", "see the [docs]"),
        ("see [the docs](https://example.org/setup)", "setup", "see [the docs](https://example.org/[setup])"),
        ("line one\n\n* line two\t end", "two", "line one line [two] end"),
        ("only filters", "from:ann", "only filters"),
        ("in the file's name alone", "report", "in the file's name alone"),
    ],
)
def test_hits_are_marked(text: str, query: str, shown: str) -> None:
    assert marked(text, query) == shown


def test_a_long_text_is_cut_around_its_first_hit_between_words() -> None:
    text = " ".join(f"word{number}" for number in range(500))
    assert marked(text, "word0 ").startswith("[word0] word1 ")
    shown = marked(text, "word250 ")
    assert shown.startswith("…word")
    assert shown.endswith("…")
    assert " [word250] word251 " in shown
    assert len(shown) <= LENGTH + len("……[]")
    assert shown.index("[") <= BEFORE + 1
    assert marked(text, "word499 ").endswith("word498 [word499]")
    assert marked(text, "from:ann").startswith("word0 word1")


def test_a_text_without_blanks_is_cut_too() -> None:
    text = "天" * 300 + "地" + "天" * 300
    shown = marked(text, "地")
    assert shown == "…" + "天" * BEFORE + "[地]" + "天" * (LENGTH - BEFORE - 1) + "…"
    assert marked("x" * 3_000, "x" * 100) == "[" + "x" * LENGTH + "]…"
    family = "👨\u200d👩\u200d👧"
    cut = marked(family * 100, "from:ann")
    assert cut.rstrip("…").endswith(("👧", "👩", "👨"))


@given(texts, st.lists(texts, max_size=3))
def test_hits_are_the_words_that_are_looked_for(text: str, sought: list[str]) -> None:
    phrases = [Phrase(tuple(words)) for one in (*sought, text[2:5]) if (words := words_of(one))]
    found = hits_in(text, phrases)
    placed, words = placed_words(text), words_of(text)
    assert bool(found) is any(next(one.places(words), None) is not None for one in phrases)
    for start, end in found:
        assert any(next(one.places(words_of(text[start:end])), None) is not None for one in phrases)
    assert all(one[1] <= other[0] for one, other in zip(found, found[1:], strict=False))
    hits = {(placed[at].start, placed[at + len(one.words) - 1].end) for one in phrases for at in one.places(words)}
    near = [one for one in hits if one[0] <= min(hits)[0] + LENGTH]
    assert {at for one in found for at in range(*one)} == {at for one in near for at in range(*one)}


@pytest.mark.parametrize(
    "query",
    [" ".join("字" * 64), '"字字" ' * 31, " ".join("字" * size for size in range(1, 11))],
    ids=["words", "phrases", "longer and longer"],
)
def test_no_more_hits_are_looked_at_than_a_snippet_has(query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    places, looked = Phrase.places, []

    def counted(phrase: Phrase, words: Sequence[str]) -> Iterator[int]:
        for at in places(phrase, words):
            looked.append(at)
            yield at

    monkeypatch.setattr(Phrase, "places", counted)
    assert marked("字" * 4_000, query).startswith("[字")
    assert len(looked) <= len(set(parse(query).phrases)) * (LENGTH + 2)


@given(texts, st.lists(texts, max_size=3))
def test_a_snippet_is_a_piece_of_what_is_read(text: str, sought: list[str]) -> None:
    phrases = [Phrase(tuple(words)) for one in (*sought, text[2:5]) if (words := words_of(one))]
    pieces = snippet(text, phrases)
    assert sum(len(one["text"]) for one in pieces) <= LENGTH + 2
    assert all(one["text"] for one in pieces)
