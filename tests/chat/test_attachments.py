"""Messages with files: their text may be empty, their `ref` stands for the files, too."""

from types import ModuleType
from typing import Any

import pytest

from tests.helpers import House, module, run
from tornado_chat.chat.attachments import Attachment
from tornado_chat.chat.channel import Channel
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.files import MOST_FILES, Blob, File
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.validation import MAX_TEXT, clean_caption, clean_text

ANN = User("id-Ann", "Ann")


def file(id: str = "f1", **about: Any) -> File:
    return File(id, ANN.id, f"{id}.png", "image/png", 0, Blob("b", 7), **about)


def general(*plugins: ModuleType) -> Channel:
    return House(*plugins).hub.channel("general")


async def message(channel: Channel, seq: int) -> Message:
    [found], _ = await channel.get([seq])
    return found


@pytest.mark.parametrize("text", ["", "\n\n", "\0", "  ", "\u200b\u2060", "\ufe0f"])
def test_beside_files_a_text_of_which_nothing_can_be_seen_is_none(text: str) -> None:
    assert clean_caption(text) == ""
    with pytest.raises(Refused, match="text"):
        clean_text(text)


@pytest.mark.parametrize("text", ["a", " a\n\tb\n\n", "\u4f60\u597d", "a\0b", "!", "x" * MAX_TEXT])
def test_a_caption_is_cleaned_as_any_text(text: str) -> None:
    assert clean_caption(text) == clean_text(text)


def test_a_caption_has_at_most_4000_characters() -> None:
    for text in ("x" * (MAX_TEXT + 1), "\u4f60" * (MAX_TEXT + 1)):
        with pytest.raises(Refused) as caught:
            clean_caption(text)
        assert caught.value.code == "invalid-field"


def test_a_message_has_its_files_in_its_line_and_for_plugins() -> None:
    async def main() -> None:
        channel = general()
        picture = file("f2", width=40, height=30, preview="UklG")
        posted = await channel.post(files=[file(), picture, file()], sender=ANN)
        assert posted.text == ""
        assert posted.files == (
            Attachment("f1", "f1.png", "image/png", 7),
            Attachment("f2", "f2.png", "image/png", 7, 40, 30, "UklG"),
        )
        assert b'"files":[{"id":"f1","name":"f1.png","type":"image/png","size":7},{"id":"f2",' in posted.line()
        assert (await channel.post("again", files=posted.files)).files == posted.files
        assert (await channel.post("none")).files == ()

    run(main)


def test_what_is_no_file_and_too_many_are_refused_at_once() -> None:
    async def main() -> None:
        channel = general()
        wrong: Any = ["f1.png"]
        with pytest.raises(TypeError, match="files= takes files"):
            channel.post("text", files=wrong)
        with pytest.raises(Refused, match="at most 10 files"):
            channel.post("text", files=[file(f"f{number}") for number in range(MOST_FILES + 1)])
        with pytest.raises(Refused, match="1 to 4000"):
            channel.post("")
        assert await channel.read() == ([], False)

    run(main)


def test_the_text_beside_files_can_be_edited_away_and_that_of_others_cannot() -> None:
    async def main() -> None:
        channel = general()
        await channel.post("a caption", files=[file()], sender=ANN)
        await channel.post("words", sender=ANN)
        await channel.edit(1, " \n", by=ANN)
        edited = await message(channel, 1)
        assert (edited.text, len(edited.files), "edited" in (edited.extra or {})) == ("", 1, True)
        with pytest.raises(Refused, match="1 to 4000"):
            await channel.edit(2, "", by=ANN)
        await channel.edit(1, "another", by=ANN)
        assert (await message(channel, 1)).text == "another"

    run(main)


def test_a_deleted_message_has_no_files() -> None:
    async def main() -> None:
        channel = general()
        await channel.post("words", files=[file()], sender=ANN)
        await channel.delete(1, by=ANN)
        deleted = await message(channel, 1)
        assert (deleted.text, deleted.files) == ("", ())
        assert b"f1" not in deleted.line()

    run(main)


def test_a_ref_stands_for_the_files_too_even_after_the_message_was_deleted() -> None:
    async def main() -> None:
        channel = general()
        first = await channel.post("", files=[file()], sender=ANN, ref="r")
        for _ in range(2):
            again = await channel.post("", files=[file()], sender=ANN, ref="r")
            assert again.seq == first.seq
            for other in ([file("f2")], [file(), file("f2")]):
                with pytest.raises(Refused, match="used for another"):
                    await channel.post("", files=other, sender=ANN, ref="r")
            await channel.delete(1, by=ANN)

    run(main)


def test_a_listener_sees_files_and_may_leave_no_text_beside_them() -> None:
    source = """
seen = []

@on("message", fails="closed")
def look(ctx: Context, message: Message) -> None:
    seen.append((message.text, [file.name for file in message.files]))
    if any(file.name.endswith("2.png") for file in message.files):
        raise Refused("no such files here")
    message.text = message.text.replace("word", "")
"""

    async def main() -> None:
        plugin = module(source)
        channel = general(plugin)
        await channel.post("word", files=[file()], sender=ANN)
        assert (await message(channel, 1)).text == ""
        with pytest.raises(Refused, match="no such files here"):
            await channel.post("", files=[file("f2")], sender=ANN)
        await channel.edit(1, "words", by=ANN)
        assert (await message(channel, 1)).text == "s"
        await channel.edit(1, "", by=ANN)
        assert plugin.seen == [("word", ["f1.png"]), ("", ["f2.png"]), ("words", ["f1.png"]), ("", ["f1.png"])]

    run(main)
