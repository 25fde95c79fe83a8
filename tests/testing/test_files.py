"""Files in the chat without a network, and what plugins do with them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import module
from tornado_chat import Attachment, File, Refused
from tornado_chat.chat.files import Looked
from tornado_chat.routing import plugin_files
from tornado_chat.testing import Chat

SOURCE = """
@action("double")
async def double(ctx: Context, file: Upload) -> dict[str, Any]:
    twice = await ctx.files.add(f"../2 x {file.name}", 2 * await ctx.files.read(file), owner=ctx.user)
    ctx.channel.post(sender=ctx.user, files=[file, twice])
    return {"id": twice.id, "owner": twice.owner, "name": twice.name}

@action("make")
async def make(ctx: Context, data: str) -> None:
    await ctx.channel.post("made", files=[await ctx.files.add("made.txt", data.encode())])

@action("again")
async def again(ctx: Context, seq: int) -> None:
    [message], _ = await ctx.channel.get([seq])
    ctx.channel.post("again", files=message.files)

@action("look")
async def look(ctx: Context, id: str) -> dict[str, Any]:
    file = await ctx.files.get(id)
    return {"name": file.name, "owner": file.owner, "text": (await ctx.files.read(file)).decode()}

@action("wrong", channel=False)
async def wrong(ctx: Context) -> dict[str, Any]:
    found = []
    for data, owner in (("text", None), (b"data", "Ann")):
        try:
            await ctx.files.add("a", data, owner=owner)
        except TypeError as error:
            found.append(str(error))
    return {"found": found}

@on("posted")
async def hear(ctx: Context, message: Message) -> None:
    for file in message.files:
        if file.name == "secret.txt":
            ctx.channel.post((await ctx.files.read(file)).decode())
            message.reply(files=[file], thread=True)
"""


def test_a_file_is_uploaded_posted_and_read_by_those_who_may() -> None:
    with Chat() as chat:
        ann, bob, eve = chat.connect("Ann"), chat.connect("Bob"), chat.connect("Eve", "hall")
        file = ann.upload("../a b?.txt", b"hello")
        assert file.items() >= {"name": "a b_.txt", "type": "text/plain", "size": 5}.items()
        assert ann.download(file) == b"hello"
        with pytest.raises(Refused, match="no such file"):
            bob.download(file)
        ann.say(files=[file])
        [message] = bob.messages()
        assert (message["message"], message["files"]) == ("", [file])
        assert bob.download(file) == b"hello"
        for who in (eve, chat.connect("Zoe", None)):
            with pytest.raises(Refused, match="no such file"):
                who.download(file)
        ann.delete(message["seq"])
        with pytest.raises(Refused, match="no such file"):
            bob.download(file)


def test_files_outlast_a_restart_of_the_chat() -> None:
    with Chat() as chat:
        file = chat.connect("Ann").upload("a.txt", b"hello")
        chat.restart()
        ann = chat.connect("Ann")
        ann.say("late", files=[file])
        assert ann.download(ann.messages()[0]["files"][0]) == b"hello"


def test_a_plugin_takes_an_upload_reads_it_and_posts_what_it_makes_of_it() -> None:
    with Chat(module(SOURCE)) as chat:
        ann, bob = chat.connect("Ann"), chat.connect("Bob")
        file = ann.upload("a.txt", b"ab")
        made = ann.say(f"/double {file['id']}")
        assert (made["owner"], made["name"]) == (ann.id, "2 x a.txt")
        [message] = bob.messages()
        assert [bob.download(one) for one in message["files"]] == [b"ab", b"abab"]
        with pytest.raises(Refused, match="file: there is no such file"):
            bob.say(f"/double {file['id']}")


def test_what_a_plugin_adds_is_its_own_and_can_be_posted_again() -> None:
    with Chat(module(SOURCE)) as chat:
        ann = chat.connect("Ann")
        ann.say("/make words")
        [made] = ann.messages()
        ann.say(f"/again {made['seq']}")
        again = ann.messages()[-1]
        assert again["files"] == made["files"]
        found = ann.call("look", target="general", id=made["files"][0]["id"])
        assert (found["name"], found["owner"], found["text"]) == ("made.txt", "plugin:plugin", "words")
        ann.delete(made["seq"])
        assert ann.download(again["files"][0]) == b"words"
        ann.delete(again["seq"])
        with pytest.raises(Refused, match="no such file"):
            ann.call("look", target="general", id=made["files"][0]["id"])


def test_a_listener_reads_the_files_of_a_message() -> None:
    with Chat(module(SOURCE)) as chat:
        ann = chat.connect("Ann")
        ann.say(files=[ann.upload("secret.txt", b"the word")])
        _, said, reply = ann.messages()
        assert (said["message"], reply["message"], reply["thread"]) == ("the word", "", 1)
        assert ann.download(reply["files"][0]) == b"the word"


def test_wrong_arguments_say_what_is_right() -> None:
    with Chat(module(SOURCE)) as chat:
        ann = chat.connect("Ann")
        bytes_, owner = ann.call("wrong")["found"]
        assert bytes_ == "a file is made of bytes, not str"
        assert owner.startswith("owner= takes a User")
        with pytest.raises(Refused, match="the file is empty"):
            ann.say('/make ""')
        chat.hub.files.max_size = 3
        with pytest.raises(Refused) as caught:
            ann.say("/make words")
        assert caught.value.code == "too-large"


def test_a_picture_that_takes_long_to_look_at_is_waited_for() -> None:
    async def look(path: Path, name: str) -> Looked:
        await asyncio.sleep(30)
        return Looked("image/png", 3, 2)

    with Chat(module(SOURCE)) as chat:
        ann = chat.connect("Ann")
        chat.hub.files.look = look
        ann.say("/make words")
        assert ann.messages()[0]["files"][0]["width"] == 3
        assert chat.registry.plugins["plugin"].failures == 0


def test_a_large_file_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin_files, "READ", 4)
    with Chat(module(SOURCE)) as chat:
        ann = chat.connect("Ann")
        file = ann.upload("a.txt", b"hello")
        with pytest.raises(Refused, match="read it in pieces") as caught:
            ann.call("look", target="general", id=file["id"])
        assert caught.value.code == "too-large"


def test_what_plugins_see_of_a_file_is_what_clients_see() -> None:
    shown: dict[str, Any] = {"id": "x", "name": "a.png", "type": "image/png", "size": 3}
    measured = {**shown, "width": 4, "height": 5, "preview": "p"}
    for one in (shown, measured):
        assert Attachment(**one).shown() == one
    assert not isinstance(Attachment(**shown), File)
