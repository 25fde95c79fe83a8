"""Uploads over HTTP: whole, in parts, refused, broken off, stalled."""

import asyncio
import json
import os
from typing import Any
from unittest import mock

import pytest
from tornado.testing import gen_test

from tests.web.files.asking import FilesCase, Line
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.file_types import PLAIN
from tornado_chat.chat.files import File, Upload
from tornado_chat.testing import Client
from tornado_chat.web.files import answers, progress, traffic
from tornado_chat.web.files.traffic import PIECE

BIG = os.urandom(5 * PIECE + 77)


class UploadTest(FilesCase):
    settings = {"limits": "off", "file_space": (2_000_000, 3_000_000), "max_file_size": 1_000_000}

    @pytest.fixture(autouse=True)
    def _patch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.patch = monkeypatch

    async def used(self) -> int:
        """Return how many bytes are kept, or reserved."""
        return int(await self.chat.hub.files._rows.used())

    async def until_used(self, count: int) -> None:
        async with asyncio.timeout(20):
            while await self.used() != count:
                await asyncio.sleep(0.005)

    async def until_there(self, place: str, count: int) -> None:
        """Wait until so many bytes of an upload are on the disk."""
        async with asyncio.timeout(20):
            while await self.chat.hub.files.blobs.size(place.rpartition("/")[2]) != count:
                await asyncio.sleep(0.005)

    async def until_came(self, count: int) -> None:
        """Wait until so many bytes of an upload have come."""
        writers = self.chat.file_routes._traffic._writers
        async with asyncio.timeout(20):
            while [writer.at for writer in writers.values()] != [count]:
                await asyncio.sleep(0.005)

    def refusal(self, answer: Any, status: int, code: str, *words: str) -> None:
        assert answer.code == status, answer.body
        said = json.loads(answer.body)
        assert said["code"] == code
        for word in words:
            assert word in said["message"]

    # Whole

    @gen_test
    async def test_a_file_is_sent_in_one_request_and_fetched(self) -> None:
        ann = await self.connect("Ann")
        file = await self.upload(ann, BIG, "../a%20b.bin")
        assert {**file, "id": ""} == {"id": "", "name": "a b.bin", "type": PLAIN, "size": len(BIG)}
        assert (await self.ask("GET", f"/files/{file['id']}", ann)).body == BIG

    @gen_test
    async def test_a_file_without_a_name_has_one(self) -> None:
        ann = await self.connect("Ann")
        for path in ("/files", "/files?name=", "/files?name=%2e%2e%2f"):
            assert json.loads((await self.ask("POST", path, ann, b"x")).body)["name"] == "file"

    @gen_test
    async def test_a_body_in_chunks_is_taken_if_its_length_is_said(self) -> None:
        ann = await self.connect("Ann")
        line = await self.open("POST", "/files?name=a", ann, Transfer_Encoding="chunked", Upload_Length="6")
        line.send("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n")
        status, _, body = await line.answer()
        assert (status, json.loads(body)["size"]) == (201, 6)
        answer = await self.open("POST", "/files?name=a", ann, Transfer_Encoding="chunked")
        status, _, body = await answer.answer()
        assert (status, json.loads(body)["message"].startswith("say how long it is")) == (411, True)
        assert await self.used() == 4_096  # what a file counts as at least

    @gen_test
    async def test_a_client_of_an_older_http_sends_files_too(self) -> None:
        self.patch.setattr(Line, "version", "HTTP/1.0")
        ann = await self.connect("Ann")
        line = await self.open("POST", "/files?name=a", ann, Content_Length="5")
        line.send(b"hello")
        status, _, body = await line.answer()
        assert (status, json.loads(body)["size"]) == (201, 5)
        assert await line.is_closed()
        line = await self.open("GET", f"/files/{json.loads(body)['id']}", ann)
        assert (await line.answer())[2] == b"hello"
        line = await self.open("POST", "/files?name=a", ann)
        assert (await line.answer())[0] == 411

    @gen_test
    async def test_a_program_is_told_what_is_wrong(self) -> None:
        ann = await self.connect("Ann")
        for headers, status, words in (
            ({"Content_Type": "multipart/form-data; boundary=x"}, 415, "without a form"),
            ({"Content_Encoding": "gzip"}, 415, "without a Content-Encoding"),
            ({"Upload_Length": "many"}, 400, "Upload-Length must be a whole number"),
            ({"Upload_Length": "-5"}, 400, "Upload-Length must be a whole number"),
            ({"Upload_Length": "3"}, 400, "the body has 5 bytes, and Upload-Length says 3"),
        ):
            answer = await self.ask("POST", "/files?name=a", ann, b"hello", **headers)
            self.refusal(answer, status, "invalid-field", words)
        self.refusal(await self.ask("POST", "/files?name=%ff", ann, b"hello"), 400, "invalid-field", "UTF-8")
        for headers in ({}, {"Upload_Length": 0}):
            self.refusal(await self.ask("POST", "/files?name=a", ann, b"", **headers), 400, "invalid-field", "empty")
        self.refusal(await self.ask("PUT", "/files", ann, b""), 405, "invalid-field")
        assert await self.used() == 0

    # Who may

    @gen_test
    async def test_nobody_sends_anything(self) -> None:
        ann = await self.connect("Ann")
        token = ann.hello["token"]
        for path, who in (
            ("/files?name=a", None),
            (f"/files?name=a&token={token}", None),
            ("/files?name=Ann", None),
            ("/files?name=a", token[:-1] + "x"),
        ):
            answer = await self.ask("POST", path, who, b"hello")
            self.refusal(answer, 401, "not-allowed", "token" if who else "Authorization: Bearer")
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        cookie = (await self.ask("POST", "/files/cookie", ann, b"")).headers["Set-Cookie"].partition(";")[0]
        self.refusal(await self.ask("POST", "/files", None, b"hello", Cookie=cookie), 401, "not-allowed")
        assert await self.used() == 0

    @gen_test
    async def test_a_page_of_another_site_sends_nothing(self) -> None:
        ann = await self.connect("Ann")
        place = await self.begin(ann, 9)
        for method, path in (("POST", "/files?name=a"), ("POST", "/files/cookie"), ("PATCH", place)):
            for origin in ("https://evil.example", "null"):
                answer = await self.ask(method, path, ann, b"hello", Origin=origin)
                self.refusal(answer, 403, "not-allowed", "other sites")
        here = f"http://127.0.0.1:{self.get_http_port()}"
        assert (await self.ask("POST", "/files?name=a", ann, b"hello", Origin=here)).code == 201

    @gen_test
    async def test_the_banned_send_nothing(self) -> None:
        ann = await self.connect("Ann")
        with mock.patch.object(self.chat.hub, "is_banned", mock.AsyncMock(return_value=True)):
            self.refusal(await self.ask("POST", "/files?name=a", ann, b"hello"), 403, "not-allowed", "banned")

    @gen_test
    async def test_others_learn_nothing_of_an_upload(self) -> None:
        ann, eve = await self.connect("Ann"), await self.connect("Eve")
        place = await self.begin(ann, 10)
        for method, body in (("PATCH", b"x"), ("DELETE", None), ("HEAD", None)):
            theirs = await self.ask(method, place, eve, body, Upload_Offset=0)
            none = await self.ask(method, "/files/uploads/" + "x" * 22, eve, body, Upload_Offset=0)
            assert (theirs.code, theirs.body, sorted(theirs.headers)) == (404, none.body, sorted(none.headers))
        assert await self.offset(ann, place) == 0

    # Too much

    @gen_test
    async def test_a_file_that_is_too_large_is_refused_before_it_is_sent(self) -> None:
        ann = await self.connect("Ann")
        for length in (1_000_001, 10**14):
            line = await self.open("POST", "/files?name=a", ann, Content_Length=length)
            status, _, body = await line.answer()
            assert (status, json.loads(body)["code"]) == (413, "too-large")
        self.refusal(await self.ask("POST", "/files", ann, b"", Upload_Length=1_000_001), 413, "too-large")
        assert await self.used() == 0

    @gen_test
    async def test_who_sends_on_reads_the_refusal_nevertheless(self) -> None:
        ann = await self.connect("Ann")
        line = await self.open("POST", "/files?name=a", ann, Content_Length=2_000_000)
        for _ in range(20):
            line.send(bytes(100_000))
            await line.writer.drain()
        assert (await line.answer())[0] == 413
        line.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await line.answer())[0] == 200  # on the same connection

    @gen_test
    async def test_who_sends_on_without_end_is_cut(self) -> None:
        ann = await self.connect("Ann")
        self.patch.setattr(answers, "MOST_UNREAD", 100_000)
        line = await self.open("POST", "/files?name=a", ann, Content_Length=10**9)
        assert (await line.answer())[0] == 413
        line.send(bytes(200_000))
        assert await line.is_closed()
        self.patch.setattr(answers, "LINGER", 0.05)
        line = await self.open("POST", "/files?name=a", ann, Content_Length=10**9)
        assert (await line.answer())[0] == 413
        assert await line.is_closed()

    @gen_test
    async def test_who_asks_before_sending_is_told_at_once(self) -> None:
        ann = await self.connect("Ann")
        line = await self.open("POST", "/files?name=a", ann, Content_Length=10**7, Expect="100-continue")
        status, headers, _ = await line.answer()
        assert (status, headers["Connection"]) == (413, "close")
        assert await line.is_closed()
        line = await self.open("POST", "/files?name=a", ann, Content_Length=5, Expect="100-continue")
        assert (await line.answer())[0] == 100
        line.send(b"hello")
        assert (await line.answer())[0] == 201

    @gen_test
    async def test_a_full_space_and_a_full_disk_are_told_apart_and_leave_nothing(self) -> None:
        ann, bob = await self.connect("Ann"), await self.connect("Bob")
        for _ in range(2):
            await self.upload(ann, bytes(900_000))
        self.refusal(await self.ask("POST", "/files?name=a", ann, bytes(300_000)), 507, "no-space", "your")
        await self.upload(bob, bytes(900_000))
        self.refusal(await self.ask("POST", "/files?name=a", bob, bytes(400_000)), 507, "no-space")
        assert await self.used() == 2_700_000
        full = mock.AsyncMock(side_effect=Refused("the disk is full", Error.NO_SPACE))
        with mock.patch.object(self.chat.hub.files.blobs, "write", full):
            self.refusal(await self.ask("POST", "/files?name=a", bob, BIG[:200_000]), 507, "no-space", "disk")
        await self.until_used(2_700_000)

    @gen_test
    async def test_a_disk_that_fails_may_do_better_later(self) -> None:
        ann = await self.connect("Ann")
        place = await self.begin(ann, 300_000)
        fails = mock.AsyncMock(side_effect=Refused("files cannot be kept now", Error.HISTORY_UNAVAILABLE))
        with mock.patch.object(self.chat.hub.files, "write", fails):
            for body in (BIG[:5], BIG[:300_000]):
                answer = await self.ask("PATCH", place, ann, body, Upload_Offset=0)
                self.refusal(answer, 503, "history-unavailable")
        assert await self.offset(ann, place) == 0
        with mock.patch.object(self.chat.hub.files, "finish", fails):
            answer = await self.ask("PATCH", place, ann, BIG[:300_000], Upload_Offset=0)
            self.refusal(answer, 503, "history-unavailable")
        assert not self.chat.file_routes._traffic._counts
        assert await self.offset(ann, place) == 300_000
        assert (await self.ask("PATCH", place, ann, b"", Upload_Offset=300_000)).code == 201

    # In parts

    @gen_test
    async def test_an_upload_goes_on_where_it_ended(self) -> None:
        ann = await self.connect("Ann")
        place = await self.begin(ann, 10)
        assert await self.offset(ann, place) == 0
        answer = await self.ask("PATCH", place, ann, b"0123", Upload_Offset=0)
        assert (answer.code, answer.headers["Upload-Offset"], answer.body) == (204, "4", b"")
        answer = await self.ask("HEAD", place, ann)
        assert (answer.headers["Upload-Offset"], answer.headers["Upload-Length"]) == ("4", "10")
        answer = await self.ask("PATCH", place, ann, b"456789", Upload_Offset=4)
        assert answer.code == 201
        file = json.loads(answer.body)
        assert (await self.ask("GET", f"/files/{file['id']}/a.txt", ann)).body == b"0123456789"
        # The answer may have been lost: asked again, it is the same.
        assert await self.offset(ann, place) == 10
        again = await self.ask("PATCH", place, ann, b"", Upload_Offset=10)
        assert (again.code, json.loads(again.body)) == (201, file)

    @gen_test
    async def test_another_offset_is_a_conflict_that_says_the_right_one(self) -> None:
        ann = await self.connect("Ann")
        place = await self.begin(ann, 10)
        await self.ask("PATCH", place, ann, b"0123", Upload_Offset=0)
        for at in (0, 3, 5, 10, 10**14):
            answer = await self.ask("PATCH", place, ann, b"x", Upload_Offset=at)
            self.refusal(answer, 409, "conflict", "goes on at 4")
            assert answer.headers["Upload-Offset"] == "4"
        for headers in ({}, {"Upload_Offset": "x"}, {"Upload_Offset": "-4"}, {"Upload_Offset": "4.0"}):
            self.refusal(await self.ask("PATCH", place, ann, b"x", **headers), 400, "invalid-field", "Upload-Offset")
        assert await self.offset(ann, place) == 4

    @gen_test
    async def test_more_than_was_said_is_refused_and_what_is_there_stays(self) -> None:
        ann = await self.connect("Ann")
        place = await self.begin(ann, 10)
        answer = await self.ask("PATCH", place, ann, b"0123456789a", Upload_Offset=0)
        self.refusal(answer, 413, "too-large", "10 bytes")
        line = await self.open("PATCH", place, ann, Upload_Offset=0, Transfer_Encoding="chunked")
        line.send("8\r\n01234567\r\n")
        await asyncio.sleep(0)
        line.send("8\r\n89abcdef\r\n0\r\n\r\n")
        assert (await line.answer())[0] == 413
        assert await self.offset(ann, place) in (0, 8)

    @gen_test
    async def test_an_upload_is_given_up(self) -> None:
        ann = await self.connect("Ann")
        place = await self.begin(ann, 10)
        assert await self.used() == 4_096  # what a file counts as at least
        assert (await self.ask("DELETE", place, ann)).code == 204
        assert (await self.used(), await self.offset(ann, place)) == (0, None)
        place = await self.begin(ann, 1)
        await self.ask("PATCH", place, ann, b"x", Upload_Offset=0)
        self.refusal(await self.ask("DELETE", place, ann), 409, "conflict", "has become a file")

    @gen_test
    async def test_the_first_part_may_come_with_the_beginning(self) -> None:
        ann = await self.connect("Ann")
        answer = await self.ask("POST", "/files?name=a", ann, b"0123", Upload_Length=10)
        assert (answer.code, answer.headers["Upload-Offset"]) == (201, "4")
        place = f"/{answer.headers['Location']}"
        assert (await self.ask("PATCH", place, ann, b"456789", Upload_Offset=4)).code == 201
        answer = await self.ask("POST", "/files?name=a", ann, b"0123456789", Upload_Length=10)
        assert (answer.code, json.loads(answer.body)["size"]) == (201, 10)

    # Lines that break

    async def broken(self, ann: Client, method: str, path: str, **headers: Any) -> Line:
        """Send half of a file, and go away when it has come."""
        line = await self.open(method, path, ann, Content_Length=len(BIG), **headers)
        line.send(BIG[: 3 * PIECE + 5])
        return line

    @gen_test
    async def test_what_came_before_a_line_broke_stays_and_the_rest_follows(self) -> None:
        ann = await self.connect("Ann")
        place = await self.begin(ann, len(BIG))
        line = await self.broken(ann, "PATCH", place, Upload_Offset=0)
        await self.until_came(3 * PIECE + 5)
        line.close()
        await self.until_there(place, 3 * PIECE + 5)
        at = await self.offset(ann, place)
        assert at == 3 * PIECE + 5
        file = json.loads((await self.ask("PATCH", place, ann, BIG[at:], Upload_Offset=at)).body)
        assert (await self.ask("GET", f"/files/{file['id']}", ann)).body == BIG

    @gen_test
    async def test_a_file_in_one_request_that_broke_off_is_forgotten(self) -> None:
        ann = await self.connect("Ann")
        line = await self.broken(ann, "POST", "/files?name=a")
        await self.until_used(len(BIG))
        line.close()
        await self.until_used(0)
        assert self.chat.file_routes._traffic._writers == {}
        assert not self.chat.file_routes._traffic._counts

    @gen_test
    async def test_who_comes_back_goes_on_although_the_old_line_still_seems_to_be_there(self) -> None:
        ann = await self.connect("Ann")
        place = await self.begin(ann, len(BIG))
        old = await self.broken(ann, "PATCH", place, Upload_Offset=0)
        await self.until_came(3 * PIECE + 5)
        at = await self.offset(ann, place)
        assert at == 3 * PIECE + 5
        status, _, body = await old.answer()
        assert (status, json.loads(body)["code"]) == (409, "conflict")
        assert await old.is_closed()
        assert (await self.ask("PATCH", place, ann, BIG[at:], Upload_Offset=at)).code == 201

    @gen_test
    async def test_a_line_on_which_nothing_comes_is_cut_and_the_upload_goes_on(self) -> None:
        self.patch.setattr(progress, "STALLED", 0.2)
        ann = await self.connect("Ann")
        place = await self.begin(ann, len(BIG))
        line = await self.broken(ann, "PATCH", place, Upload_Offset=0)
        status, headers, body = await line.answer()
        assert (status, headers["Connection"], json.loads(body)["code"]) == (408, "close", "refused")
        assert await line.is_closed()
        at = await self.offset(ann, place)
        assert at == 3 * PIECE + 5
        assert (await self.ask("PATCH", place, ann, BIG[at:], Upload_Offset=at)).code == 201
        line = await self.broken(ann, "POST", "/files?name=a")
        assert (await line.answer())[0] == 408
        await self.until_used(len(BIG))

    @gen_test
    async def test_a_line_on_which_hardly_anything_comes_is_cut(self) -> None:
        self.patch.setattr(progress, "STALLED", 0.3)
        ann = await self.connect("Ann")
        line = await self.open("POST", "/files?name=a", ann, Content_Length=100_000)

        async def trickle() -> None:
            while True:
                line.send(b"x")
                await asyncio.sleep(0.02)

        trickling = asyncio.ensure_future(trickle())
        assert (await line.answer())[0] == 408
        trickling.cancel()
        await self.until_used(0)

    @gen_test
    async def test_a_slow_line_takes_its_time(self) -> None:
        self.patch.setattr(progress, "STALLED", 0.5)
        ann = await self.connect("Ann")
        line = await self.open("POST", "/files?name=a", ann, Content_Length=40 * 4_096)
        for _ in range(40):
            line.send(bytes(4_096))
            await asyncio.sleep(0.05)
        assert (await line.answer())[0] == 201

    @gen_test
    async def test_a_slow_disk_is_not_the_clients_fault(self) -> None:
        self.patch.setattr(progress, "STALLED", 0.1)
        ann = await self.connect("Ann")
        write = self.chat.hub.files.write

        async def slow(*given: Any) -> int:
            await asyncio.sleep(0.3)
            return await write(*given)

        with mock.patch.object(self.chat.hub.files, "write", slow):
            assert (await self.ask("POST", "/files?name=a", ann, BIG[: 2 * PIECE + 5])).code == 201

    @gen_test
    async def test_a_server_that_stops_keeps_what_has_come(self) -> None:
        ann = await self.connect("Ann")
        place = await self.begin(ann, len(BIG))
        line = await self.broken(ann, "PATCH", place, Upload_Offset=0)
        await self.until_came(3 * PIECE + 5)
        await self.chat.file_routes.close()
        assert await self.chat.hub.files.blobs.size(place.rpartition("/")[2]) == 3 * PIECE + 5
        status, headers, body = await line.answer()
        assert (status, headers["Retry-After"], json.loads(body)["code"]) == (503, "2", "history-unavailable")
        for method, path, data in (("POST", "/files", b"x"), ("GET", "/files/x", None), ("HEAD", place, None)):
            assert (await self.ask(method, path, ann, data)).code == 503

    # What every answer has

    @gen_test
    async def test_every_answer_is_harmless_in_a_browser(self) -> None:
        ann = await self.connect("Ann")
        place, file = await self.begin(ann, 9), (await self.upload(ann))["id"]
        for method, path, who, body in (
            ("POST", "/files?name=a", ann, b"x"),
            ("POST", "/files?name=a", ann, b""),
            ("POST", "/files?name=a", None, b"x"),
            ("GET", "/files", ann, None),
            ("HEAD", place, ann, None),
            ("PATCH", place, ann, b"x"),
            ("POST", "/files/cookie", ann, b""),
            ("GET", f"/files/{file}", ann, None),
            ("GET", f"/files/{file}", None, None),
            ("GET", "/files/%FF", ann, None),
            ("PUT", f"/files/{file}", ann, b""),
        ):
            answer = await self.ask(method, path, who, body)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
            assert answer.headers.get("Content-Type") in ("application/json", "text/plain; charset=utf-8", None)
            kept = "private, max-age=300" if answer.body == b"hello" else "no-store"
            assert answer.headers["Cache-Control"] == kept


class OffTest(FilesCase):
    settings = {"max_file_size": 0}

    @gen_test
    async def test_a_server_without_files_takes_none(self) -> None:
        ann = await self.connect("Ann")
        assert "files" not in ann.hello["server"]
        answer = await self.ask("POST", "/files?name=a", ann, b"x")
        assert (answer.code, json.loads(answer.body)["code"]) == (403, "not-allowed")


class LimitedTest(FilesCase):
    settings = {"upload_rate": (1, 0, 0)}

    @gen_test
    async def test_who_sends_too_many_files_waits(self) -> None:
        ann, bob = await self.connect("Ann"), await self.connect("Bob")
        self.chat.hub.limits.clock = lambda: 0.0
        answers = [await self.ask("POST", "/files?name=a", ann, b"x") for _ in range(11)]
        assert [answer.code for answer in answers] == [201] * 10 + [429]
        assert json.loads(answers[10].body)["code"] == "rate-limited"
        assert answers[10].headers["Retry-After"] == "1"
        assert (await self.ask("POST", "/files?name=a", bob, b"x")).code == 201

    @gen_test
    async def test_who_sends_many_pictures_keeps_nobody_waiting(self) -> None:
        ann, bob = await self.connect("Ann"), await self.connect("Bob")
        finish, begun, go_on = self.chat.hub.files.finish, list[str](), asyncio.Event()

        async def slow(upload: Upload) -> File:
            begun.append(upload.owner)
            await go_on.wait()
            return await finish(upload)

        with mock.patch.object(self.chat.hub.files, "finish", slow):
            sent = [asyncio.ensure_future(self.ask("POST", "/files", ann, b"x")) for _ in range(5)]
            async with asyncio.timeout(20):
                while len(self.chat.file_routes._traffic._lanes) < 2 or not begun:
                    await asyncio.sleep(0.005)
                sent.append(asyncio.ensure_future(self.ask("POST", "/files", bob, b"x")))
                while len(begun) < 2:
                    await asyncio.sleep(0.005)
            assert begun == [ann.id, bob.id]
            go_on.set()
            assert [answer.code for answer in await asyncio.gather(*sent)] == [201] * 6
        assert not self.chat.file_routes._traffic._lanes

    @gen_test
    async def test_one_user_has_only_so_many_lines(self) -> None:
        ann, bob = await self.connect("Ann"), await self.connect("Bob")
        with mock.patch.object(traffic, "AT_ONCE", (2, 9, 9)):
            places = [await self.begin(ann, 9) for _ in range(3)]
            lines = [await self.open("PATCH", place, ann, Upload_Offset=0, Content_Length=9) for place in places[:2]]
            async with asyncio.timeout(20):
                while len(self.chat.file_routes._traffic._writers) < 2:
                    await asyncio.sleep(0.005)
            assert (await self.ask("PATCH", places[2], ann, b"x", Upload_Offset=0)).code == 429
            await self.upload(bob)
            for line in lines:
                line.send(bytes(9))
                assert (await line.answer())[0] == 201
            assert (await self.ask("PATCH", places[2], ann, b"x", Upload_Offset=0)).code == 204
        assert not self.chat.file_routes._traffic._counts
