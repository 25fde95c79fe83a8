"""The wire without a socket: what is read strictly, what is cleaned, what goes down."""

import json
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tornado_chat.protocol import (
    MAX_PAGE_BYTES,
    MISTAKES,
    Close,
    Error,
    Message,
    Refused,
    User,
    clean_name,
    clean_text,
    decode,
    encode,
    fitting,
    notice,
)

settings.register_profile("steady", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("steady")

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    SCALARS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=4)
# Pieces that are changed by NFKC, or are allowed only beside certain others.
TRICKY = st.text(st.sampled_from("aZ1#  \u00a8\u2122\u24b6\u3297\ufb01\u0301\U0001f600\u2764\u200d\ufe0f\U0001f3fd"))
ZERO_WIDTH = [
    0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0x200B, 0x2010),
    *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0,
    *range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), 0xE0001, 0xE0020, 0xE007F,
    0xE0080, 0xE0100, 0xE01EF, 0xE01F0, 0xE0FFF,
]  # fmt: skip


def code_of(function: Any, *values: Any) -> str:
    with pytest.raises(Refused) as refused:
        function(*values)
    return refused.value.code


# Lines up


@pytest.mark.parametrize(
    "line",
    [
        "", " ", "{", "[]", "[{}]", "1", '"x"', "null", "true", "{} {}", "{}\n{}", "{'a':1}", '{"a":1,}', "\ufeff{}",
        '{"a":NaN}', '{"a":Infinity}', '{"a":-Infinity}', '{"a":1e999}', '{"a":-1e999}', f'{{"a":{"9" * 5000}}}',
        '{"a":01}', '{"a":"\t"}', '{"a":"\\x"}', r'{"a":"\ud800"}', r'{"a":"\uDC00x"}', r'{"\ud800":1}',
        '{"a":' * 65 + "1" + "}" * 65, '{"a":' + "[" * 64 + "]" * 64 + "}", '{"a":' + "[" * 60_000,
    ],
    ids=lambda line: ascii(line[:20]),
)  # fmt: skip
def test_what_is_not_one_strict_json_object_is_invalid_json(line: str) -> None:
    assert code_of(decode, line) == "invalid-json"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('\r\n{\n  "a": 1\n}\n', {"a": 1}),
        ('{"a":1,"a":2}', {"a": 2}),
        (r'{"a":"\ud83d\ude00"}', {"a": "\U0001f600"}),
        (r'{"a":"\\ud800"}', {"a": r"\ud800"}),
        ('{"a":"%s"}' % ("[{" * 100), {"a": "[{" * 100}),
        ('{"a":[%s1]}' % ("{}," * 100), {"a": [{}] * 100 + [1]}),
        ('{"a":%s}' % ("[" * 63 + "]" * 63), {"a": json.loads("[" * 63 + "]" * 63)}),
        ('{"a":1e300}', {"a": 1e300}),
    ],
)
def test_what_is_one_object_is_read_as_it_stands(line: str, value: dict[str, Any]) -> None:
    assert decode(line) == value


def test_a_number_that_no_64_bits_hold_is_json_all_the_same() -> None:
    assert decode('{"a":18446744073709551616,"b":-9223372036854775809}') == {"a": 2.0**64, "b": -(2.0**63)}


@given(OBJECTS)
def test_every_object_comes_through(value: dict[str, Any]) -> None:
    assert decode(json.dumps(value)) == decode(json.dumps(value, ensure_ascii=False, indent=2)) == value


@given(st.text() | JSON.map(json.dumps) | st.text('{}[]",:\\udD8NaInfity0123456789.eE+- \n'))
def test_decoding_raises_nothing_but_refused(line: str) -> None:
    try:
        assert type(decode(line)) is dict
    except Refused as refused:
        assert refused.code == "invalid-json"
        assert refused.message.encode()


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


# Lines down

TEXTS = st.text(min_size=1)
MESSAGES = st.builds(
    Message,
    channel=TEXTS,
    text=TEXTS,
    sender=st.none() | st.builds(User, TEXTS, TEXTS),
    time=st.integers(0, 2**53),
    ref=st.none() | st.text(max_size=64),
    seq=st.integers(1, 2**53),
    id=st.uuids().map(str),
)


@given(MESSAGES)
def test_a_messages_line_says_what_the_message_is_and_has_no_line_end(message: Message) -> None:
    line = message.line()
    assert not {b"\n", b"\r"} & set(re.findall(rb"[\n\r]", line))
    sender = message.sender and {"id": message.sender.id, "name": message.sender.name}
    wanted = {
        "action": "send-message", "target": message.channel, "message": message.text, "sender": sender,
        "id": message.id, "seq": message.seq, "time": message.time,
    }  # fmt: skip
    if message.ref is not None:
        wanted["ref"] = message.ref
    assert json.loads(line) == wanted
    assert json.loads(encode({"of": [message]})) == {"of": [wanted]}


@given(OBJECTS)
def test_an_event_is_one_line_of_json(event: dict[str, Any]) -> None:
    assert b"\n" not in encode(event)
    assert json.loads(encode(event)) == event


def test_a_user_goes_out_as_id_and_name_and_what_has_no_json_is_an_error() -> None:
    assert encode({"user": User("1", "A\n")}) == rb'{"user":{"id":"1","name":"A\n"}}'
    for value in (float("nan"), float("inf"), {1}, b"x"):
        with pytest.raises((TypeError, ValueError)):
            encode({"a": value})


def test_a_notice_is_the_servers_own_and_has_no_seq() -> None:
    assert json.loads(notice("den", "hi", 7, {"event": "join"})) == {
        "action": "send-message", "target": "den", "message": "hi", "sender": None, "time": 7, "event": "join",
    }  # fmt: skip


def test_a_list_of_messages_is_at_most_256_kib_when_it_is_encoded() -> None:
    empty = len(Message("den", "", None, 0, seq=1, id="1").line())
    messages = [Message("den", "x" * (1024 - empty), None, 0, seq=1, id="1")] * 300
    count = fitting(messages)
    assert 250 <= count < 300
    assert len(b"[" + b",".join(message.line() for message in messages[:count]) + b"]") <= MAX_PAGE_BYTES
    assert fitting([Message("den", "x" * 300_000, None, 0)] * 2) == 1
    assert fitting(messages[:5]) == 5
    assert fitting([]) == 0


def test_users_are_the_same_by_id_alone() -> None:
    assert len({User("1", "Ann"), User("1", "Anna"), User("2", "Ann")}) == 2


def test_there_is_no_code_that_the_protocol_does_not_know() -> None:
    mistakes = {"invalid-json", "unknown-action", "invalid-field", "invalid-name", "not-joined"}
    assert mistakes == MISTAKES
    assert set(Error) - mistakes <= {
        "refused", "not-allowed", "rate-limited", "too-many", "history-unavailable", "plugin-timeout",
        "plugin-off", "internal-error",
    }  # fmt: skip
    known = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 4000, 4401, 4403}
    assert set(Close) <= known
