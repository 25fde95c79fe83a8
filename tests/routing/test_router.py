"""One frame in, its handlers called, each call answered: a real hub, history and registry, no socket."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.helpers import Client, House, module, run, turns
from tornado_chat.chat.models import Message
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.storage.memory import MemoryHistory
from tornado_chat.storage.sqlite.disk_health import unavailable

PLUGIN = """
@action("echo", "parrot", channel=False)
def echo(ctx: Context, word: str = "") -> dict[str, Any]:
    return {"word": word}

@action("slow", channel=False)
async def slow(ctx: Context, turns: int = 5) -> dict[str, Any]:
    for _ in range(turns):
        await asyncio.sleep(0)
    return {"slow": True}

@action("twice")
def twice(ctx: Context) -> None:
    ctx.channel.post("one")
    ctx.channel.post("two")

@action("show")
def show(ctx: Context) -> None:
    ctx.reply("only you")

@action("no", channel=False)
async def no(ctx: Context) -> None:
    raise Refused("no such poll", "invalid-field")

@action("crash", channel=False)
def crash(ctx: Context) -> None:
    raise KeyError("secret")

@action("crash-later", channel=False)
async def crash_later(ctx: Context) -> None:
    await asyncio.sleep(0)
    raise KeyError("secret")

@action("nowhere", channel=False)
def nowhere(ctx: Context) -> None:
    ctx.channel.post("x")

@action("returns", channel=False)
def returns(ctx: Context, what: str) -> Any:
    return {"text": "x", "list": [1], "set": {"a": {1}}, "nan": {"a": float("nan")},
            "displace": {"action": "hello", "ref": "other"}}[what]

@action("returns-later", channel=False)
async def returns_later(ctx: Context, what: str) -> Any:
    return returns(ctx, what)
"""


class SlowDisk(MemoryHistory):
    """A history whose commits wait until the test lets them through, or fail."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[tuple[Message, PendingMessage]] = []

    def append(self, message: Message) -> PendingMessage:
        post = PendingMessage()
        self.held.append((message, post))
        return post

    async def commit(self, *failed: int) -> None:
        for number, (message, post) in enumerate(self.held):
            if number in failed:
                post.fail(unavailable())
            else:
                post.keep(await super().append(message))
        self.held.clear()
        await turns()


def house(**how: Any) -> House:
    return House(module(PLUGIN), **how)


def talk(*frames: str, channels: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return what someone is answered who sends these frames."""

    async def main() -> list[dict[str, Any]]:
        chat = house()
        ann = chat.client("Ann", *channels)
        for frame in frames:
            await chat.say(ann, frame)
        return ann.events

    return run(main)  # type: ignore[no-any-return]


def call(word: str, ref: str | None = "r") -> str:
    return json.dumps({"action": "echo", "word": word, "ref": ref})


# Frames


def test_a_frame_is_one_object_that_may_be_indented_or_one_a_line() -> None:
    indented = '{\n  "action": "echo",\n  "ref": "1"\n}'
    by_line = call("a", "2") + "\n\n \t\r\n" + call("b", "3") + "\r\n"
    assert [event["ref"] for event in talk(indented, by_line)] == ["1", "2", "3"]


@pytest.mark.parametrize("frame", ["", "\n", " \r\n\t\n"])
def test_a_blank_frame_is_ignored(frame: str) -> None:
    assert talk(frame) == []


def test_a_frame_of_more_than_a_thousand_lines_is_a_mistake() -> None:
    for frame in ("\n" * 65_000, "\n" * 65_000 + call("a") + "\n" + call("b"), (call("a") + "\n") * 1_001):
        (said,) = talk(frame)
        assert (said["code"], said["message"]) == ("invalid-json", "a frame has at most 1000 lines")


def test_a_broken_line_is_answered_and_the_others_of_its_frame_are_handled() -> None:
    answers = talk(call("a", "1") + "\n{broken\n" + call("b", "2"))
    assert [(event["action"], event["ref"]) for event in answers] == [("ok", "1"), ("error", None), ("ok", "2")]
    assert answers[1]["code"] == "invalid-json"


def test_lines_of_a_frame_are_handled_one_after_the_other_however_long_one_takes() -> None:
    slow = [f'{{"action":"slow","turns":{5 - n},"ref":"{n}"}}' for n in range(5)]
    frame = "\n".join([slow[0], call("x", "a"), "{", *slow[1:], call("y", "b")])
    assert [event["ref"] for event in talk(frame)] == ["0", "a", None, "1", "2", "3", "4", "b"]


def test_a_line_separator_inside_a_text_does_not_split_a_frame() -> None:
    frame = '{"action":"echo","word":"a\u2028b\u0085c","ref":"1"}\n{"action":"echo","ref":"2"}'
    assert [event.get("word") for event in talk(frame)] == ["a\u2028b\u0085c", ""]


def test_what_is_left_of_a_frame_is_not_handled_once_its_connection_has_ended() -> None:
    async def main() -> None:
        chat = house()
        ann = chat.client("Ann")
        pending = chat.router.dispatch(
            ann.connection, '{"action":"slow"}\n{"action":"join-channel","target":"den"}\n' + call("x")
        )
        assert pending is not None
        chat.hub.remove(ann.connection)
        await pending
        assert chat.hub.channels == {}
        assert ann.connection.channels == {}

    run(main)


# Answers


def test_with_a_ref_there_is_exactly_one_answer_and_without_one_errors_alone_are_answered() -> None:
    assert talk(call("x", "r")) == [{"action": "ok", "ref": "r", "word": "x"}]
    assert talk('{"action":"slow","ref":""}') == [{"action": "ok", "ref": "", "slow": True}]
    assert talk(call("x", None), '{"action":"echo"}', '{"action":"slow"}') == []
    (error,) = talk('{"action":"no"}')
    assert error == {"action": "error", "ref": None, "code": "invalid-field", "message": "no such poll"}


@pytest.mark.parametrize("ref", ["x" * 65, 5, True, [], {"a": 1}])
def test_a_ref_that_is_not_at_most_64_characters_of_text_is_an_invalid_field(ref: object) -> None:
    (error,) = talk(json.dumps({"action": "echo", "ref": ref}))
    assert (error["code"], error["ref"]) == ("invalid-field", None)
    assert "ref" in error["message"].split()
    assert talk(call("", "\u20ac" * 64))[0]["ref"] == "\u20ac" * 64


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({}, "invalid-field"),
        ({"action": None}, "invalid-field"),
        ({"action": 5}, "invalid-field"),
        ({"action": "fly"}, "unknown-action"),
        ({"action": "welcome", "target": "den"}, "unknown-action"),
        ({"action": "_find"}, "unknown-action"),
        ({"action": "typing"}, "invalid-field"),
        ({"action": "typing", "target": 5}, "invalid-field"),
        ({"action": "typing", "target": "attic"}, "not-joined"),
        ({"action": "send-message", "target": "attic", "message": "hi"}, "not-joined"),
        ({"action": "send-message", "target": "attic", "message": ""}, "invalid-field"),
        ({"action": "history", "target": "attic", "limit": 201}, "invalid-field"),
        ({"action": "history", "target": "den", "before": 1, "after": 1}, "invalid-field"),
        ({"action": "join-channel"}, "invalid-field"),
        ({"action": "join-channel", "target": "a\u200bb"}, "invalid-name"),
        ({"action": "join-channel", "message": ""}, "invalid-name"),
        ({"action": "join-channel", "target": "den", "since": {"epoch": "x"}}, "invalid-field"),
        ({"action": "leave-channel", "target": "attic"}, "not-joined"),
        ({"action": "leave-channel"}, "invalid-field"),
    ],
    ids=lambda value: json.dumps(value),
)
def test_a_mistake_has_its_code_ref_and_target(message: dict[str, Any], code: str) -> None:
    (error,) = talk(json.dumps({**message, "ref": "r"}), channels=["den"])
    assert (error["action"], error["code"], error["ref"]) == ("error", code, "r")
    assert error["message"]
    target = message.get("target")
    assert error.get("target") == (target if isinstance(target, str) else None)


@pytest.mark.parametrize("name", ["crash", "crash-later", "nowhere"])
def test_a_handler_that_fails_is_logged_once_with_its_owner_and_answered(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    error, ok = talk(f'{{"action":"{name}","ref":"1"}}', call("x"))
    assert (error["action"], error["code"], error["ref"]) == ("error", "internal-error", "1")
    assert "secret" not in error["message"]
    assert ok["action"] == "ok"
    (record,) = caplog.records
    assert "plugin" in record.getMessage()
    assert record.exc_info


@pytest.mark.parametrize("what", ["text", "list", "set", "nan"])
@pytest.mark.parametrize("name", ["returns", "returns-later"])
def test_a_result_that_cannot_be_sent_is_a_failure_of_its_handler(
    name: str, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    error, ok = talk(f'{{"action":"{name}","what":"{what}","ref":"1"}}', call("x", "2"))
    assert (error["action"], error["code"], error["ref"]) == ("error", "internal-error", "1")
    assert (ok["action"], ok["ref"]) == ("ok", "2")
    assert len(caplog.records) == 1


def test_a_result_cannot_take_the_place_of_the_answers_action_and_ref() -> None:
    (answer,) = talk('{"action":"returns","what":"displace","ref":"r"}')
    assert (answer["action"], answer["ref"]) == ("ok", "r")


def test_a_mistake_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    talk("{", '{"action":"no"}', '{"action":"fly"}')
    assert caplog.records == []


def test_a_reply_is_shown_to_the_one_who_asked() -> None:
    (line,) = talk('{"action":"show","target":"den"}', channels=["den"])
    assert (line["target"], line["message"], line["sender"]) == ("den", "only you", None)
    assert "seq" not in line


# Too many mistakes


def mistakes_at(*moments: float, frame: str = "{") -> list[int]:
    async def main() -> list[int]:
        chat = house()
        ann = chat.client("Ann")
        for chat.now in moments:
            await chat.say(ann, frame)
        assert len(ann.of("error")) == len(moments)
        return ann.transport.closed

    return run(main)  # type: ignore[no-any-return]


@pytest.mark.parametrize("frame", ["{", '{"action":"fly"}', '{"action":5}', '{"action":"typing","target":"x"}'])
def test_more_than_10_mistakes_in_10_seconds_close_with_1008(frame: str) -> None:
    assert mistakes_at(*range(10), frame=frame) == []
    assert mistakes_at(*range(10), 10, frame=frame) == [1008]
    assert mistakes_at(*range(10), 10.1, frame=frame) == []


def test_what_is_refused_or_fails_is_no_mistake_of_the_clients(caplog: pytest.LogCaptureFixture) -> None:
    assert mistakes_at(*[0.0] * 20, frame='{"action":"crash"}') == []


# Answers wait for the commit


def test_an_ok_follows_the_commit_and_the_next_line_does_not_wait_for_it() -> None:
    async def main() -> None:
        disk = SlowDisk()
        chat = house(history=disk)
        ann = chat.client("Ann", "den")
        said = json.dumps({"action": "send-message", "target": "den", "message": "hi", "ref": "1"})
        await chat.say(ann, said + "\n" + '{"action":"twice","target":"den","ref":"2"}\n' + call("x", "3"))
        assert [event["ref"] for event in ann.of("ok")] == ["3"]
        assert ann.texts == []
        await disk.commit()
        assert ann.texts == ["hi", "one", "two"]
        first, second = ann.of("ok")[1:]
        for answer, line in ((first, 0), (second, 2)):
            shown = ann.of("send-message")[line]
            assert {key: answer[key] for key in ("id", "seq", "time")} == {
                key: shown[key] for key in ("id", "seq", "time")
            }

    run(main)


@pytest.mark.parametrize("failed", [(0,), (1,), (0, 1)])
def test_a_call_of_which_one_post_is_not_kept_is_answered_with_one_error(
    failed: tuple[int, ...], caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> Client:
        disk = SlowDisk()
        chat = house(history=disk)
        ann = chat.client("Ann", "den")
        await chat.say(ann, '{"action":"twice","target":"den","ref":"1"}')
        await disk.commit(*failed)
        return ann

    ann = run(main)
    assert ann.of("ok") == []
    assert [event["ref"] for event in ann.of("error")] == ["1"]
    assert len(ann.texts) == 2 - len(failed)
