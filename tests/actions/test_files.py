"""Sending files: who may attach which, with no text beside them, once, in threads, and what is refused."""

from typing import Any

import pytest

from tests.helpers import Client, House, pass_time, run
from tornado_chat.chat.files import MOST_FILES, new_id
from tornado_chat.chat.rate_limits import Limits
from tornado_chat.config.settings import Settings

NOTHING = ("\u200b", "", " \n")


class Den(House):
    """A house in whose den are Ann and Bob."""

    def __init__(self, *plugins: Any) -> None:
        super().__init__(*plugins)
        self.keep_files()
        self.ann, self.bob = (self.client(name) for name in ("Ann", "Bob"))

    async def open(self) -> "Den":
        for client in (self.ann, self.bob):
            await self.call(client, "join-channel", ref="join", target="den")
        return self

    async def upload(self, client: Client, name: str = "a.txt", data: bytes = b"data") -> str:
        return (await self.hub.files.add(client.user, name, data)).id

    async def send(self, client: Client, *files: str, message: str = "", **about: Any) -> dict[str, Any]:
        return await self.call(
            client, "send-message", **{"target": "den", "message": message, "files": files, **about}
        )


@pytest.mark.parametrize("text", [*NOTHING, "a caption"])
def test_everyone_sees_a_message_with_files_and_perhaps_no_text(text: str) -> None:
    async def main() -> None:
        den = await Den().open()
        first, second = await den.upload(den.ann), await den.upload(den.ann, "b.png", b"\x89PNG\r\n\x1a\n")
        answer = await den.send(den.ann, second, first, second, message=text)
        assert answer["action"] == "ok"
        for client in (den.ann, den.bob):
            [line] = client.messages("den")
            assert (line["message"], line["seq"]) == (text.strip("\u200b \n"), answer["seq"])
            assert line["files"] == [
                {"id": second, "name": "b.png", "type": "image/png", "size": 8},
                {"id": first, "name": "a.txt", "type": "text/plain", "size": 4},
            ]
        history = await den.call(den.bob, "history", target="den")
        assert history["messages"] == [line]

    run(main)


def test_without_files_there_is_a_text() -> None:
    async def main() -> None:
        den = await Den().open()
        for text in NOTHING:
            answer = await den.send(den.ann, message=text)
            assert (answer["code"], "files" in answer["message"]) == ("invalid-field", True)
        for wrong in ("id", [1], {"id": 1}, None):
            answer = await den.call(den.ann, "send-message", target="den", message="", files=wrong)
            assert answer["code"] == "invalid-field"
        assert await den.history.last("den") == 0

    run(main)


def test_what_is_not_ones_own_is_answered_like_what_is_not_there_byte_for_byte() -> None:
    async def main() -> None:
        den = await Den().open()
        secret = await den.upload(den.ann)
        answers = [await den.send(den.bob, id) for id in (secret, new_id(), "", "x", secret.swapcase(), f"{secret} ")]
        assert answers == [answers[0]] * len(answers)
        assert (answers[0]["code"], answers[0]["message"]) == ("not-found", "files: there is no such file")
        answer = await den.send(den.bob, await den.upload(den.bob), secret, message="both")
        assert answer == answers[0]
        assert await den.history.last("den") == 0

    run(main)


def test_who_may_read_a_file_may_pass_it_on_and_who_may_not_cannot() -> None:
    async def main() -> None:
        den = await Den().open()
        eve = den.client("Eve", "hall")
        file = await den.upload(den.ann)
        await den.send(den.ann, file)
        assert (await den.send(eve, file, target="hall"))["code"] == "not-found"
        den.hub.join(den.bob.connection, "hall")
        assert (await den.send(den.bob, file, target="hall"))["action"] == "ok"
        assert (await den.send(eve, file, target="hall"))["action"] == "ok"
        den.hub.leave(den.bob.connection, "hall")
        await den.call(den.ann, "delete-message", target="den", seq=1, ref="d")
        assert (await den.send(den.bob, file, ref="again"))["code"] == "not-found"
        assert (await den.send(den.ann, file, ref="own"))["action"] == "ok"  # Eve's message has it still

    run(main)


def test_a_deleted_message_takes_its_files_along() -> None:
    async def main() -> None:
        den = await Den().open()
        file = await den.upload(den.ann)
        await den.send(den.ann, file, message="a caption")
        await den.call(den.ann, "delete-message", target="den", seq=1, ref="d")
        await pass_time(1)
        [changed] = den.bob.of("changed")
        assert (changed["set"]["message"], changed["set"]["files"]) == ("", None)
        [stub] = den.bob.messages("den")
        assert "files" not in stub
        history = await den.call(den.bob, "history", target="den", ref="h")
        assert file not in str(history)
        assert (await den.send(den.ann, file, ref="again"))["code"] == "not-found"

    run(main)


def test_a_ref_is_answered_as_the_first_time_though_the_message_with_its_files_is_gone() -> None:
    async def main() -> None:
        den = await Den().open()
        file, other = await den.upload(den.ann), await den.upload(den.ann)
        first = await den.send(den.ann, file)
        await den.call(den.ann, "delete-message", target="den", seq=1, ref="d")
        assert await den.send(den.ann, file, file) == first
        for others in ((other,), (file, other), ()):
            answer = await den.send(den.ann, *others, message="" if others else "words")
            assert (answer["code"], "another message" in answer["message"]) == ("invalid-field", True)
        den.hub.leave(den.ann.connection, "den")
        assert await den.send(den.ann, file) == first
        den.ann.connection.gate = Limits(Settings(message_rate=(1, 0, 0)), lambda: 0.0).enter("id-Ann", "192.0.2.1")
        den.ann.connection.gate.charge(50)
        assert await den.send(den.ann, file) == first
        assert (await den.send(den.ann, other, ref="new"))["code"] == "rate-limited"
        assert await den.history.last("den") == 2

    run(main)


def test_files_stand_in_threads_and_mention_by_the_text_beside_them() -> None:
    async def main() -> None:
        den = await Den().open()
        await den.send(den.ann, message="a root", ref="root")
        reply = await den.send(den.ann, await den.upload(den.ann), message="see @Bob", thread=1, ref="t")
        answer = await den.send(den.ann, await den.upload(den.ann), reply_to=1, mentions=["id-Bob"], ref="a")
        found = (await den.call(den.bob, "history", target="den", seqs=[reply["seq"], answer["seq"]]))["messages"]
        assert [(one["mentions"], len(one["files"]), one.get("thread")) for one in found] == [
            (["id-Bob"], 1, 1),
            (["id-Bob"], 1, None),
        ]

    run(main)


def test_what_grows_has_no_files_and_a_message_has_ten_at_most() -> None:
    async def main() -> None:
        den = await Den().open()
        files = [await den.upload(den.ann, f"{number}.txt") for number in range(MOST_FILES + 1)]
        answer = await den.send(den.ann, files[0], message="words", growing=True)
        assert (answer["code"], answer["message"]) == ("invalid-field", "a message that grows has no files")
        answer = await den.send(den.ann, *files)
        assert (answer["code"], "at most 10 files" in answer["message"]) == ("invalid-field", True)
        assert (await den.send(den.ann, *files[:-1]))["action"] == "ok"

    run(main)


def test_the_text_beside_files_is_edited_to_nothing_and_back() -> None:
    async def main() -> None:
        den = await Den().open()
        await den.send(den.ann, await den.upload(den.ann), message="a caption")
        await den.send(den.ann, message="words", ref="plain")
        for number, text in enumerate(("", "again", " \n")):
            answer = await den.call(den.ann, "edit-message", target="den", seq=1, message=text, ref=f"{number}")
            assert answer["action"] == "ok"
            await pass_time(1)
            assert den.bob.messages("den")[0]["message"] == text.strip()
        answer = await den.call(den.ann, "edit-message", target="den", seq=2, message="", ref="no")
        assert answer["code"] == "invalid-field"
        assert len(den.bob.messages("den")[0]["files"]) == 1

    run(main)
