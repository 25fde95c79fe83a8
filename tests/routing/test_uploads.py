"""A file as the field of an action."""

from typing import Any

import pytest

from tests.helpers import House, module, run
from tornado_chat.chat.files import Blob, File, no_file
from tornado_chat.routing.registry import Registry, RegistryError

SOURCE = """
@action("frame")
async def frame(ctx: Context, photo: Upload, words: Text, second: Upload | None = None) -> dict[str, Any]:
    assert isinstance(photo, File)
    return {"name": photo.name, "size": photo.size, "second": second and second.name}

@action("count")
def count(ctx: Context, photo: Annotated[Upload, "A photo"], who: User | None = None) -> dict[str, Any]:
    return {"name": photo.name, "who": who}

@action("fail")
def fail(ctx: Context, photo: Upload) -> None:
    raise ValueError("oops")
"""


class OneFile:
    """A server's files, of which each user has one, called like them."""

    async def get(self, by: Any, id: str, allowed: Any = None) -> File:
        if id not in ("id-Ann", "id-Bob"):
            raise no_file()
        return File(id, id, f"{id}.txt", "text/plain", 0, Blob("b", 3))


def house() -> House:
    made = House(module(SOURCE))
    made.hub.files = OneFile()  # type: ignore[assignment]
    return made


def test_a_handler_gets_a_file_of_the_callers() -> None:
    async def main() -> None:
        chat = house()
        ann = chat.client("Ann", "general")
        answer = await chat.call(ann, "frame", target="general", photo="id-Ann", words="hello")
        assert (answer["name"], answer["size"], answer["second"]) == ("id-Ann.txt", 3, None)
        answer = await chat.call(ann, "frame", target="general", photo="id-Ann", words="x", second="id-Ann")
        assert answer["second"] == "id-Ann.txt"
        answer = await chat.call(ann, "count", target="general", photo="id-Ann", who="Ann")
        assert (answer["name"], answer["who"]["id"]) == ("id-Ann.txt", "id-Ann")

    run(main)


@pytest.mark.parametrize("id", ["id-Bob", "nowhere", ""])
def test_the_file_of_another_is_answered_like_none(id: str) -> None:
    async def main() -> None:
        chat = house()
        ann = chat.client("Ann", "general")
        answer = await chat.call(ann, "frame", target="general", photo=id, words="hello")
        assert (answer["code"], answer["message"]) == ("not-found", "photo: there is no such file")
        answer = await chat.call(ann, "count", target="general", photo="id-Ann", who="nobody")
        assert answer["code"] == "invalid-field"
        answer = await chat.call(ann, "fail", target="general", photo="id-Ann")
        assert answer["code"] == "internal-error"

    run(main)


def test_what_is_no_id_is_refused_with_what_it_should_be() -> None:
    async def main() -> None:
        chat = house()
        ann = chat.client("Ann", "general")
        answer = await chat.call(ann, "frame", target="general", photo={"id": "id-Ann"}, words="hello")
        assert answer["message"] == "photo must be the id of a file, as an upload returns it"

    run(main)


def test_the_field_is_described_as_an_upload() -> None:
    described = {one["name"]: one["parameters"] for one in house().registry.describe()}
    assert described["frame"][0] == {"name": "photo", "type": "upload", "required": True}
    assert described["frame"][2] == {"name": "second", "type": "upload", "required": False, "default": None}
    assert described["count"][0] == {"name": "photo", "type": "upload", "required": True, "help": "A photo"}


def test_a_field_cannot_be_a_file_that_clients_make_up() -> None:
    with pytest.raises(RegistryError, match="a field cannot be File; use Upload"):
        Registry().add(module('@action("x")\ndef x(ctx: Context, photo: File) -> None: ...'), "plugin")
