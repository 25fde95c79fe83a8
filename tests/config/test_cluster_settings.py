"""The address of a cluster's database, whose password nobody is shown, and the names of nodes."""

import re
import socket
import tomllib
from pathlib import Path

import pytest

from tests.command_line import load, show
from tornado_chat.config.database_url import read_database_url, without_password
from tornado_chat.config.settings import Settings, SettingsError
from tornado_chat.config.types import NODE

URL = "postgresql://chat:secret@db/chat"


def complaint(*flags: str, **environ: str) -> str:
    with pytest.raises(SettingsError) as wrong:
        load(flags, environ)
    return str(wrong.value)


@pytest.mark.parametrize(
    "url",
    [
        *("postgresql://db", "postgres://db:5433/chat", "postgresql:///chat?host=/run/postgresql"),
        *("postgresql://chat@[::1]:5432/chat", "postgresql://chat@db?sslmode=require"),
        "postgresql://chat@a:5432,b:5433,[::1]/chat?target_session_attrs=read-write",
        "postgresql://chat:%2F%40%23%3f%25@db/chat",
        "postgresql://chat:a:b,c@db/chat",
    ],
)
def test_addresses_of_a_database_are_taken_as_they_are(url: str) -> None:
    assert read_database_url(f" {url}\r\n") == url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://chat:secret",  # the host was forgotten
        "postgresql://chat:sec/ret@db/chat",
        "postgresql://chat:sec#ret@db/chat",
        "postgresql://chat:sec?ret@db/chat",
        "postgresql://chat:sec[ret@db/chat",
        "postgresql://chat:sec@ret@db/chat",
        "postgresql://chat:sec%ret@db/chat",
        "postgresql://chat:secret%@db/chat",
        "postgresql://chat@db/chat?password=sec%ret",
        "postgresql://chat@db:secret/chat",
        "postgresql://chat@db/chat?password=sec@ret",
        "postgresql://chat:secret@db/chat\x01",
        "postgresql://chat:secret@db/chat\udcff",
        "postgresql://chat:sec ret@db/chat",
        "mysql://chat:secret@db/chat",
    ],
)
def test_what_is_wrong_with_an_address_is_said_without_a_word_of_it(url: str) -> None:
    for said in (complaint("--cluster", url), complaint(TORNADO_CHAT_CLUSTER=url)):
        assert "must be an address like postgresql://" in said
        assert ("% as %25" in said) is url.startswith("postgresql")
        assert not re.search("sec|ret|mysql", said)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (URL, "postgresql://chat:***@db/chat"),
        ("postgresql://chat:a:b@db/chat", "postgresql://chat:***@db/chat"),
        ("postgresql://chat@db/chat", "postgresql://chat@db/chat"),
        ("postgresql://db:5432", "postgresql://db:5432"),
        ("postgresql://chat@db?password=secret&sslmode=require", "postgresql://chat@db?password=***&sslmode=require"),
        ("postgresql://chat@db?pass%77ord=secret&secret", "postgresql://chat@db?pass%77ord=***&***"),
        ("postgresql:///chat?host=/run&port=5433", "postgresql:///chat?host=/run&port=5433"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown
    said = show([], {"TORNADO_CHAT_CLUSTER": url})
    assert tomllib.loads(said)["cluster"] == shown
    assert "secret" not in said


def test_a_misspelt_flag_does_not_repeat_the_password() -> None:
    for flag in ("--cluter", "--custer"):
        assert "secret" not in complaint(f"{flag}={URL}")


def test_config_show_says_of_no_history_beside_a_cluster_as_a_file_may_not() -> None:
    said = show([], {"TORNADO_CHAT_CLUSTER": "postgresql://db/chat", "TORNADO_CHAT_NODE": "web1"})
    values = tomllib.loads(said)
    assert (values["cluster"], values["node"]) == ("postgresql://db/chat", "web1")
    assert not {"history", "data_dir"} & values.keys()
    assert {"history", "data_dir"} <= tomllib.loads(show([], {})).keys()


def test_a_cluster_needs_no_data_folder_and_so_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def home() -> Path:
        raise RuntimeError

    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(Path, "home", home)
    assert load([], {"TORNADO_CHAT_CLUSTER": URL}).cluster == URL
    assert show([], {"TORNADO_CHAT_CLUSTER": URL})
    assert "no home folder" in complaint()


@pytest.mark.parametrize("history", ["memory", "sqlite"])
def test_a_history_of_one_server_beside_a_cluster_is_refused(history: str, tmp_path: Path) -> None:
    file = tmp_path / "chat.toml"
    file.write_text(f'history = "{history}"')
    for said in (
        complaint("--history", history, TORNADO_CHAT_CLUSTER=URL),
        complaint("--config", str(file), TORNADO_CHAT_CLUSTER=URL),
    ):
        assert f"history = '{history}' is for one server; leave it out with a cluster (TORNADO_CHAT_CLUSTER)" in said


def test_a_node_has_a_name_only_in_a_cluster() -> None:
    assert "--node needs --cluster" in complaint("--node", "web1")


def test_a_node_is_named_after_its_machine_and_its_port_unless_it_is_given_a_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def name(host_name: str, **settings: object) -> str:
        monkeypatch.setattr(socket, "gethostname", lambda: host_name)
        found = Settings(cluster=URL, **settings).node_name  # type: ignore[arg-type]
        assert NODE.fullmatch(found)
        return found

    assert name("web1", node="left") == "left"
    assert name("web1", port=4000) == "web1:4000"
    assert name("web1.example.com", host="unix:/run/chat/one.sock") == "web1.example.com:one"
    assert name("é" * 64, port=4000) != name("é" * 64, port=4001)
    assert name("w" * 64, host=f"unix:/run/{'s' * 90}").startswith("w")
    assert name("web1", port=0) != "web1:0"
