"""Downloads over HTTP: whole, in parts, in a browser; and what strangers get."""

import asyncio
import io
import json
import os
import zipfile
from typing import Any
from unittest import mock

from tornado.httpclient import HTTPResponse
from tornado.testing import gen_test

from tests.web.files.asking import FilesCase
from tornado_chat.testing import Client
from tornado_chat.web.files import download, traffic

DATA = os.urandom(300_000)


def alike(answer: HTTPResponse) -> Any:
    """Return all that tells one answer from another, but when it was given."""
    headers = sorted((name, value) for name, value in answer.headers.get_all() if name != "Date")
    return answer.code, headers, answer.body


class DownloadTest(FilesCase):
    settings = {"limits": "off"}

    async def get(self, file: Any, who: Client | None = None, more: str = "", **headers: Any) -> HTTPResponse:
        return await self.ask("GET", f"/files/{file['id']}{more}", who, **headers)

    # Who may

    @gen_test
    async def test_strangers_and_nobody_get_what_an_id_that_does_not_exist_gives(self) -> None:
        ann, bob, eve = await self.join("Ann", "den"), await self.join("Bob", "den"), await self.connect("Eve")
        file = await self.upload(ann)
        assert (await self.get(file, ann)).body == b"hello"
        assert alike(await self.get(file, bob)) == alike(await self.get({"id": "x" * 22}, bob))
        await ann.say("look", files=[file])
        await bob.until_text("look")
        assert (await self.get(file, bob)).body == b"hello"
        token = ann.hello["token"]
        for method in ("GET", "HEAD"):
            for more in ("", "/a.txt", "?size=400", f"?token={token}", "?name=Ann"):
                for who in (eve, None):
                    for headers in ({}, {"Range": "bytes=0-1"}, {"If_None_Match": "*"}, {"Cookie": "tornado_chat=x"}):
                        theirs = await self.ask(method, f"/files/{file['id']}{more}", who, **headers)
                        none = await self.ask(method, f"/files/{'x' * 22}{more}", who, **headers)
                        assert alike(theirs) == alike(none)
                        assert theirs.code == 404
        assert "say who you are" in str((await self.get(file)).body)
        assert "say who you are" not in str((await self.get(file, eve)).body)

    @gen_test
    async def test_it_is_asked_each_time(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        file = await self.upload(ann)
        seq = (await ann.say("look", files=[file]))["seq"]
        await bob.until_text("look")
        with mock.patch.object(self.chat.hub, "is_banned", mock.AsyncMock(return_value=True)):
            assert alike(await self.get(file, bob)) == alike(await self.get({"id": "x"}, bob))
        await ann.call("delete-message", target="den", seq=seq)
        for who in (ann, bob):
            assert (await self.get(file, who)).code == 404

    @gen_test
    async def test_a_token_that_is_not_valid_is_told_so_whatever_is_asked_for(self) -> None:
        ann = await self.connect("Ann")
        file = await self.upload(ann)
        answers = [await self.ask("GET", f"/files/{id}", "no.token") for id in (file["id"], "x" * 22, "..", "%00")]
        assert {answer.code for answer in answers} == {401}
        assert len({str(alike(answer)) for answer in answers}) == 1

    # How it comes

    @gen_test
    async def test_a_file_comes_under_its_name_and_is_kept_for_a_while_by_one_person(self) -> None:
        ann = await self.connect("Ann")
        file = await self.upload(ann, DATA, "%E4%B8%8A.bin")
        answer = await self.get(file, ann)
        assert answer.body == DATA
        wanted = {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": "attachment; filename=\"_.bin\"; filename*=UTF-8''%E4%B8%8A.bin",
            "Cache-Control": "private, max-age=300",
            "Vary": "Authorization, Cookie",
            "Accept-Ranges": "bytes",
            "Content-Length": "300000",
            "ETag": f'"{file["id"]}"',
        }
        assert {name: answer.headers.get(name) for name in wanted} == wanted
        head = await self.ask("HEAD", f"/files/{file['id']}", ann)
        assert head.body == b""
        assert {name: head.headers.get(name) for name in wanted} == wanted

    @gen_test
    async def test_only_what_a_browser_may_show_is_shown_in_its_place(self) -> None:
        ann = await self.connect("Ann")
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as inner:
            inner.writestr("nested.zip", archive.getvalue() + b"x")
        for name, data, kind, how in (
            ("a.mp4", b"\0\0\0\x20ftypisom" + bytes(99), "video/mp4", "inline"),
            ("a.mp3", b"ID3\x04" + bytes(99), "audio/mpeg", "inline"),
            ("a.png", b"<svg onload='alert(1)'/>", "text/plain; charset=utf-8", "attachment"),
            ("a.html", b"<script>alert(1)</script>", "text/plain; charset=utf-8", "attachment"),
            ("a.png", b"\x89PNG\r\n\x1a\n<script>", "application/octet-stream", "attachment"),
            ("a.gif", b"GIF89a/*<script>*/", "application/octet-stream", "attachment"),
            ("a.jpg", archive.getvalue(), "application/zip", "attachment"),
            ("a.exe", b"MZ\x90\0", "application/octet-stream", "attachment"),
        ):
            file = await self.ask("POST", f"/files?name={name}", ann, data, Content_Type="text/html")
            answer = await self.get(json.loads(file.body), ann)
            assert (answer.headers["Content-Type"], answer.body) == (kind, data)
            assert answer.headers["Content-Disposition"] == f'{how}; filename="{name}"'
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"

    @gen_test
    async def test_a_part_is_asked_for(self) -> None:
        ann = await self.connect("Ann")
        file = await self.upload(ann, DATA)
        for asked, start, end in (
            ("bytes=0-0", 0, 1),
            ("bytes=100-199", 100, 200),
            ("bytes=299999-", 299_999, 300_000),
            ("bytes=1000-9999999", 1_000, 300_000),
            ("bytes=-5", 299_995, 300_000),
            ("bytes=-9999999", 0, 300_000),
        ):
            answer = await self.get(file, ann, Range=asked)
            assert (answer.code, answer.body) == (206, DATA[start:end])
            assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/300000"
            head = await self.ask("HEAD", f"/files/{file['id']}", ann, Range=asked)
            assert (head.code, head.headers["Content-Length"]) == (206, str(end - start))
        for asked in ("bytes=300000-", "bytes=999999-999999", "bytes=-0"):
            answer = await self.get(file, ann, Range=asked)
            assert (answer.code, answer.headers["Content-Range"]) == (416, "bytes */300000")
            assert json.loads(answer.body)["code"] == "invalid-field"
        for asked in ("bytes=0-1,5-9", "items=0-1", "bytes=9-1", "bytes=-", "bytes=x-", "bytes=" + "9" * 99 + "-"):
            answer = await self.get(file, ann, Range=asked)
            assert (answer.code, answer.body == DATA) == (200, True)

    @gen_test
    async def test_what_a_browser_has_is_not_sent_again(self) -> None:
        ann = await self.connect("Ann")
        file = await self.upload(ann, DATA)
        mark = (await self.get(file, ann)).headers["ETag"]
        answer = await self.get(file, ann, If_None_Match=mark, Range="bytes=0-9")
        assert (answer.code, answer.body, answer.headers["ETag"]) == (304, b"", mark)
        assert answer.headers["Cache-Control"] == "private, max-age=300"
        assert (await self.get(file, ann, If_None_Match='"other"')).code == 200
        assert (await self.get(file, ann, If_Range=mark, Range="bytes=0-9")).code == 206
        assert (await self.get(file, ann, If_Range='"other"', Range="bytes=0-9")).body == DATA

    @gen_test
    async def test_nothing_tells_that_the_same_bytes_are_elsewhere(self) -> None:
        ann, bob = await self.connect("Ann"), await self.connect("Bob")
        first, second = await self.upload(ann, DATA), await self.upload(bob, DATA)
        answers = [await self.get(first, ann), await self.get(second, bob)]
        assert answers[0].headers["ETag"] != answers[1].headers["ETag"]
        assert str(alike(answers[0])).replace(first["id"], second["id"]) == str(alike(answers[1]))
        assert {**first, "id": ""} == {**second, "id": ""}

    @gen_test
    async def test_who_reads_too_slowly_is_cut(self) -> None:
        ann = await self.connect("Ann")
        file = await self.upload(ann, os.urandom(20_000_000))
        with mock.patch.object(download, "SLOWEST", 0.2):
            ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            stream = download.Download._stream

            async def noticed(*given: Any) -> None:
                await stream(*given)
                ended.set_result(None)

            with mock.patch.object(download.Download, "_stream", noticed):
                line = await self.open("GET", f"/files/{file['id']}", ann)
                async with asyncio.timeout(20):
                    await ended
            assert len(await line.reader.read()) < 20_000_000

    @gen_test
    async def test_a_server_that_stops_ends_what_is_being_read(self) -> None:
        ann = await self.connect("Ann")
        file = await self.upload(ann, os.urandom(20_000_000))
        line = await self.open("GET", f"/files/{file['id']}", ann)
        await line.reader.readexactly(1_000)
        await self.chat.file_routes.close()
        assert len(await line.reader.read()) < 20_000_000 - 1_000

    @gen_test
    async def test_a_reader_that_goes_away_frees_what_it_held(self) -> None:
        ann = await self.connect("Ann")
        file = await self.upload(ann, os.urandom(20_000_000))
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            line = await self.open("GET", f"/files/{file['id']}", ann)
            await line.reader.readexactly(1_000)
            line.close()
        async with asyncio.timeout(20):
            while len(os.listdir("/proc/self/fd")) > before:
                await asyncio.sleep(0.01)

    @gen_test
    async def test_who_takes_many_and_reads_none_holds_only_so_many_open(self) -> None:
        ann, bob = await self.connect("Ann"), await self.connect("Bob")
        file, other = await self.upload(ann, os.urandom(20_000_000)), await self.upload(bob, DATA)
        routes = self.chat.file_routes
        with mock.patch.object(routes._traffic, "_limited", True), mock.patch.object(traffic, "SENDING", (2, 9)):
            lines = [await self.open("GET", f"/files/{file['id']}", ann) for _ in range(3)]
            for line in lines[:2]:
                await line.reader.readexactly(1_000)
            _, users = routes._traffic._lanes._lanes["sending", ann.hello["user"]["id"]]
            async with asyncio.timeout(20):
                while len(users) < 3:
                    await asyncio.sleep(0.005)
            assert (await self.get(other, bob)).body == DATA
            assert (await self.ask("HEAD", f"/files/{file['id']}", ann)).code == 200
            assert lines[2].reader._buffer == b""  # type: ignore[attr-defined]
            lines[0].close()
            async with asyncio.timeout(20):
                await lines[2].reader.readexactly(1_000)

    @gen_test
    async def test_bytes_that_are_gone_from_the_disk_are_not_there(self) -> None:
        ann = await self.connect("Ann")
        file = await self.upload(ann, DATA)
        found = await self.chat.hub.files.find(file["id"])
        self.chat.hub.files.blobs._blob(found.blob.name).unlink()
        assert alike(await self.get(file, ann)) == alike(await self.get({"id": "x"}, ann))

    @gen_test
    async def test_the_log_names_no_file(self) -> None:
        ann = await self.connect("Ann")
        file = await self.upload(ann, DATA, "secret-name.pdf")
        with self.assertLogs("tornado_chat", "DEBUG") as logged:
            await self.get(file, ann, "/secret-name.pdf")
            await self.ask("POST", "/files?name=secret-name.pdf", ann, b"x")
        said = "\n".join(logged.output)
        assert "GET /files/… 200" in said
        assert "secret-name" not in said
        assert file["id"] not in said
