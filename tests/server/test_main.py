"""The command line, as a person uses it: real processes."""

import asyncio
import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient

from tests.lengths import only_long
from tornado_chat import Refused
from tornado_chat.__main__ import main
from tornado_chat.testing import connect
from tornado_chat.version import VERSION


def run(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tornado_chat", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


class Server:
    """A server in a process of its own; `url` is what it printed."""

    def __init__(self, environ: dict[str, str], *arguments: str) -> None:
        command = [sys.executable, "-m", "tornado_chat", "--port", "0", *arguments]
        log, name = tempfile.mkstemp(dir=Path(environ["XDG_DATA_HOME"]).parent)
        self.log = Path(name)
        self.process = subprocess.Popen(command, env=environ, stdout=PIPE, stderr=log, text=True)
        os.close(log)
        assert self.process.stdout is not None
        first = self.process.stdout.readline() if "json" not in arguments else self._listening()
        self.url = first.split()[-1].rstrip("/") if first else ""

    def _listening(self) -> str:
        while self.process.poll() is None:
            for event in self.events():
                if event["event"] == "listening":
                    return str(event["address"])
            time.sleep(0.01)
        return ""

    def written(self) -> str:
        """Return what it has written to standard error."""
        return self.log.read_text()

    def events(self) -> list[dict[str, Any]]:
        """Return the whole events of a JSON log."""
        return [json.loads(line) for line in self.written().splitlines(keepends=True) if line.endswith("\n")]

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Return the exit status and what was written to standard error."""
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
        return self.process.returncode, self.written()


@pytest.fixture
def server(environ: dict[str, str]) -> Iterator[Server]:
    server = Server(environ)
    yield server
    if server.process.poll() is None:
        server.process.kill()
    server.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, only_long(signal.SIGINT)])
def test_a_signal_ends_it_with_1012_to_everyone_and_status_0(server: Server, number: signal.Signals) -> None:
    async def talk() -> tuple[int | None, int]:
        ann, bob = await connect(server.url, "Ann"), await connect(server.url, "Bob")
        await ann.call("join-channel", target="den")
        server.process.send_signal(number)
        codes = await ann.until_closed(), await bob.until_closed()
        for client in (ann, bob):
            await client.close()
        return codes  # type: ignore[return-value]

    assert asyncio.run(talk()) == (1012, 1012)
    assert server.stop(0)[0] == 0


def test_no_token_name_or_text_gets_into_the_log(server: Server) -> None:
    async def talk() -> str:
        ann = await connect(server.url, "Annabel")
        await ann.call("join-channel", target="den")
        await ann.call("send-message", target="den", message="a secret")
        ann.send_text("broken secret")
        await ann.until("error")
        again = await connect(server.url, token=ann.hello["token"])
        await AsyncHTTPClient().fetch(f"{server.url}/ws?token={ann.hello['token']}", raise_error=False)
        for client in (ann, again):
            await client.close()
        return str(ann.hello["token"])

    token = asyncio.run(talk())
    status, log = server.stop()
    assert status == 0
    assert "GET /ws 400" in log
    for secret in (token, "Annabel", "secret", "name=", "token="):
        assert secret not in log


@pytest.mark.long
def test_identities_survive_a_restart_in_the_data_folder(environ: dict[str, str], tmp_path: Path) -> None:
    async def hello(url: str, **how: str) -> dict[str, dict[str, str]]:
        client = await connect(url, **how)
        await client.close()
        return client.hello

    servers = [Server(environ) for _ in range(1)]
    first = asyncio.run(hello(servers[0].url, name="Ann"))
    servers[0].stop()
    servers.append(Server(environ))
    again = asyncio.run(hello(servers[1].url, token=str(first["token"])))
    servers[1].stop()
    assert again["user"] == first["user"]
    secret = tmp_path / "data" / "tornado_chat" / "secret"
    assert secret.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        only_long(["--port", "x"], "--port must be a whole number from 0 to 65535, not 'x'"),
        (["--host", "no.such.host.invalid"], "--host no.such.host.invalid"),
        only_long(["--data-dir", "/proc/nothing"], "--data-dir /proc/nothing"),
        only_long(["--plugins-dir", "/nowhere"], "--plugins-dir /nowhere"),
    ],
)
def test_a_wrong_value_is_one_clear_line_and_status_2(
    environ: dict[str, str], arguments: list[str], said: str
) -> None:
    done = run(environ, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("tornado_chat: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "70000"], "--port must be a whole number"),
        (["--ping-interval", "nan"], "--ping-interval must be seconds"),
        (["--ping-interval", "90"], "must be longer than"),
        (["--history", "paper"], "--history must be one of"),
        (["--config", "/nowhere.toml"], "--config /nowhere.toml: No such file"),
        (["--prot", "1"], "did you mean --port?"),
        (["--port"], "expected one argument"),
        (["--data-dir", __file__], f"--data-dir {__file__} is a file, not a folder"),
        (["user", "add", "Ann", "--data-dir", __file__], f"{__file__} is a file, not a folder"),
    ],
)
def test_a_value_that_no_setting_has_is_one_too(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse\n"))
    assert main(arguments) == 2
    wrong = capsys.readouterr().err
    assert said in wrong
    assert wrong.startswith("tornado_chat: ")
    assert wrong.count("\n") == 1


def test_a_taken_port_is_one_clear_line(environ: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(environ, "--port", str(port))
    assert done.returncode == 2
    assert done.stderr == f"tornado_chat: port {port} of 127.0.0.1 is taken; choose another with --port\n"


def test_what_kubernetes_sets_stops_no_command_and_is_said_once(environ: dict[str, str]) -> None:
    done = run(
        {**environ, "TORNADO_CHAT_PORT": "tcp://10.0.0.1:3000", "TORNADO_CHAT_SERVICE_HOST": "x"}, "plugin", "list"
    )
    assert done.returncode == 0
    assert (
        done.stderr == "tornado_chat: not settings, and passed over: TORNADO_CHAT_PORT, TORNADO_CHAT_SERVICE_HOST\n"
    )


@pytest.mark.parametrize("host", ["*", only_long("::"), only_long("[::]")])
def test_all_addresses_are_those_of_ipv4_and_ipv6(environ: dict[str, str], host: str) -> None:
    server = Server(environ, "--host", host)
    port = int(server.url.rpartition(":")[2])
    try:
        for address in ("127.0.0.1", "::1"):
            with socket.create_connection((address, port), timeout=5):
                pass
    finally:
        assert server.stop()[0] == 0


def test_a_unix_socket_serves_goes_with_the_server_and_is_taken_by_one(
    environ: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "chat.sock"
    left = socket.socket(socket.AF_UNIX)  # by a server that was killed
    left.bind(str(path))
    left.close()
    server = Server(environ, "--host", f"unix:{path}")
    try:
        assert server.url == f"unix:{path}"
        healthy = run(environ, "health", "--host", f"unix:{path}")
        assert (healthy.returncode, healthy.stdout) == (0, f"the server at unix:{path} is well\n")
        other = run({**environ, "XDG_DATA_HOME": str(tmp_path)}, "--host", f"unix:{path}")
        assert other.stderr == f"tornado_chat: unix:{path} is taken; is another server running?\n"
        assert asyncio.run(upgraded(path)) == b"HTTP/1.1 101 Switching Protocols\r\n"
    finally:
        assert server.stop()[0] == 0
    assert not path.exists()
    path.write_text("mine")
    assert "which is no socket" in run(environ, "--host", f"unix:{path}").stderr
    assert path.read_text() == "mine"


async def upgraded(path: Path) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    head = "Host: x", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"
    lines = "GET /ws?name=Ann HTTP/1.1", *head, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "", ""
    writer.write("\r\n".join(lines).encode())
    status = await reader.readline()
    assert b'"action":"hello"' in await reader.readuntil(b'"action":"hello"')
    writer.close()
    return status


def test_health_asks_the_server_of_the_settings_and_no_proxy(server: Server, environ: dict[str, str]) -> None:
    port = server.url.rpartition(":")[2]
    environ = {**environ, "http_proxy": "http://127.0.0.1:9"}
    assert run({**environ, "TORNADO_CHAT_PORT": port}, "health").returncode == 0
    assert run(environ, "health", "--host", "0.0.0.0", "--port", port).returncode == 0
    server.stop()
    done = run(environ, "health", "--port", port)
    assert done.returncode == 1
    assert done.stderr.startswith(f"tornado_chat: nothing answers at port {port} of 127.0.0.1")


def test_a_terminal_that_is_closed_ends_it_as_sigterm_does_but_not_under_nohup(environ: dict[str, str]) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # these tests themselves may run under nohup
    try:
        server = Server(environ)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert server.stop(signal.SIGHUP)[0] == 0
    ignored = ["sh", "-c", 'trap "" HUP; exec "$0" "$@"', sys.executable, "-m", "tornado_chat", "--port", "0"]
    process = subprocess.Popen(ignored, env=environ, stdout=PIPE, stderr=PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_of_two_owners_of_an_action_the_first_serves_and_both_files_are_named(
    environ: dict[str, str], tmp_path: Path
) -> None:
    plugin = 'from tornado_chat import Context, action\n@action("wave")\ndef wave(ctx: Context) -> None: ...\n'
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(plugin)
    said = Server(environ, "--plugins-dir", str(tmp_path)).stop()[1]
    assert str(tmp_path / "a.py") in said
    assert str(tmp_path / "b.py") in said


def test_without_tornado_it_says_in_one_line_what_to_do(environ: dict[str, str]) -> None:
    command = [sys.executable, "-S", "-m", "tornado_chat", "--help"]  # without site-packages
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("tornado_chat: tornado is missing; . .venv/bin/activate")
    assert done.stderr.count("\n") == 1


def test_it_says_its_version(environ: dict[str, str]) -> None:
    assert run(environ, "--version").stdout.startswith(f"tornado_chat {VERSION}")


def test_a_broken_plugin_is_named_in_a_json_log_and_the_others_serve(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n")
    server = Server(environ, "--plugins-dir", str(tmp_path), "--plugins-dir", "plugins", "--log-format", "json")

    async def actions() -> list[str]:
        ann = await connect(server.url, "Ann")
        await ann.close()
        return [action["name"] for action in ann.hello["actions"]]

    assert "roll" in asyncio.run(actions())
    server.stop()
    events = server.events()
    left_out = next(event for event in events if "nothing_of_that_name" in event["message"])
    assert f"{tmp_path}/broken.py:1: ModuleNotFoundError" in left_out["message"]


def test_the_log_says_who_came_and_went_what_was_refused_and_no_assets(environ: dict[str, str]) -> None:
    server = Server(environ, "--log-format", "json", "--auth", "guest,password")

    async def talk() -> str:
        ann = await connect(server.url, "Annabel")
        await ann.close()
        with contextlib.suppress(EOFError):
            await connect(server.url, token="made.up")
        fetch = AsyncHTTPClient().fetch
        for path in ("", "assets/app.js", "healthz", "metrics", "nowhere"):
            await fetch(f"{server.url}/{path}", raise_error=False)
        body = json.dumps({"name": "Annabel", "password": "a secret password"})
        for path in ("register", "sign-in"):
            headers = {"Content-Type": "application/json"}
            await fetch(f"{server.url}/{path}", method="POST", body=body, headers=headers)
        await fetch(f"{server.url}/sign-in", method="POST", body=body[:-3] + '"}', headers=headers, raise_error=False)
        return str(ann.hello["user"]["id"])

    user = asyncio.run(talk())
    log = server.stop()[1]
    events = server.events()
    assert all({"time", "level", "event", "message"} <= event.keys() for event in events)
    seen = {event["event"]: event for event in events}
    assert {"start", "plugins", "listening", "data", "stop", "stopped"} <= seen.keys()
    assert (seen["connected"]["user"], seen["connected"]["address"]) == (user, "127.0.0.1")
    assert (seen["left"]["user"], seen["left"]["code"]) == (user, 1005)  # none was given
    assert "token" in seen["refused"]["why"]
    assert seen["registered"]["user"] == seen["signed in"]["user"] != ""
    assert "gave a name and a password that do not fit" in seen
    requests = [event for event in events if event["event"] == "request"]
    assert {(one["path"], one["status"]) for one in requests} >= {("/", 200), ("/nowhere", 404), ("/sign-in", 401)}
    assert not any(one["path"].startswith(("/assets", "/healthz", "/metrics")) for one in requests)
    assert all({"method", "ms", "address"} <= one.keys() for one in requests)
    assert not any(secret in log for secret in ("Annabel", "secret", "made.up"))


def test_a_traceback_is_readable_and_shows_the_plugins_line(environ: dict[str, str], tmp_path: Path) -> None:
    lines = (
        "from tornado_chat import action, Context",
        "@action('burst')",
        "def burst(ctx: Context) -> None:",
        "    1 / 0",
    )
    (tmp_path / "burst.py").write_text("\n".join(lines))
    server = Server(environ, "--plugins-dir", str(tmp_path))

    async def call() -> None:
        ann = await connect(server.url, "Ann")
        await ann.call("join-channel", target="den")
        with contextlib.suppress(Refused):
            await ann.call("burst", target="den")
        await ann.close()

    asyncio.run(call())
    log = server.stop()[1].splitlines()
    frame = log.index(f'      File "{tmp_path}/burst.py", line 4, in burst')
    assert log[frame + 1] == "        1 / 0"
    assert all(len(line) < 300 for line in log)


@pytest.mark.parametrize("loop", ["asyncio", only_long("uvloop")])
def test_a_plugins_task_or_callback_that_would_end_the_loop_does_not_end_the_server(
    loop: str, environ: dict[str, str], tmp_path: Path
) -> None:
    head = "import asyncio, sys\nfrom tornado_chat import Context, action\n"
    if loop == "asyncio":
        (tmp_path / "hidden").mkdir()
        (tmp_path / "hidden" / "uvloop.py").write_text("raise ImportError\n")
        environ["PYTHONPATH"] = str(tmp_path / "hidden")
    else:
        pytest.importorskip("uvloop")
    (tmp_path / "ends.py").write_text(
        head
        + """
async def fail() -> None:
    await asyncio.sleep(0)
    raise KeyboardInterrupt

@action("end")
async def end(ctx: Context, how: str) -> None:
    loop = asyncio.get_running_loop()
    if how == "task":
        asyncio.create_task(fail())
    elif how == "exit":
        loop.call_soon(sys.exit, 3)
    elif how == "stop":
        loop.stop()
    elif how == "group":
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
    elif how == "wait":
        await asyncio.wait_for(fail(), 1)
    elif how == "gather":
        await asyncio.gather(fail(), fail())
    elif how == "evil":
        loop.call_soon(evil)

class Evil(SystemExit):
    __cause__ = __notes__ = property(sys.exit)
    def __str__(self) -> str:
        raise KeyboardInterrupt

def evil() -> None:
    raise Evil
"""
    )
    server = Server(environ, "--plugins-dir", str(tmp_path), "--limits", "off")

    async def drive() -> None:
        ann, bob = await connect(server.url, "Ann"), await connect(server.url, "Bob")
        for client in (ann, bob):
            await client.join("den")
        for number, how in enumerate(("task", "exit", "stop", "evil", "group", "wait", "gather"), 1):
            with contextlib.suppress(Refused):
                await ann.call("end", target="den", how=how)
            assert (await bob.call("send-message", target="den", message=how))["seq"] == number
        for client in (ann, bob):
            await client.close()

    asyncio.run(asyncio.wait_for(drive(), 60))
    code, said = server.stop()
    assert code == 0
    assert said.count("tried to end the server, which goes on") == 3  # callbacks, and loop.stop()


def test_a_signal_ends_a_server_whose_plugins_cancelled_all_tasks_and_have_threads_at_work(
    environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "bad.py").write_text(
        """
import asyncio, threading, time
from tornado_chat import Context, action

@action("cancel-all", channel=False)
def cancel_all(ctx: Context) -> None:
    for task in asyncio.all_tasks():
        task.cancel()

@action("work", channel=False)
async def work(ctx: Context) -> None:
    threading.Thread(target=time.sleep, args=(1000,)).start()
    asyncio.create_task(asyncio.to_thread(time.sleep, 1000))
    await asyncio.sleep(0)
"""
    )
    (tmp_path / "good.py").write_text(
        """
from tornado_chat import Context, TimerContext, action, every

ticks: list[int] = []

@every(0.01)
def tick(ctx: TimerContext) -> None:
    ticks.append(1)

@action("ticks", channel=False)
def count(ctx: Context) -> dict[str, int]:
    return {"ticks": len(ticks)}
"""
    )
    server = Server(environ, "--plugins-dir", str(tmp_path), "--limits", "off")

    async def drive() -> None:
        ann, bob = await connect(server.url, "Ann"), await connect(server.url, "Bob")
        await bob.join("den")
        await ann.call("work")
        await ann.call("cancel-all")
        assert (await bob.call("send-message", target="den", message="hello"))["seq"] == 1
        before = (await bob.call("ticks"))["ticks"]
        while (await bob.call("ticks"))["ticks"] < before + 3:
            await asyncio.sleep(0.01)
        for client in (ann, bob):
            await client.close()

    asyncio.run(asyncio.wait_for(drive(), 60))
    code, said = server.stop()
    assert code == 0
    assert "tornado_chat has stopped" in said
    assert "threads of plugins are still at work" in said
