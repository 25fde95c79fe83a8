"""What the how-to guides say, tried: config show, systemd's notice, nginx and Caddy in front, under a path."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Awaitable, Callable, Iterator
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urljoin

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.testing import bind_unused_port

from tests.browser import CHROMIUM, FLAGS, WHY_NOT
from tests.command_line import show
from tests.lengths import only_long
from tornado_chat.config.settings import Settings
from tornado_chat.server.run import _notify
from tornado_chat.testing import connect
from tornado_chat.web.app import Chat, make_app

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def test_config_show_says_what_is_set_and_where_and_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "chat.toml"
    file.write_text('port = 4000\nmetrics-token = "do not tell"\ntrusted_proxies = ["10.0.0.0/8"]\n')
    environ = {"TORNADO_CHAT_CONFIG": str(file), "TORNADO_CHAT_PING_INTERVAL": "10"}
    said = show(["--log-level", "debug"], environ)
    lines = [line.split("#") for line in said.splitlines()]
    where = {line.split(" =")[0]: place.strip() for line, place in lines if line}
    assert where["port"] == where["metrics_token"] == str(file)
    assert where["ping_interval"] == "TORNADO_CHAT_PING_INTERVAL"
    assert where["log_level"] == "--log-level"
    assert where["host"] == "default"
    assert "do not tell" not in said
    assert "# tls_cert is not set" in said
    again = tmp_path / "again.toml"
    again.write_text(said)
    values = tomllib.loads(said)
    assert values["trusted_proxies"] == ["10.0.0.0/8"]
    assert show([], {"TORNADO_CHAT_CONFIG": str(again)}).count(str(again)) == len(values)


def test_config_show_is_a_command_and_a_wrong_value_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tornado_chat", "config"]
    for arguments, status, said in (
        (["show", "--port", "4000"], 0, "port = 4000"),
        (["--port", "4000"], 0, "port = 4000"),
        (["show", "--port", "x"], 2, "--port must be a whole number"),
        (["tell"], 2, "there is no command config tell; there are show"),
    ):
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == status
        assert said in (done.stderr if status else done.stdout)
        assert "Traceback" not in done.stderr


def test_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "")
    _notify("READY=1")
    for place in (str(tmp_path / "notify"), f"@tornado-chat-{os.getpid()}"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind("\0" + place[1:] if place[0] == "@" else place)
            systemd.settimeout(5)
            monkeypatch.setenv("NOTIFY_SOCKET", place)
            _notify("READY=1")
            assert systemd.recv(100) == b"READY=1"
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere")
    _notify("STOPPING=1")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "tornado_chat.service"
    text = (EXAMPLES / unit.name).read_text()
    unit.write_text(text.replace("/opt/tornado_chat/.venv/bin/python", sys.executable))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


# A proxy in front


@pytest.fixture
def app(tmp_path: Path) -> Chat:
    return make_app(Settings(data_dir=tmp_path, history="memory", trusted_proxies=(ip_network("127.0.0.1"),)))


@pytest.fixture(params=["nginx", only_long("caddy")])
def proxy(request: pytest.FixtureRequest, tmp_path: Path, http_port: int) -> Iterator[str]:
    """A proxy with the example's own configuration; yields where it listens."""
    command = shutil.which(request.param, path=f"{os.environ['PATH']}:/usr/sbin")
    if command is None:
        pytest.skip(f"{request.param} is not installed")
    sock, port = bind_unused_port()
    sock.close()
    configure = nginx if request.param == "nginx" else caddy
    home = {"HOME": str(tmp_path)}  # where Caddy keeps its own
    process = subprocess.Popen(configure(command, tmp_path, port, http_port), stderr=subprocess.DEVNULL, env=home)
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        assert process.poll() is None, f"{request.param} has ended"
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


def nginx(command: str, tmp_path: Path, port: int, http_port: int) -> list[str]:
    """Write its configuration; return how it is run."""
    example = (EXAMPLES / "nginx.conf").read_text()
    site = example.replace("listen 8080", f"listen 127.0.0.1:{port}").replace(":3000", f":{http_port}")
    assert site.count(f":{http_port}/") == 1
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in kinds)
    conf = tmp_path / "nginx.conf"
    conf.write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log;\nevents {{}}\n"
        f"http {{ access_log off; {places} {site} }}\n".replace("/var/log/nginx", str(tmp_path))
    )
    return [command, "-e", str(tmp_path / "error.log"), "-p", str(tmp_path), "-c", str(conf)]


def caddy(command: str, tmp_path: Path, port: int, http_port: int) -> list[str]:
    """Write its configuration; return how it is run."""
    site = (EXAMPLES / "Caddyfile").read_text().replace(":8080", f"http://127.0.0.1:{port}", 2)
    site = site.replace(":3000", f":{http_port}")
    conf = tmp_path / "Caddyfile"
    conf.write_text(f"{{\n\tadmin off\n}}\n{site}")
    return [command, "run", "--config", str(conf), "--adapter", "caddyfile"]


@pytest.mark.gen_test
async def test_the_chat_works_under_a_path_behind_a_proxy(proxy: str, http_server: object) -> None:
    ann = await connect(f"{proxy}/chat", "Ann", Origin=proxy)
    bob = await connect(f"{proxy}/chat", "Bob")
    await ann.call("join-channel", target="den")
    await bob.call("join-channel", target="den")
    await bob.call("send-message", target="den", message="through a proxy")
    await ann.until_text("through a proxy")
    with pytest.raises(HTTPClientError, match="403"):
        await connect(f"{proxy}/chat", "Eve", Origin="http://evil.example")
    for client in (ann, bob):
        await client.close()
    http = AsyncHTTPClient()
    page = await http.fetch(f"{proxy}/chat")
    assert page.effective_url == f"{proxy}/chat/"
    (script,) = re.findall(r'src="(assets/[^"]*app.js)"', page.body.decode())
    assert (await http.fetch(f"{proxy}/chat/{script}")).code == 200
    for path in ("metrics", "/metrics"):
        assert (await http.fetch(f"{proxy}/chat/{path}", raise_error=False)).code in (403, 404)


@pytest.mark.gen_test
async def test_files_pass_a_proxy_as_they_come_and_are_fetched_by_a_cookie(
    proxy: str, http_server: object, app: Chat, tmp_path: Path
) -> None:
    ann = await connect(f"{proxy}/chat", "Ann")
    http, data = AsyncHTTPClient(), os.urandom(3_000_000)
    file = await ann.upload("large.bin", data)
    assert await ann.download(file) == data
    sent = {"Authorization": f"Bearer {ann.hello['token']}"}
    begun = await http.fetch(
        f"{proxy}/chat/files?name=a", method="POST", body=b"", headers={**sent, "Upload-Length": str(len(data))}
    )
    assert not (log := tmp_path / "access.log").exists() or "?" not in log.read_text()  # that of nginx
    place = urljoin(f"{proxy}/chat/files", begun.headers["Location"])
    assert place.startswith(f"{proxy}/chat/files/uploads/")
    half, gone = len(data) // 2, asyncio.Event()

    async def part(write: Callable[[bytes], Awaitable[None]]) -> None:
        await write(data[:half])
        while [writer.at for writer in app.file_routes._traffic._writers.values()] != [half]:
            await asyncio.sleep(0.01)  # until the server has what was sent so far
        gone.set()
        await write(data[half:])

    headers = {**sent, "Upload-Offset": "0", "Content-Length": str(len(data))}
    answer = await http.fetch(place, method="PATCH", body_producer=part, headers=headers)
    assert (answer.code, gone.is_set()) == (201, True)
    answer = await http.fetch(f"{proxy}/chat/files/cookie", method="POST", body=b"", headers=sent)
    cookie = answer.headers["Set-Cookie"]
    assert "Path" not in cookie  # a browser takes the folder that it asked for
    shown = await http.fetch(
        f"{proxy}/chat/files/{file['id']}", headers={"Cookie": cookie.partition(";")[0], "Range": "bytes=5-9"}
    )
    assert (shown.code, shown.body) == (206, data[5:10])
    await ann.close()


@pytest.mark.gen_test
async def test_the_page_works_under_a_path_behind_a_proxy(proxy: str, http_server: object) -> None:
    playwright = pytest.importorskip("playwright.async_api")
    if CHROMIUM is None:
        pytest.skip(WHY_NOT)
    async with playwright.async_playwright() as p:
        browser = await p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page()
        await page.goto(f"{proxy}/chat/")
        await page.get_by_role("textbox").first.fill("Ann")
        await page.keyboard.press("Enter")
        await page.fill("textarea", "from the page")
        await page.keyboard.press("Enter")
        await page.locator(".message .text").get_by_text("from the page").wait_for()
        kept = await page.evaluate("Object.keys(localStorage)")
        assert "tornado_chat/chat/.token" in kept
        assert all(key.startswith("tornado_chat/chat/.") for key in kept)  # at / there may be another server
        await browser.close()


@pytest.mark.gen_test
@pytest.mark.long
async def test_what_an_earlier_version_kept_for_the_whole_host_is_taken_over_once(
    proxy: str, http_server: object
) -> None:
    playwright = pytest.importorskip("playwright.async_api")
    if CHROMIUM is None:
        pytest.skip(WHY_NOT)
    ann = await connect(f"{proxy}/chat", "Ann")
    kept = {
        "token": ann.hello["token"],
        "name": "Ann",
        "outbox/1": {"ref": "1", "target": "x", "message": "y", "time": 1},
    }
    async with playwright.async_playwright() as p:
        browser = await p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page()
        await page.route("**/old", lambda route: route.fulfill(body="", content_type="text/html"))
        await page.goto(f"{proxy}/old")
        store = "([name, value]) => localStorage.setItem(`tornado_chat.${name}`, JSON.stringify(value))"
        for name, value in kept.items():
            await page.evaluate(store, [name, value])
        await page.goto(f"{proxy}/chat/")
        await page.locator("textarea").wait_for()
        assert await page.evaluate("localStorage['tornado_chat/chat/.outbox/1']") is None
        await page.get_by_role("button", name="Settings").click()
        for name in ("Sign out", "Sign out anyway"):
            await page.get_by_role("button", name=name).click()
        await page.locator("#name").wait_for()
        await page.reload()
        await page.locator("#name").wait_for()
        await browser.close()
    await ann.close()
    await asyncio.sleep(0)
