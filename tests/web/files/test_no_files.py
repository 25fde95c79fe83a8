"""A server that keeps no files: nobody is offered to send any, and who does so is told which setting is missing."""

import json
from unittest import mock

import pytest
from tornado.testing import gen_test

from tests.web.files.asking import FilesCase
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.files import new_id
from tornado_chat.chat.models import User
from tornado_chat.web import app
from tornado_chat.web.storage import Storage, open_storage

WHY = "this cluster takes no files: start its servers with --blobs"


class NoFilesTest(FilesCase):
    def get_app(self) -> app.Chat:
        def without_files(settings: app.Settings) -> Storage:
            storage = open_storage(settings)
            storage.no_files = WHY
            return storage

        with mock.patch.object(app, "open_storage", without_files):
            return super().get_app()

    @gen_test
    async def test_an_upload_is_501_and_says_what_is_missing(self) -> None:
        ann = await self.connect("Ann")
        assert "files" not in ann.hello["server"]
        for headers in ({}, {"Upload_Length": 5}):
            answer = await self.ask("POST", "/files?name=a.txt", ann, b"hello", **headers)
            assert answer.code == 501
            assert json.loads(answer.body) == {"code": "not-allowed", "message": WHY}
        for method in ("HEAD", "PATCH", "DELETE"):
            assert (await self.ask(method, f"/files/uploads/{new_id()}", ann, Upload_Offset=0)).code == 404
        assert (await self.ask("GET", f"/files/{new_id()}", ann)).code == 404

    @gen_test
    async def test_plugins_are_told_the_same_and_nothing_is_swept(self) -> None:
        ann, files = await self.connect("Ann"), self.chat.hub.files
        with pytest.raises(Refused, match=WHY):
            await files.add(User(ann.hello["user"]["id"], "Ann"), "a.txt", b"data")
        with mock.patch.object(files.blobs, "sweep", side_effect=AssertionError):
            await self.chat.sweep()
            assert await files.sweep_orphans() == 0
