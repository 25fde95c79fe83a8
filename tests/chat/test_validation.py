"""Names and texts from outside: what is refused, what is cleaned."""

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chat.test_protocol import code_of
from tests.lengths import either
from tornado_chat.chat.characters import HIDDEN
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.validation import clean_name, clean_text, fit_name, fold, name_key

# Pieces that are changed by NFKC, or are allowed only beside certain others.
TRICKY = st.text(
    st.sampled_from(
        "aZ1#  \xa8\xb4\u0301\u2122\u24b6\u3297\ufb01\u20e3\u200c\u200d\ufe0f\u2764"
        "\u0915\u094d\u0639\u0644\u182d\u180b\u845b"
        "\u1112\u1161\u11ab\U0001f600\U0001f3fd\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e007f\U000e0100"
    )
)
CORPUS = json.loads((Path(__file__).parents[1] / "names.json").read_text())  # which the page's tests read, too


# Names


@pytest.mark.parametrize("name", CORPUS["allowed"], ids=ascii)
def test_a_name_that_people_have_and_the_emoji_of_unicode_are_left_as_they_are(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize(("given_name", "clean"), CORPUS["clean"], ids=ascii)
def test_a_name_has_one_spelling(given_name: str, clean: str) -> None:
    assert clean_name(given_name) == clean


@pytest.mark.parametrize(("name", "what"), CORPUS["refused"], ids=ascii)
def test_a_name_is_refused_with_words_for_what_it_must_not_contain(name: str, what: str) -> None:
    with pytest.raises(Refused) as refused:
        clean_name(name)
    assert (refused.value.code, refused.value.message) == ("invalid-name", f"a name must not contain {what}")


def test_a_lone_surrogate_is_refused_with_words_that_can_be_encoded() -> None:
    with pytest.raises(Refused, match=r"a character without a meaning \(U\+D800\)"):
        clean_name("An\ud800n")


def test_no_invisible_character_stands_between_letters_that_need_none() -> None:
    for code in range(0xE1000):
        char = chr(code)
        if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") or HIDDEN.fullmatch(char):
            for name in (f"An{char}n", f"{char}Ann", f"Ann{char}", f"李{char}李"):
                if not ("\U000e0100" <= char <= "\U000e01ef" and "李" in name):  # a form of that one
                    assert code_of(clean_name, name) == "invalid-name", ascii(name)


@pytest.mark.parametrize(("one", "other"), CORPUS["alike"], ids=ascii)
def test_names_that_look_the_same_have_one_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), CORPUS["apart"], ids=ascii)
def test_names_that_look_different_have_two_keys(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(
    ("given_name", "fitting"),
    [
        ("Ann", "Ann"),
        ("x" * 65, "x" * 61 + "..."),
        ("An\u200bn\u202e\nLee", "Ann Lee"),
        ("\ue000 Ann\xa0Lee \u0301", "Ann Lee"),
        ("\u200b\u0301\u200dAnn", "Ann"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467" * 90, None),
        ("a" + "\u0315" * 70_000, "a" + "\u0315" * 4),
        ("", ""),
        ("\u200b\u3164", ""),
    ],
    ids=lambda name: ascii(name)[:40],
)
def test_a_name_given_elsewhere_is_made_to_fit(given_name: str, fitting: str | None) -> None:
    if fitting == "":
        assert code_of(fit_name, given_name) == "invalid-name"
    else:
        assert fit_name(given_name) == (fitting or fit_name(given_name))
        assert clean_name(fit_name(given_name)) == fit_name(given_name)


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
@settings(max_examples=either(100, 300))
def test_a_clean_name_is_clean_and_looks_the_same(name: str) -> None:
    try:
        clean = clean_name(name)
    except Refused as refused:
        assert refused.code == "invalid-name"
        assert refused.message.encode()
    else:
        assert clean_name(clean) == clean
        assert name_key(clean) == name_key(name)


@given(st.text(max_size=300) | TRICKY)
def test_what_fits_is_a_name_and_a_name_fits(name: str) -> None:
    try:
        fitting = fit_name(name)
    except Refused:
        return
    assert clean_name(fitting) == fitting


# Texts


@pytest.mark.parametrize("text", CORPUS["blank"], ids=ascii)
def test_a_text_of_which_nothing_can_be_seen_is_refused(text: str) -> None:
    assert code_of(clean_text, text) == "invalid-field"


@pytest.mark.parametrize("text", CORPUS["seen"], ids=ascii)
def test_a_text_of_which_something_can_be_seen_is_left_as_it_is(text: str) -> None:
    assert clean_text(text) == text


def test_folding_64_kib_of_marks_takes_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces: list[int] = []
    real = unicodedata.normalize

    def normalize(form: Any, text: str) -> str:
        pieces.append(len(text))
        return real(form, text)

    monkeypatch.setattr(unicodedata, "normalize", normalize)
    assert len(fold("a" + "\u0301\u0327" * 30_000)) > 50_000
    assert max(pieces) <= 1_000


@given(st.integers(400, 510))
def test_where_a_text_is_cut_to_be_folded_does_not_show(count: int) -> None:
    assert fold("x" * count + "e\u0301A") == "x" * count + "\xe9a"


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


def test_a_text_that_was_cleaned_is_not_looked_at_again_and_an_empty_one_never_passes() -> None:
    text = "".join(["hel", "lo"])
    assert clean_text(clean_text(text)) is text
    for empty in ("", "\n"):
        assert code_of(clean_text, empty) == "invalid-field"
    assert clean_text("other") == "other"
