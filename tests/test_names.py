"""Names and texts from outside: what is refused, what is cleaned."""

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_protocol import code_of

from tornado_chat.errors import Refused
from tornado_chat.names import clean_name, clean_text

# Pieces that are changed by NFKC, or are allowed only beside certain others.
TRICKY = st.text(st.sampled_from("aZ1#  \u00a8\u2122\u24b6\u3297\ufb01\u0301\U0001f600\u2764\u200d\ufe0f\U0001f3fd"))
ZERO_WIDTH = [
    0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0x200B, 0x2010),
    *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0,
    *range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), 0xE0001, 0xE0020, 0xE007F,
    0xE0080, 0xE0100, 0xE01EF, 0xE01F0, 0xE0FFF,
]  # fmt: skip


# Names


@pytest.mark.parametrize(
    "char",
    [*map(chr, ZERO_WIDTH), *"\0\t\n\r\x1b\x7f\x85\x9f", *"\u200e\u200f\u202e\u2066\u2069\u061c\u2028\u2029\ud800"],
    ids=lambda char: f"{ord(char):04X}",
)
def test_a_name_with_a_control_bidirectional_or_zero_width_character_is_refused(char: str) -> None:
    for name in (f"An{char}n", f"{char}Ann", f"Ann{char}"):
        assert code_of(clean_name, name) == "invalid-name"


@pytest.mark.parametrize("char", "\xa0\u1680\u2000\u2003\u2009\u202f\u205f\u3000")
def test_a_name_with_a_space_of_another_kind_is_refused(char: str) -> None:
    assert code_of(clean_name, f"An{char}n") == "invalid-name"


@pytest.mark.parametrize(
    "name",
    ["a\u200db", "\u200d\U0001f600", "\U0001f600\u200d", "a\u200d\U0001f600", "\U0001f600\u200d\u200d\U0001f600",
     "\u24b6\u200d\U0001f600", "Ann1\ufe0f", "a\ufe0f", "\u2764\ufe0f\ufe0f"],
    ids=ascii,
)  # fmt: skip
def test_a_joiner_or_emoji_style_that_joins_no_emoji_is_refused(name: str) -> None:
    assert code_of(clean_name, name) == "invalid-name"


@pytest.mark.parametrize(
    "name",
    ["👨‍👩‍👧‍👦", "🏳️‍🌈", "❤️‍🔥", "👩🏽‍🚒", "🏴‍☠️", "🧑‍🦰", "🙂‍↔️", "1️⃣", "↔️", "Ann ❤️", "🇦🇹", "李", "Zoë", "O'Neill-#1"],
)
def test_a_name_may_have_emoji_and_the_joiners_inside_them(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize(
    ("given_name", "clean"),
    [("  Ann ", "Ann"), ("\uff21nn", "Ann"), ("\ufb01sh", "fish"), ("Zoe\u0308", "Zo\xeb"), ("a b", "a b")],
)
def test_a_name_has_one_spelling(given_name: str, clean: str) -> None:
    assert clean_name(given_name) == clean


def test_a_name_has_1_to_64_characters_once_it_is_clean() -> None:
    assert clean_name(" " + "x" * 64 + " ") == "x" * 64
    assert clean_name("\ufdfa" * 3) == clean_name("\ufdfa") * 3
    for name in ("", "   ", "x" * 65, "\ufdfa" * 4):
        assert code_of(clean_name, name) == "invalid-name"


def test_a_name_of_64_kib_takes_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    real = unicodedata.normalize

    def normalize(form: Any, text: str) -> str:
        seen.append(len(text))
        return real(form, text)

    monkeypatch.setattr(unicodedata, "normalize", normalize)
    for name in ("a" + "\u0301\u0327" * 15_000, "\ufdfa" * 20_000):  # seconds, if they were normalised
        assert code_of(clean_name, name) == "invalid-name"
    assert not seen
    assert clean_name("\u1112\u1161\u11ab" * 64) == "\ud55c" * 64


@given(st.text(max_size=70) | TRICKY)
@settings(max_examples=300)
def test_a_clean_name_is_clean(name: str) -> None:
    try:
        clean = clean_name(name)
    except Refused as refused:
        assert refused.code == "invalid-name"
        assert refused.message.encode()
    else:
        assert clean_name(clean) == clean


# Texts


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\0b\x1b[31m\x7f\x85c", "ab[31mc"),
        ("a\r\nb\r\n", "a\nb"),
        ("a\n\t b\n\n", "a\n\t b"),
        ("a\n\0\n", "a"),
        ("  a  ", "  a  "),
        ("a\u2028b\u202ec\u200dd", "a\u2028b\u202ec\u200dd"),
    ],
)
def test_a_text_loses_control_characters_and_the_line_ends_at_its_end(text: str, clean: str) -> None:
    assert clean_text(text) == clean


def test_a_text_has_1_to_4000_characters_once_it_is_clean() -> None:
    assert clean_text("\U0001f600" * 4000 + "\n") == "\U0001f600" * 4000
    for text in ("", "\n\n", "\0", "x" * 4001):
        assert code_of(clean_text, text) == "invalid-field"


@given(st.text() | st.text("a\n\r\t\0\x85\u2028"))
def test_a_clean_text_is_clean(text: str) -> None:
    try:
        clean = clean_text(text)
    except Refused as refused:
        assert refused.code == "invalid-field"
    else:
        assert clean_text(clean) == clean
        assert not re.search(r"[\0-\x08\x0b-\x1f\x7f-\x9f]|\n$", clean)
