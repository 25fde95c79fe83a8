"""The wire without a socket: what is read strictly, what goes down."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_chat.chat.errors import MISTAKES, Close, Error, Refused
from tornado_chat.chat.models import Message, User, line_beginning
from tornado_chat.chat.protocol import MAX_PAGE_BYTES, answer, decode, encode, fitting, notice

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    SCALARS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=4)


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


@pytest.mark.parametrize(
    "values",
    [
        ("[" * 60 + "]" * 60 + ",") * 530 + "0",
        *("[]," * 2_000 + "0", "[0]," * 1_001 + "0", "{}," * 2_000 + "0", "0," * 2_000 + "0", "0.5," * 2_000 + "0"),
        *('"",' * 2_000 + "0", r'"\\",' * 2_000 + "0", r'"\"",' * 2_000 + "0", "[" * 40 + "]" * 40 + ",0" * 2_000),
        *('{"a":0},' * 1_001 + "0", ",".join(f'{{"{number}":""}}' for number in range(1_001))),
        *('"' + "x" * 4_000 + '",' + "0," * 2_000 + "0", "0," * 2_500, "[]," * 30_000 + '"'),
    ],
    ids=lambda values: ascii(values[:20]),
)
def test_a_message_of_very_many_values_is_refused_before_it_is_read(
    values: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(text: str) -> None:
        raise AssertionError("it was read")

    for name in ("_fast_loads", "_loads"):
        monkeypatch.setattr(f"tornado_chat.chat.protocol.{name}", never)
    with pytest.raises(Refused, match="more than 2000 values") as refused:
        decode(f'{{"action":"typing","x":[{values}]}}')
    assert refused.value.code == "invalid-json"


@pytest.mark.parametrize(
    "text", ["[,{" * 10_000, '\\"[,' * 4_000, "\\\\," * 4_000, '"[]"', ",\\", '\\\\"' * 3_000 + ","]
)
def test_what_stands_within_a_text_is_no_value(text: str) -> None:
    assert decode(json.dumps({"a": text})) == {"a": text}
    assert decode(json.dumps({"a": text, "b": [0] * 1_900})) == {"a": text, "b": [0] * 1_900}


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
        "plugin-off", "internal-error", "not-found", "conflict", "too-large", "no-space",
    }  # fmt: skip
    known = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 4000, 4400, 4401, 4403}
    assert set(Close) <= known


def test_an_ok_says_the_same_whether_or_not_it_was_made_with_the_line_of_its_message() -> None:
    message = Message("here", "word", User("a", "Ann"), 1_700_000_000_000, '"r"', 7, "10000017")
    alone = answer('"r"', message, None)
    assert json.loads(alone) == {"action": "ok", "ref": '"r"', "id": "10000017", "seq": 7, "time": 1_700_000_000_000}
    message.line_after(line_beginning("here"))
    assert json.loads(answer("another", message, None))["ref"] == "another"
    assert json.loads(answer('"r"', message, {"more": 1})) == {**json.loads(alone), "more": 1}
    assert answer('"r"', message, None) == alone == answer('"r"', message, None)
