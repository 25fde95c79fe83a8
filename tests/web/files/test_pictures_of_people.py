"""Pictures of people and of the server, from the upload of an image to the square that everyone fetches."""

import json
from typing import Any, ClassVar

from tornado.testing import gen_test

from tests.images.making import opened, photograph
from tests.web.files.asking import FilesCase
from tornado_chat.testing import Client


class PeopleCase(FilesCase):
    settings: ClassVar[dict[str, Any]] = {"auth": ("guest", "password"), "limits": "off"}

    async def square(self, who: Client | None, id: str, size: int) -> Any:
        answer = await self.ask("GET", f"/files/{id}?size={size}", who)
        return opened(answer.body).size if answer.code == 200 else answer.code

    @gen_test
    async def test_whoever_is_let_in_fetches_the_square_of_a_picture(self) -> None:
        ann, eve = await self.join("Ann", "den"), await self.connect("Eve")
        image = await self.upload(ann, photograph(size=(900, 600)), "me.jpg")
        picture = (await ann.call("set-picture", file=image["id"]))["picture"]
        assert [event["user"]["picture"] for event in ann.of("picture")] == [picture]
        assert [await self.square(eve, picture, size) for size in (64, 256)] == [(64, 64), (256, 256)]
        assert await self.square(None, picture, 64) == 404
        assert await self.square(eve, image["id"], 64) == 404
        again = await self.connect(token=ann.hello["token"])
        assert again.hello["user"]["picture"] == picture
        await ann.call("set-picture", file="")
        assert await self.square(eve, picture, 64) == 404
        assert "picture" not in ann.of("picture")[-1]["user"]

    @gen_test
    async def test_hello_names_the_picture_of_the_server(self) -> None:
        root_id = (await self.chat.accounts.register("Root", "correct horse")).id
        await self.chat.accounts.set_role(root_id, "admin")
        answer = await self.ask(
            "POST",
            "/sign-in",
            body=json.dumps({"name": "Root", "password": "correct horse"}),
            Content_Type="application/json",
        )
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        ann = await self.connect("Ann")
        root = await self.connect(Cookie=cookie)
        assert "picture" not in root.hello["server"]
        image = await root.upload("logo.png", photograph("PNG", size=(300, 300)))
        picture = (await root.call("set-picture", file=image["id"], server=True))["picture"]
        assert (await ann.until("picture"))["server"] == picture
        for client in (await self.connect("Bob"), await self.connect(Cookie=cookie)):
            assert client.hello["server"]["picture"] == picture
        assert await self.square(ann, picture, 64) == (64, 64)
        assert not ann.of("actions")
        await root.call("set-picture", file="", server=True)
        assert "picture" not in (await self.connect("Cid")).hello["server"]

    @gen_test
    async def test_what_is_no_image_is_no_picture(self) -> None:
        ann = await self.connect("Ann")
        for data in (b"<svg/>", photograph()[:500]):
            file = await self.upload(ann, data, "me.jpg")
            answer = await self.refused(ann, file["id"])
            assert answer == ("invalid-field", "the file is no picture that the server can read")

    async def refused(self, client: Client, id: str) -> tuple[str, str]:
        client.send("set-picture", file=id, ref="no")
        answer = await client.until(lambda event: event.get("ref") == "no")
        return answer["code"], answer["message"]


class Kept(FilesCase):
    settings: ClassVar[dict[str, Any]] = {"history": "sqlite", "limits": "off"}

    @gen_test
    async def test_pictures_are_known_from_the_tables(self) -> None:
        ann = await self.connect("Ann")
        image = await self.upload(ann, photograph(), "me.jpg")
        picture = (await ann.call("set-picture", file=image["id"]))["picture"]
        await self.chat.hub.files.pictures.load()
        bob = await self.connect("Bob")
        found = (await bob.call("users", ids=[ann.id]))["users"]
        assert [one.get("user", one)["picture"] for one in found] == [picture]
