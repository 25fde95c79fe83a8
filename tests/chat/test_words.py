"""The normaliser of searching: one form for words that people take for the same, in every script."""

import contextlib
import sqlite3
import time
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lengths import either
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.words import LONGEST, VERSION, document_of, marks_of, placed_words, words_of

#: Letters, marks, joiners and jamo of scripts that are hard, and what stands between words.
HARD = (
    "aZ0_éÉßİıǆﬁ½㎏㍿Ⅷ①ﷲΣςЙё"
    "\u0300\u0316\u0323\u0345\u034f\u20dd\u200b\u200c\u200d\u200e\u202e\u2066\ufe0f\ufeff\u00ad\u3164\uffa0"
    "تمؤآ\u0654\u0653\u064b\u0640\u0670ٱىیکہۀ"
    "कि\u093c\u094dक़ে\u09be\u09c7ড়งำ\u0e38\u0e48ກໍ\u17d2ក\u17b6\u1039မ\u1037"
    "上ー々タﾀﾞ\u3099\u309aかゞ가\u1100\u1161\u11a8ㄱㅏᄀ\ud7b0\ua960ㄅ"
    "👍🏽🇩🇪\u20e3👨©→\n\t\0 -'’\ud800\udfff\ufffd\ue000\U0010fffe٣๑𝟗𝔸"
)
texts = st.one_of(st.text(), st.text(st.sampled_from(HARD)), st.text(st.sampled_from("ab \u0301ﷲ"), max_size=1_200))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, WORLD!", "hello world"),
        ("Café cafe\u0301 ＣＡＦÉ ca\u00adfe", "cafe cafe cafe cafe"),
        ("Straße Łódź Ærø İstanbul ISPARTA ısparta", "strasse lodz aero istanbul isparta isparta"),
        ("ΣΊΣΥΦΟΣ Σίσυφος", "σισυφοσ σισυφοσ"),
        ("Ёлка елка", "елка елка"),
        ("שָׁלוֹם", "שלום"),
        ("上海タワー 가나", "上 海 タ ワ ー 가 나"),
        ("ﾀﾞﾁｮｳ ダチョウ", "ダ チ ョ ウ ダ チ ョ ウ"),
        (unicodedata.normalize("NFD", "がっこう 학교"), "が っ こ う 학 교"),
        ("か は", "か は"),
        ("สวัสดี", "ส ว ั ส ด ี"),
        ("ສະບາຍ", "ສ ະ ບ າ ຍ"),
        ("កម្ពុជា", "ក ម ្ ព ុ ជ ា"),
        ("မြန်မာ", "မ ြ န ် မ ာ"),
        ("مَكْتَبَةٌ مكتبه مـــكتبة", "مكتبه مكتبه مكتبه"),
        ("أحمد إحمد آحمد ٱحمد احمد", "احمد احمد احمد احمد احمد"),
        ("على علي علی", "علي علي علي"),
        ("مسؤول مسوول", "مسوول مسوول"),
        ("کتاب‌ها كتاب", "كتاب ها كتاب"),
        ("हिन्दी फ़ोन फोन", "हिन्दी फोन फोन"),
        ("ক\u200d্ষ", "ক্ষ"),
        ("١٢٣ ๑๒๓ １２３ 123", "123 123 123 123"),
        ("½ ㎏ ㍿ Ⅷ", "1 2 kg 株 式 会 社 viii"),
        ("👍🏽 👍 🇩🇪 ☎\ufe0f 👩\u200d👧", "👍 👍 🇩 🇪 ☎ 👩 👧"),
        ("c++ a-b key:value snake_case don’t O'Neill", "c a b key value snake case don t o neill"),
        ("a\u202eb\u200ec\u2066d", "abcd"),
        ("a\0b\ud800c\ufffdd\ne", "a b c d e"),
        ("https://example.org/a?b=1#c", "https example org a b 1 c"),
        ("... !? — ", ""),
    ],
)
def test_words_are_in_one_form(text: str, words: str) -> None:
    assert " ".join(words_of(text)) == words


@given(texts)
@settings(max_examples=either(100, 500))
def test_words_are_what_an_index_can_keep(text: str) -> None:
    for word in words_of(text):
        assert 1 <= len(word) <= LONGEST
        assert word.encode().decode() == word
        for char in word:
            assert not char.isspace()
            assert unicodedata.category(char)[0] not in "CZ" or char > "\x7f"
            assert char > "\x7f" or char in "abcdefghijklmnopqrstuvwxyz0123456789"


@given(texts)
@settings(max_examples=either(100, 500))
def test_a_text_has_the_same_words_in_every_form_of_unicode(text: str) -> None:
    if len(text) <= 100:  # longer ones are cut, at other places
        forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
        assert [words_of(form) for form in forms] == [words_of(text)] * 2


@given(texts)
@settings(max_examples=either(100, 500))
def test_words_stand_where_they_are_found(text: str) -> None:
    placed = placed_words(text)
    assert [one.word for one in placed] == words_of(text)
    for one in placed:
        assert 0 <= one.start < one.end <= len(text)
        assert one.word in words_of(text[one.start : one.end])
    for one, other in zip(placed, placed[1:], strict=False):
        assert one.end <= other.start or (one.start <= other.start and one.end <= other.end)


@given(st.lists(texts, max_size=5), st.lists(texts, max_size=3))
@settings(max_examples=either(50, 200), deadline=None)
def test_the_index_of_sqlite_takes_words_as_they_are(stored: list[str], sought: list[str]) -> None:
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE VIRTUAL TABLE found USING fts5 (words, content='', columnsize=0, tokenize='ascii')")
        documents = [words_of(text) for text in stored]
        for number, words in enumerate(documents):
            database.execute("INSERT INTO found (rowid, words) VALUES (?, ?)", (number, " ".join(words)))
        for phrase in [words_of(text) for text in (*sought, *stored, *(text[1:4] for text in stored))]:
            if phrase:
                rows = database.execute("SELECT rowid FROM found WHERE found MATCH ?", (f'"{" ".join(phrase)}"',))
                assert {row[0] for row in rows} == {
                    number for number, words in enumerate(documents) if within(phrase, words)
                }


def within(phrase: list[str], words: list[str]) -> bool:
    return any(words[at : at + len(phrase)] == phrase for at in range(len(words) - len(phrase) + 1))


def test_no_text_takes_long() -> None:
    for text in ("\u0316\u0300" * 2_000, "a" + "\u0301" * 4_000, "ﷺ" * 4_000, "\u1161" * 4_000, "\u200d" * 4_000):
        began = time.process_time()
        words_of(text)
        placed_words(text)
        assert time.process_time() - began < 0.5


def test_a_very_long_word_is_cut() -> None:
    for text in ("x" * 300, "ﷲ" * 40, "é" * 101):
        assert [len(word) for word in words_of(text)] == [LONGEST]
        assert [one.word for one in placed_words(text)] == words_of(text)
        assert placed_words(text)[0].end == len(text)


def test_very_many_different_characters_are_no_more_than_their_words() -> None:
    for start in range(0x20000, 0x32000, 500):
        assert len(words_of("".join(map(chr, range(start, start + 500))))) <= 500
    assert words_of("Café 上海") == ["cafe", "上", "海"]


def message(text: str = "hi", **extra: Any) -> Message:
    return Message("den", text, User("1", "Ann"), 1, extra=extra or None)


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://example.org", True),
        ("[here](https://example.org)", True),
        ("www.example.org", True),
        ("ann@example.org", True),
        ("`https://example.org`", False),
        ("@Ann, example.org", False),
        ("http is a word, www is one, a@b", False),
    ],
)
def test_a_message_with_a_link_is_marked_so(text: str, links: bool) -> None:
    assert marks_of(message(text)) == ({"link"} if links else set())


def test_what_else_is_known_of_a_message_marks_it() -> None:
    photo = {"id": "1", "name": "Día de campo.JPG", "type": "image/jpeg", "size": 1}
    paper = {"id": "2", "name": "报告.pdf", "type": "application/pdf", "size": 1}
    assert marks_of(message()) == set()
    assert marks_of(message(mentions=["2"], reply_to=4, edited=5)) == set()
    assert marks_of(message(pinned={"by": "1", "time": 1})) == {"pinned"}
    assert marks_of(message(thread=3)) == marks_of(message(replies={"count": 1})) == {"thread"}
    assert marks_of(message(files=[paper])) == {"file"}
    assert marks_of(message(files=[paper, photo])) == {"file", "image"}
    found = document_of(message("Look!", files=[paper, photo], thread=3))
    assert found is not None
    assert found.words == ["look", "报", "告", "pdf", "dia", "de", "campo", "jpg"]
    assert found.marks == {"file", "image", "thread"}


def test_a_deleted_message_is_no_document() -> None:
    assert document_of(message("", deleted={"by": "1", "time": 1}, thread=3)) is None
    assert document_of(message("...")) == ([], frozenset())


def test_the_version_tells_of_another_unicode() -> None:
    assert VERSION.endswith(unicodedata.unidata_version)
