"""Pictures over HTTP."""

import base64

from tornado.testing import gen_test

from tests.images.making import SECRET, animated, huge_png, many_frames, opened, photograph, picture, zipped
from tests.web.files.asking import FilesCase
from tornado_chat.chat.file_types import PLAIN


class PicturesTest(FilesCase):
    settings = {"limits": "off"}

    @gen_test
    async def test_a_photograph_from_a_phone_is_shown_upright_and_says_nothing_of_where_it_was_taken(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        assert ann.hello["server"]["files"] == {"max_size": 25_000_000, "images": True}
        file = await self.upload(ann, photograph("JPEG", 6, (2_000, 1_500)), "photo.jpg")
        assert (file["type"], file["width"], file["height"]) == ("image/jpeg", 1_500, 2_000)
        assert opened(base64.b64decode(file["preview"])).size == (24, 32)
        await ann.say("look", files=[file])
        assert (await bob.until_text("look"))["files"] == [file]
        small, large = (300, 400), (1_200, 1_600)
        marks = set()
        for more, size in (("", None), ("?size=400", small), ("?size=900", small), ("?size=9999", large)):
            answer = await self.ask("GET", f"/files/{file['id']}{more}", bob)
            assert opened(answer.body).size == (size or (1_500, 2_000))
            assert SECRET not in answer.body
            assert not opened(answer.body).getexif()
            name = "photo.webp" if more else "photo.jpg"
            assert answer.headers["Content-Disposition"] == f'inline; filename="{name}"'
            assert answer.headers["Content-Type"] == ("image/webp" if more else "image/jpeg")
            marks.add(answer.headers["ETag"])
        assert len(marks) == 3
        assert (await self.ask("GET", f"/files/{file['id']}?size=big", bob)).code == 400

    @gen_test
    async def test_a_small_or_animated_picture_is_its_own_thumbnail(self) -> None:
        ann = await self.connect("Ann")
        for data in (picture("PNG", (300, 200)), animated("GIF")):
            file = await self.upload(ann, data)
            answer = await self.ask("GET", f"/files/{file['id']}?size=400", ann)
            assert answer.body == (await self.ask("GET", f"/files/{file['id']}", ann)).body

    @gen_test
    async def test_what_is_not_a_picture_only_is_shown_as_nothing_else(self) -> None:
        ann = await self.connect("Ann")
        page = b"<script>alert(1)</script>"
        for data in (
            picture("JPEG") + zipped(),
            picture("GIF") + page,
            picture("PNG") + page,
            picture("WEBP") + zipped(),
            picture("GIF", comment=page),
            picture("JPEG", comment=page),
        ):
            file = await self.upload(ann, data, "a.html")
            answer = await self.ask("GET", f"/files/{file['id']}", ann)
            assert answer.headers["Content-Type"].startswith("image/")
            assert page not in answer.body
            assert b"PK\x05\x06" not in answer.body

    @gen_test
    async def test_a_bomb_is_a_file_to_download(self) -> None:
        ann = await self.connect("Ann")
        for data in (huge_png(20_000, 20_000), many_frames(10_000), photograph()[:5_000]):
            file = await self.upload(ann, data, "a.png")
            assert (file["type"], file["size"], "width" in file) == (PLAIN, len(data), False)
            answer = await self.ask("GET", f"/files/{file['id']}?size=400", ann)
            assert answer.headers["Content-Disposition"] == 'attachment; filename="a.png"'
            assert answer.body == data

    @gen_test
    async def test_without_pillow_pictures_are_files_to_download(self) -> None:
        ann = await self.connect("Ann")
        self.chat.pictures.can_draw = False
        file = await self.upload(ann, picture(), "a.jpg")
        assert (file["type"], file["size"], "width" in file) == (PLAIN, len(picture()), False)
