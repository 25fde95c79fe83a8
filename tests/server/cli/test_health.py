"""What `health` asks, and what it says of a place where it cannot ask."""

from pathlib import Path

import pytest

from tests.lengths import each_long
from tests.server.test_main import Server, run
from tornado_chat.__main__ import main


@pytest.mark.parametrize("name", ["a:b.sock", *each_long("chat.sock", "a:80", "with a space", "dü")])
def test_it_asks_over_tls_and_over_a_unix_socket_of_any_name(
    name: str,
    certificate: dict[str, str],
    environ: dict[str, str],
    tmp_path: Path,
) -> None:
    flags = ["--host", f"unix:{tmp_path / name}"]
    if name == "chat.sock":
        flags += ["--tls-cert", certificate["certfile"], "--tls-key", certificate["keyfile"]]
    server = Server(environ, *flags)
    try:
        done = run(environ, "health", *flags)
        assert (done.returncode, done.stderr) == (0, "")
    finally:
        server.stop()


@pytest.mark.parametrize(
    "host", ["a b", ".", "x" * 300, "a..b", "[", "a:b:c", "ü" * 80, "unix:/a:80", "unix:/" + "x" * 300, "unix:a\tb"]
)
def test_where_nothing_can_be_asked_is_one_line(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["health", "--host", host]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"tornado_chat: nothing answers at {host if 'unix' in host else 'port 3000 of ' + host}")
    assert said.count("\n") == 1


def test_a_stopping_server_leaves_the_socket_of_another_that_has_taken_its_place(
    environ: dict[str, str],
    tmp_path: Path,
) -> None:
    path = tmp_path / "chat.sock"
    first = Server(environ, "--host", f"unix:{path}")
    path.unlink()
    second = Server({**environ, "XDG_DATA_HOME": str(tmp_path / "other")}, "--host", f"unix:{path}")
    try:
        first.stop()
        assert run(environ, "health", "--host", f"unix:{path}").returncode == 0
    finally:
        second.stop()
    assert not path.exists()
