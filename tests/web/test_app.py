"""The server over real sockets: the page, who may connect, and what a bad client is told."""

import asyncio
import gzip
import json
import re
from typing import ClassVar
from urllib.parse import quote

from tornado.httpclient import HTTPClientError
from tornado.testing import gen_test

from tests.both_ways import both_ways
from tests.nodes import Wires
from tests.plugin_host.test_manager import PluginsCase
from tornado_chat.chat.metrics import single
from tornado_chat.testing import ChatTestCase


def raw(case: ChatTestCase, path: str) -> int:
    """Ask for a path exactly as it is: clients tidy it up."""

    async def ask() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", case.get_http_port())
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        status = await reader.readline()
        await reader.read()
        writer.close()
        return int(status.split()[1])

    return case.io_loop.run_sync(ask)


class PageTest(ChatTestCase):
    def test_the_page_is_served_for_get_and_head(self) -> None:
        page = self.fetch("/")
        head = self.fetch("/", method="HEAD", decompress_response=False)
        assert page.code == head.code == 200
        assert b"<!doctype html>" in page.body.lower()
        assert head.body == b""
        assert int(head.headers["Content-Length"]) == len(self.fetch("/", decompress_response=False).body)

    def test_other_paths_are_404_and_other_methods_405(self) -> None:
        assert self.fetch("/index").code == 404
        assert self.fetch("/index", method="POST", body="").code == 404
        assert self.fetch("/", method="POST", body="").code == 405
        assert self.fetch("/assets/app.js", method="DELETE").code == 405

    def test_assets_are_served_without_listings_and_nothing_outside_them(self) -> None:
        assert self.fetch("/assets/app.js").code == 200
        for path in (
            *("", ".", "vendor", "vendor/", "nothing.js", "app.js/", "app.js%20", "//app.js", "app.js%00", "%00"),
            *("%0a", "%ff", "..", "../index.html", "%2e%2e/index.html", "..%2findex.html"),
            *("%2e%2e%2f%2e%2e%2fsetup.cfg", "%2e%2e%2findex.html"),
            *("/etc/passwd", "%2fetc/passwd", "vendor/../../../setup.cfg", "..%5c..%5csetup.cfg"),
            *("v-0123456789ab/../app.js", "v-0123456789ab//app.js"),
            *("index.html", "v-0123456789ab/", "v-0123456789ab", "v-0123456789ab/%2e%2e/index.html"),
        ):
            for code in (self.fetch("/assets/" + path).code, raw(self, "/assets/" + path)):
                assert code in (400, 404), (path, code)

    def test_every_answer_carries_the_security_headers(self) -> None:
        for path in ("/", "/assets/worker.js", "/nothing", "/ws"):
            headers = self.fetch(path).headers
            assert "default-src 'none'" in headers["Content-Security-Policy"], path
            assert headers["X-Content-Type-Options"] == "nosniff", path

    def test_what_did_not_change_is_304(self) -> None:
        for path in ("/", "/assets/app.js"):
            first = self.fetch(path)
            again = self.fetch(path, headers={"If-None-Match": first.headers["Etag"]})
            assert (again.code, again.body) == (304, b"")
            assert first.headers["Cache-Control"] == "no-cache"

    def test_the_page_preloads_the_texts_of_the_readers_language(self) -> None:
        for accepted, language in (("zh-CN,zh;q=0.9,en", "zh"), ("xx," * 4_000 + "zh", "en"), (",;-, ../x", "en")):
            answer = self.fetch("/", headers={"Accept-Language": accepted})
            assert f'/i18n/{language}.js"' in answer.body.decode()
            assert "Accept-Language" in answer.headers["Vary"]
            again = self.fetch("/", headers={"Accept-Language": accepted, "If-None-Match": answer.headers["Etag"]})
            assert again.code == 304
        assert self.fetch("/", headers={"Accept-Language": "zh", "If-None-Match": again.headers["Etag"]}).code == 200

    def test_the_page_names_its_files_by_their_version_and_those_are_kept_for_ever(self) -> None:
        page = self.fetch("/").body.decode()
        named = re.findall(r'(?:src|href)="(assets/[^"]+)"', page)
        assert len(named) > 4
        for path in named:
            file = self.fetch("/" + path)
            assert file.code == 200, path
            assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        other = self.fetch("/assets/v-0123456789ab/app.js")  # by a page from before an update
        assert other.body == self.fetch("/assets/app.js").body
        assert other.headers["Cache-Control"] == "no-cache"

    def test_files_are_compressed_once_for_those_who_can_read_it(self) -> None:
        plain = self.fetch("/assets/css/log.css", decompress_response=False)
        small = self.fetch("/assets/css/log.css", decompress_response=False, headers={"Accept-Encoding": "gzip"})
        assert "Content-Encoding" not in plain.headers
        assert small.headers["Content-Encoding"] == "gzip"
        assert small.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
        assert gzip.decompress(small.body) == plain.body


@both_ways
class ConnectTest(ChatTestCase):
    async def refusal(self, **how: str) -> int:
        with self.assertRaises(HTTPClientError) as refused:
            await self.connect(**how)
        return refused.exception.code

    @gen_test
    async def test_a_name_is_needed_and_checked_before_the_upgrade(self) -> None:
        assert await self.refusal() == 400
        for name in ("", "  ", "a\0b", "a\u202eb", "a\u200bb", "a\u3000b", "x" * 65):
            assert await self.refusal(name=name) == 400, name

    @gen_test
    async def test_a_browser_is_told_by_a_close_code_what_is_wrong_with_a_name(self) -> None:
        here = f"http://127.0.0.1:{self.get_http_port()}"
        for name in ("a\u202eb", "x" * 65, ""):
            with self.assertRaisesRegex(EOFError, "4400.*name"):
                await self.connect(name=name, Origin=here)
        with self.assertRaisesRegex(EOFError, "4400.*name"):
            await self.connect(Origin=here)

    @gen_test
    async def test_the_log_says_who_is_not_let_in_and_why_and_shows_no_token(self) -> None:
        here = f"http://127.0.0.1:{self.get_http_port()}"
        with self.assertLogs("tornado_chat", "INFO") as logs:
            await self.refusal(name="x" * 65)
            await self.refusal(name="Ann", Origin="https://evil.example")
            for how in ({"name": "a\u202eb", "Origin": here}, {"token": "c2VjcmV0.c2VjcmV0"}):
                with self.assertRaises(EOFError):
                    await self.connect(**how)
        said = [line for line in logs.output if "127.0.0.1 is not let in: " in line]
        wanted = ("a name has 1 to 64", "https://evil.example asks", "a name must", "not valid here")
        assert [words for words, line in zip(wanted, said, strict=True) if words not in line] == []
        assert "c2VjcmV0" not in "".join(logs.output)
        assert any("400 Invalid Name" in line for line in logs.output)

    @gen_test
    async def test_a_foreign_origin_is_refused_and_ones_own_is_not(self) -> None:
        here = f"127.0.0.1:{self.get_http_port()}"
        for origin in ("http://evil.example", "null", f"https://{here}", "http://127.0.0.1:1", ""):
            assert await self.refusal(name="Ann", Origin=origin) == 403, origin
        await self.connect("Ann", Origin=f"http://{here}")

    @gen_test
    async def test_hello_says_who_one_is_and_what_can_be_done(self) -> None:
        ann = await self.connect("  Ａnn ")
        assert ann.hello["user"]["name"] == "Ann"
        assert len(ann.hello["user"]["id"]) == 36
        roll = next(one for one in ann.hello["actions"] if one["name"] == "roll")
        assert roll["help"] == "Roll one die with the given number of sides."
        assert roll["parameters"] == [{"name": "sides", "type": "int", "required": False, "default": 6}]
        assert not [one for one in ann.hello["actions"] if one["name"] == "welcome"]
        assert ann.hello["powers"] == ["create-channel", "open-direct", "pin"]
        assert ann.hello["limits"]["edit_window"] == 0

    @gen_test
    async def test_two_guests_may_bear_one_name(self) -> None:
        first, second = await self.connect("Ann"), await self.connect("Ann")
        assert first.hello["user"]["id"] != second.hello["user"]["id"]

    @gen_test
    async def test_the_token_of_a_hello_makes_the_same_user_again_whatever_the_name(self) -> None:
        first = await self.connect("Ann")
        second = await self.connect(token=first.hello["token"])
        assert second.hello["user"] == first.hello["user"]

    @gen_test
    async def test_a_token_from_elsewhere_is_closed_with_4401(self) -> None:
        with self.assertRaisesRegex(EOFError, "4401"):
            await self.connect(token="bm90aGluZw.bm90aGluZw")

    def test_a_name_that_is_not_utf8_is_400(self) -> None:
        for query in ("name=%ff", "token=%ff", f"name={quote('Ann')}"):  # the last: no upgrade was asked for
            assert self.fetch("/ws?" + query).code == 400


class BadInputTest(ChatTestCase):
    settings = {"max_message_size": 2048}

    @gen_test
    async def test_what_is_no_json_is_answered_and_the_connection_stays(self) -> None:
        ann = await self.join("Ann", "den")
        for frame in ("{", "[]", "1", "NaN", '{"a":1e999}', '{"a":"\\ud800"}', '{"a":' * 100 + "1" + "}" * 100):
            ann.send_text(frame)
            assert (await ann.until("error"))["code"] == "invalid-json", frame
        await ann.call("who")

    @gen_test
    async def test_lines_of_one_frame_are_answered_one_by_one(self) -> None:
        ann = await self.join("Ann", "den")
        ann.send_text('{"action":"who","ref":"1"}\n\n  \nbroken\n{"action":"channels","ref":"2"}\n')
        answers = [(await ann.until(lambda event: event["action"] in ("ok", "error")))["ref"] for _ in range(3)]
        assert answers == ["1", None, "2"]

    @gen_test
    async def test_one_object_may_be_indented(self) -> None:
        ann = await self.connect("Ann")
        ann.send_text(json.dumps({"action": "who", "ref": "1"}, indent=2))
        assert (await ann.until("ok"))["count"] == 1

    @gen_test
    async def test_a_client_that_does_nothing_but_err_is_closed_with_1008(self) -> None:
        ann = await self.connect("Ann")
        for _ in range(11):
            ann.send_text("{")
        assert await ann.until_closed() == 1008
        assert len([event for event in ann.events if event["action"] == "error"]) == 11

    @gen_test
    async def test_binary_is_closed_with_1003_and_too_much_with_1009(self) -> None:
        ann, bob = await self.connect("Ann"), await self.connect("Bob")
        ann.send_text(b"binary")
        assert await ann.until_closed() == 1003
        bob.send_text("x" * 2049)
        assert await bob.until_closed() == 1009


class PluginUITest(PluginsCase):
    plugins: ClassVar = {"mood": "", "plain": "", "ü-b": ""}

    def test_plugin_ui_is_served_by_name_and_content_and_nothing_beside_them(self) -> None:
        async def reload() -> list[dict[str, str]]:
            await self.chat.plugins.reload()
            hello = (await self.connect("Ann")).hello
            assert hello["faces"] == hello["ui"]  # its name before
            ui: list[dict[str, str]] = hello["ui"]
            return ui

        assert self.io_loop.run_sync(reload) == []
        for name in ("mood", "ü-b", "alone"):
            (self.folder / f"{name}.js").write_text(f"// {name}")
        found = self.io_loop.run_sync(reload)
        assert [one["name"] for one in found] == ["mood", "ü-b"]
        for one in found:
            for folder in ("/assets/", "/assets/v-0123456789ab/"):
                script = self.fetch(folder + one["url"])
                assert script.body.decode() == f"// {one['name']}"
                assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
                assert "immutable" in script.headers["Cache-Control"]
                assert script.headers["X-Content-Type-Options"] == "nosniff"
        mood = found[0]["url"].removeprefix("faces/")
        for path in (
            *("", ".", "..", "mood", "mood.js", "mood.py", "mood.000000000000.js", "plain.py", "alone.js"),
            *(f"../{mood}", f"./{mood}", f"{mood}/", f"{mood}%00", f"%2e%2e%2ffaces/{mood}", f"x/../{mood}"),
            *(f"{self.folder}/mood.js", "%2fetc/passwd", "../mood.py", "%2e%2e%2fapp.js", "..%5cmood.py", "%ff"),
        ):
            for code in (self.fetch("/assets/faces/" + path).code, raw(self, "/assets/faces/" + path)):
                assert code in (400, 404), (path, code)

        (self.folder / "mood.js").write_text("// other")
        now = self.io_loop.run_sync(reload)
        assert now[0]["url"] != found[0]["url"]
        assert now[1] == found[1]
        assert self.fetch("/assets/" + now[0]["url"]).body == b"// other"
        assert self.fetch("/assets/" + found[0]["url"]).code == 404

    @gen_test
    async def test_a_plugin_that_is_broken_keeps_its_ui_and_an_open_page_is_told_of_another(self) -> None:
        (self.folder / "mood.js").write_text("// one")
        await self.chat.plugins.reload()
        ann = await self.connect("Ann")
        (self.folder / "mood.js").write_text("// other")
        self.write("mood", "1 +")
        await self.chat.plugins.reload()
        assert (await self.connect("Ben")).hello["ui"] == ann.hello["ui"]
        self.write("mood", "1")
        await self.chat.plugins.reload()
        told = await ann.until("actions")
        assert [one["name"] for one in told["ui"]] == ["mood"]
        assert told["faces"] == told["ui"] != ann.hello["ui"]


class TurnsTest(ChatTestCase):
    @gen_test
    async def test_what_is_kept_no_longer_is_let_go_of_by_one_node_at_a_time(self) -> None:
        wires, done = Wires(), []
        self.chat.hub.nodes, other = wires.node("one"), wires.node("two")
        for name in ("trim", "sweep"):
            about, what = (self.chat.hub.history, "trim") if name == "trim" else (self.chat.hub.files, "sweep")

            async def note(name: str = name) -> None:
                done.append(name)

            setattr(about, what, note)
            assert await other.turn(name, 60)
        await self.chat.trim()
        await self.chat.sweep()
        assert not done
        wires.due.clear()
        self.chat.storage.clock = lambda: 3_600.0  # to it, all is an hour older
        await self.chat.trim()
        await self.chat.sweep()
        assert not done
        self.chat.storage.clock = lambda: 0.0
        await self.chat.trim()
        await self.chat.sweep()
        assert done == ["trim", "sweep"]
        assert not await other.turn("trim", 60)
        assert not await other.turn("sweep", 60)

    @gen_test
    async def test_a_node_is_ready_as_long_as_its_database_serves_and_tells_its_figures(self) -> None:
        async def get(path: str) -> tuple[int, str]:
            answer = await self.http_client.fetch(self.get_url(path), raise_error=False)
            return answer.code, answer.body.decode()

        assert (await get("/readyz"))[0] == 200
        self.chat.storage.trouble = lambda: "writing failed"
        self.chat.storage.families = lambda: [single("nodes", "gauge", "Nodes.", 2)]
        assert await get("/readyz") == (503, '{"ready": false, "why": "writing failed"}')
        code, text = await get("/metrics")
        assert code == 200
        assert "\ntornado_chat_nodes 2\n" in text
