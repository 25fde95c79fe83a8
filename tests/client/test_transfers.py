"""A client's files over a line that breaks, and before a server that says no."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tornado.testing import AsyncHTTPTestCase, gen_test
from tornado.web import Application, RequestHandler

from tornado_chat import Refused
from tornado_chat.client import transfers
from tornado_chat.client.credentials import Credentials
from tornado_chat.client.transfers import Transfers

Fault = Callable[[RequestHandler], None]


def lose(handler: RequestHandler) -> None:
    """End the connection without an answer."""
    stream = handler.detach() if handler.request.method != "HEAD" else handler.request.connection.stream
    stream.close()


def answer(code: int, about: Any = None, **headers: str) -> Fault:
    def say(handler: RequestHandler) -> None:
        handler.set_status(code)
        for name, value in headers.items():
            handler.set_header(name.replace("_", "-"), value)
        handler.finish(about if isinstance(about, str) else json.dumps(about))

    return say


class Handler(RequestHandler):
    """What the server does with files, in memory. `case.faults`: what it does instead, by method, once each."""

    def initialize(self, case: "TransfersCase") -> None:
        self.case = case

    def prepare(self) -> None:
        method = self.request.method or ""
        self.case.asked.append(method)
        self.case.headers = self.request.headers
        if faults := self.case.faults.get(method):
            fault = faults.pop(0)
            if fault is not None:
                fault(self)

    def data_received(self, chunk: bytes) -> None:
        raise NotImplementedError

    def post(self, path: str) -> None:
        self.case.name = self.get_query_argument("name")
        size = int(self.request.headers["Upload-Length"])
        self.case.sizes.append(size)
        self.case.came = bytearray(self.request.body)
        self.case.pieces.append(len(self.request.body))
        self.set_status(201)
        if len(self.case.came) == size:
            self.finish(self.case.file)
        else:
            self.set_header("Location", f"files/uploads/{len(self.case.sizes)}")
            self.set_header("Upload-Offset", str(len(self.case.came)))

    def head(self, path: str) -> None:
        self.set_header("Upload-Offset", str(len(self.case.came)))

    def patch(self, path: str) -> None:
        if path != f"/uploads/{len(self.case.sizes)}":
            answer(404, {"code": "not-found", "message": "there is no such file"})(self)
            return
        if int(self.request.headers["Upload-Offset"]) != len(self.case.came):
            self.set_status(409)
            return
        self.case.came += self.request.body
        self.case.pieces.append(len(self.request.body))
        if len(self.case.came) == self.case.sizes[-1]:
            self.set_status(201)
            self.finish(self.case.file)
        else:
            self.set_status(204)

    def get(self, path: str) -> None:
        begin, _, end = self.request.headers["Range"].removeprefix("bytes=").partition("-")
        part = bytes(self.case.kept[int(begin) : int(end) + 1])
        if not part:
            self.set_status(416)
            return
        self.set_status(206)
        self.set_header("Content-Range", f"bytes {begin}-{int(begin) + len(part) - 1}/{len(self.case.kept)}")
        self.finish(part)


class TransfersCase(AsyncHTTPTestCase):
    @pytest.fixture(autouse=True)
    def _hasten(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self.folder = tmp_path
        for name, value in {"PIECE": 4, "FETCHED": 4, "FIRST_PAUSE": 0.001, "LONGEST_PAUSE": 0.002}.items():
            monkeypatch.setattr(transfers, name, value)

    def get_app(self) -> Application:
        self.asked: list[str] = []
        self.faults: dict[str, list[Fault | None]] = {}
        self.sizes: list[int] = []
        self.pieces: list[int] = []
        self.came, self.kept, self.name = bytearray(), b"0123456789", ""
        self.gone: ConnectionError | None = None
        self.connected = True
        self.tokens = iter(("first", "second"))
        return Application([(r"/files(.*)", Handler, {"case": self})])

    @property
    def file(self) -> dict[str, Any]:
        return {"id": "the-id", "name": self.name, "type": "text/plain", "size": len(self.came)}

    def transfers(self, token: Any = "", headers: dict[str, str] | None = None) -> Transfers:
        made = Transfers(
            Credentials("Ann", token, "", headers or {}),
            lambda: self.get_url("").rstrip("/"),
            lambda: self.connected,
            lambda: self.gone,
        )
        made.hear({"server": {"files": {"max_size": 1_000}}})
        return made

    async def upload(self, data: bytes = b"0123456789", **how: Any) -> Any:
        path = self.folder / "a.txt"
        path.write_bytes(data)
        return await self.transfers(**how).upload(path, "a b.txt")

    async def refusal(self, **how: Any) -> Refused:
        with pytest.raises(Refused) as caught:
            await self.upload(**how)
        return caught.value

    # Up

    @gen_test
    async def test_a_file_goes_in_pieces_under_its_name(self) -> None:
        file = await self.upload(token="secret")
        assert file == {"id": "the-id", "name": "a b.txt", "type": "text/plain", "size": 10}
        assert (bytes(self.came), self.pieces) == (b"0123456789", [4, 4, 2])
        assert self.headers["Authorization"] == "Bearer secret"

    @gen_test
    async def test_a_lost_connection_costs_one_piece(self) -> None:
        self.faults = {"POST": [lose], "PATCH": [lose, None, lose], "HEAD": [lose]}
        assert (await self.upload())["size"] == 10
        assert (bytes(self.came), self.pieces) == (b"0123456789", [4, 4, 2])
        assert self.asked == ["POST", "POST", "PATCH", "HEAD", "HEAD", "PATCH", "PATCH", "HEAD", "PATCH"]

    @gen_test
    async def test_a_piece_that_came_although_its_answer_was_lost_is_not_sent_again(self) -> None:
        def take_and_lose(handler: RequestHandler) -> None:
            self.came += handler.request.body
            lose(handler)

        self.faults = {"PATCH": [take_and_lose]}
        await self.upload()
        assert (bytes(self.came), self.pieces) == (b"0123456789", [4, 2])

    @gen_test
    async def test_another_offset_is_asked_for(self) -> None:
        def lose_all(handler: RequestHandler) -> None:
            self.came.clear()
            answer(409)(handler)

        self.faults = {"PATCH": [None, lose_all]}
        await self.upload()
        assert (bytes(self.came), self.pieces) == (b"0123456789", [4, 4, 4, 4, 2])

    @gen_test
    async def test_an_upload_that_was_forgotten_is_begun_anew_a_few_times(self) -> None:
        gone = answer(404, {"code": "not-found", "message": "there is no such file"})
        self.faults = {"PATCH": [None, gone]}
        assert (await self.upload())["size"] == 10
        assert len(self.sizes) == 2
        self.faults = {"PATCH": [gone] * 3}
        assert (await self.refusal()).code == "not-found"
        assert len(self.sizes) == 5
        self.faults = {"PATCH": [lose], "HEAD": [answer(404, "")]}
        assert (await self.upload())["size"] == 10

    @gen_test
    async def test_what_passes_by_itself_is_waited_for(self) -> None:
        self.faults = {"POST": [answer(503, ""), answer(429, {}, Retry_After="1")], "PATCH": [answer(502, "<p>")]}
        assert (await self.upload())["size"] == 10

    @gen_test
    async def test_what_does_not_pass_ends_with_the_last_problem(self) -> None:
        self.faults = {"POST": [answer(503, "")] * transfers.TRIES}
        with pytest.raises(ConnectionError, match="503 Service Unavailable"):
            await self.upload()
        self.faults = {"PATCH": [answer(502, "")] * transfers.TRIES}
        with pytest.raises(ConnectionError, match="takes nothing"):
            await self.upload()

    @gen_test
    async def test_a_client_without_a_connection_tries_until_it_ends(self) -> None:
        self.connected = False
        self.faults = {"POST": [lose] * (2 * transfers.TRIES)}
        assert (await self.upload())["size"] == 10
        self.faults = {"POST": [lose] * 10_000}
        uploading = asyncio.ensure_future(self.upload())
        while len(self.faults["POST"]) > 9_990:
            await asyncio.sleep(0.001)
        self.gone = ConnectionError("it has ended")
        with pytest.raises(ConnectionError, match="it has ended"):
            await uploading

    @gen_test
    async def test_a_no_of_the_server_is_refused_in_its_words(self) -> None:
        self.faults = {"POST": [answer(507, {"code": "no-space", "message": "your files take 1 GB of 1 GB"})]}
        refused = await self.refusal()
        assert (refused.code, refused.message) == ("no-space", "your files take 1 GB of 1 GB")
        self.faults = {"PATCH": [None, answer(413, {"code": "too-large", "message": "too much"})]}
        assert (await self.refusal()).code == "too-large"

    @gen_test
    async def test_an_answer_that_is_none_of_a_chat_says_what_to_do(self) -> None:
        for method, fault, words in (
            ("POST", answer(404, "<h1>Not found</h1>"), "404 Not Found: let the proxy .* pass /files on"),
            ("POST", answer(302, "", Location="http://elsewhere/"), "302"),
            ("POST", answer(200, ""), "not that of a chat"),
            ("POST", answer(201, "welcome"), "not that of a chat"),
            ("PATCH", answer(413, "<h1>nginx</h1>"), "take bodies of 4 bytes"),
            ("PATCH", answer(405, ""), "405"),
        ):
            self.faults = {method: [fault]}
            with pytest.raises(OSError, match=words):
                await self.upload()
        self.faults = {"PATCH": [lose], "HEAD": [answer(200, "")]}
        with pytest.raises(OSError, match="not that of a chat"):
            await self.upload()

    @gen_test
    async def test_a_small_file_goes_in_one_request(self) -> None:
        assert (await self.upload(b"0123"))["size"] == 4
        assert self.asked == ["POST"]

    @gen_test
    async def test_what_cannot_be_is_said_before_anything_is_sent(self) -> None:
        assert "has 1,001 bytes; this server takes 1,000" in (await self.refusal(data=b"x" * 1_001)).message
        silent = self.transfers()
        path = self.folder / "a.txt"
        for hello in ({}, {"server": None}, {"server": {"files": []}}):
            silent.hear(hello)
            with pytest.raises(Refused, match="takes no files"):
                await silent.upload(path, "a")
        with pytest.raises(FileNotFoundError):
            await self.transfers().upload(self.folder / "nowhere", "a")
        with pytest.raises(OSError, match="directory"):
            await self.transfers().upload(self.folder, "a")
        assert self.asked == []

    @gen_test
    async def test_a_file_that_becomes_shorter_meanwhile_is_an_error(self) -> None:
        def cut(handler: RequestHandler) -> None:
            (self.folder / "a.txt").write_bytes(b"01234")

        self.faults = {"PATCH": [cut]}
        with pytest.raises(OSError, match="has become shorter"):
            await self.upload()

    @gen_test
    async def test_a_token_that_was_refused_is_asked_for_again_once(self) -> None:
        no = answer(401, {"code": "not-allowed", "message": "sign in"})
        self.faults = {"POST": [no]}
        await self.upload(token=lambda: next(self.tokens))
        assert self.headers["Authorization"] == "Bearer second"
        self.faults = {"POST": [no, no]}
        assert (await self.refusal(token="old")).message == "sign in"

    @gen_test
    async def test_beside_the_authorization_of_a_proxy_there_is_no_room_for_a_token(self) -> None:
        with pytest.raises(OSError, match="headers= has an Authorization"):
            await self.upload(token="secret", headers={"Authorization": "Basic x"})
        await self.upload(headers={"Authorization": "Basic x"})
        assert self.headers["Authorization"] == "Basic x"

    # Down

    async def download(self) -> bytes:
        return b"".join([piece async for piece in self.transfers().pieces("the-id")])

    @gen_test
    async def test_a_file_comes_in_pieces_and_goes_on_after_a_lost_connection(self) -> None:
        self.faults = {"GET": [lose, None, lose]}
        assert await self.download() == b"0123456789"
        self.kept = b"01234567"
        assert await self.download() == b"01234567"
        self.faults = {"GET": [answer(200, "whole")]}
        assert await self.download() == b"whole"

    @gen_test
    async def test_what_is_not_there_is_refused_and_half_an_answer_is_an_error(self) -> None:
        self.faults = {"GET": [answer(404, {"code": "not-found", "message": "there is no such file"})]}
        with pytest.raises(Refused, match="no such file"):
            await self.download()
        self.faults = {"GET": [None, answer(200, "whole")]}
        with pytest.raises(OSError, match="check the proxy"):
            await self.download()
