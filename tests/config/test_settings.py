"""What can be set, where, and what is said of a wrong value."""

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import load
from tornado_chat.config.settings import FIELDS, Settings, SettingsError, default_data_dir, find_folder, flag
from tornado_chat.config.sizes import Size
from tornado_chat.config.sources import passed_over
from tornado_chat.server.cli.main import COMMANDS, TOP
from tornado_chat.server.cli.parsing import GROUPS
from tornado_chat.version import VERSION


def from_file(tmp_path: Path, content: str, *flags: str, **environ: str) -> Settings:
    path = tmp_path / "chat.toml"
    path.write_text(content, encoding="utf-8")
    return load([*flags, "--config", str(path)], environ)


def complaint(*flags: str, **environ: str) -> str:
    """Return the one line that is said of these settings."""
    with pytest.raises(SettingsError) as wrong:
        load(flags, environ)
    said = str(wrong.value)
    assert said
    assert said.isprintable()
    return said


# Where from


def test_without_anything_there_are_the_defaults() -> None:
    settings = load([], {})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.max_message_size) == ("127.0.0.1", 3000, 65536)
    assert (settings.ping_interval, settings.ping_timeout, settings.announce_limit) == (25, 60, 200)
    assert (settings.plugins_dir, settings.shipped_plugins) == ((), find_folder("plugins"))


def test_a_file_beats_the_defaults_the_environment_the_file_and_a_flag_the_environment(tmp_path: Path) -> None:
    content = "port = 1\nhost = 'a'\nping-interval = 3\nannounce_limit = 4\n"
    environ = {"TORNADO_CHAT_PORT": "11", "TORNADO_CHAT_HOST": "b", "TORNADO_CHAT_PING_INTERVAL": "13"}
    settings = from_file(tmp_path, content, "--port", "21", "--host", "c", **environ)
    assert (settings.port, settings.host, settings.ping_interval) == (21, "c", 13)
    assert (settings.announce_limit, settings.ping_timeout) == (4, 60)


def test_the_file_can_be_named_by_the_environment_and_a_flag_names_another(tmp_path: Path) -> None:
    one, two = tmp_path / "1.toml", tmp_path / "2.toml"
    one.write_text("port = 1")
    two.write_text("port = 2")
    environ = {"TORNADO_CHAT_CONFIG": str(one)}
    assert load([], environ).port == 1
    assert load(["--config", str(two)], environ).port == 2


def test_other_variables_of_the_environment_are_none_of_its_business() -> None:
    assert load([], {"PORT": "5", "TORNADO_CHATTY": "1"}).port == 3000


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("port", "0", 0),
        ("port", "65535", 65535),
        ("host", "::1", "::1"),
        ("data_dir", "~/chat", Path.home() / "chat"),
        ("ping_interval", "0.5", 0.5),
        ("max_message_size", "1024", 1024),
        ("log_level", "debug", "debug"),
        ("log_format", "json", "json"),
        ("cluster", "postgresql://chat:p%40ss@db/chat", "postgresql://chat:p%40ss@db/chat"),
        ("history", "memory", "memory"),
        ("limits", "off", "off"),
        ("limits", "False", "off"),
        ("limits", " YES ", "on"),
        ("log_level", "INFO", "info"),
        ("log_level", "Warn", "warning"),
        ("history", "SQLite", "sqlite"),
        ("jwt_algorithm", "hs256", "HS256"),
        ("auth", "Guest", ("guest",)),
        ("host", "[::]", "::"),
        ("host", "unix:/run/chat.sock", "unix:/run/chat.sock"),
        ("trusted_proxies", "unix,::1", (ip_network("0.0.0.0"), ip_network("::1"))),
        ("allowed_origin", "https://A.example:443,http://[::1]:80", ("https://a.example", "http://[::1]")),
        ("allowed_origin", "http://a.example:8080/", ("http://a.example:8080",)),
        ("trusted_proxies", "10.0.0.0/8, ::1", (ip_network("10.0.0.0/8"), ip_network("::1"))),
        ("message_rate", "1/0/3", (1, 0, 3)),
        ("max_file_size", "1.5 mb", Size(1_500_000)),
        ("max_file_size", "64KiB", Size(65_536)),
        ("max_file_size", "10k", Size(10_000)),
        ("max_file_size", "0", Size(0)),
        ("file_space", "500MB/2TiB", (Size(500_000_000), Size(2 * 2**40))),
        ("file_space", "0/0", (Size(0), Size(0))),
    ],
)
def test_a_setting_is_the_same_as_flag_variable_and_in_the_file(
    name: str, text: str, value: Any, tmp_path: Path
) -> None:
    written = text if type(value) in (int, float) else f'"{text}"'
    for settings in (
        load([flag(name), text], {}),
        load([], {f"TORNADO_CHAT_{name.upper()}": text}),
        from_file(tmp_path, f"{name} = {written}"),
        from_file(tmp_path, f"{name.replace('_', '-')} = {written}"),
    ):
        assert getattr(settings, name) == value
        assert type(getattr(settings, name)) is type(value)


def test_folders_are_a_list_in_every_place(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    for settings in (
        load(["--plugins-dir", str(one), "--plugins-dir", str(two)], {}),
        load([], {"TORNADO_CHAT_PLUGINS_DIR": f"{one}{os.pathsep}{two}"}),
        from_file(tmp_path, f'plugins_dir = ["{one}", "{two}"]'),
    ):
        assert settings.plugins_dir == (one, two)
    assert from_file(tmp_path, f'plugins_dir = "{one}"').plugins_dir == (one,)
    assert from_file(tmp_path, "plugins_dir = []").plugins_dir == ()
    assert load(["--plugins-dir", str(one)], {"TORNADO_CHAT_PLUGINS_DIR": str(two)}).plugins_dir == (one,)


def test_the_data_folder_follows_the_users_own_place_for_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/elsewhere")
    assert default_data_dir() == load([], {}).data_dir == Path("/elsewhere/tornado_chat")
    monkeypatch.setenv("XDG_DATA_HOME", "")
    assert default_data_dir() == Path.home() / ".local/share/tornado_chat"


# What is wrong


WRONG = [
    ("port", "65536"), ("port", "-1"), ("port", "80.0"), ("port", "http"), ("port", ""), ("port", "9" * 5000),
    ("host", ""), ("data_dir", ""), ("data_dir", "~nobody-of-that-name/chat"), ("history", "paper"),
    ("cluster", ""), ("cluster", "db"), ("cluster", "mysql://db/chat"), ("cluster", "postgresql:db"),
    ("blobs", ""), ("blobs", "s3://bucket"),
    ("cluster", "postgresql://db /chat"), ("node", ""), ("node", "web 1"), ("node", "-web"), ("node", "n" * 49),
    ("keep_days", "-1"), ("keep_messages", "many"), ("guest_days", "0"),
    ("max_file_size", "25 apples"), ("max_file_size", "1.5"), ("file_space", "1GB"), ("file_space", "1GB/-1"),
    ("edit_window", "-1"), ("may_delete", "me"), ("may_pin", "all"),
    ("may_pin", "off"), ("create_channels", "off"), ("direct", "admins"), ("default_channels", "a,,b"),
    ("welcome_text", ""),
    ("plugins_dir", "/" + "x" * 300),
    ("plugins_dir", "/no/such/folder"), ("plugins_dir", ""), ("max_message_size", "1023"),
    ("max_message_size", "1G"), ("ping_interval", "0"), ("ping_interval", "nan"), ("ping_interval", "inf"),
    ("ping_interval", "soon"), ("ping_timeout", "-5"), ("ping_timeout", "25"), ("announce_limit", "-1"),
    ("log_level", "loud"), ("log_format", "xml"), ("compress", "maybe"), ("reload", "maybe"),
    ("no_shipped_plugins", "maybe"), ("admin_link", "maybe"),
    ("limits", "some"), ("message_rate", "10"), ("message_rate", "1/2/3/4"), ("message_rate", "-1/2/3"),
    ("tls_cert", ""), ("tls_key", "/x.pem"),
    ("trusted_proxies", "127.0.0.1/8"), ("trusted_proxies", "nginx"), ("allowed_origin", "example.com"),
    ("allowed_origin", "https://a/b"), ("allowed_origin", "https://a;x"), ("allowed_origin", "https://a:x"),
    ("join_rate", ""), ("connect_rate", "a/b/c"), ("upload_rate", "5/5"), ("max_connections", "1/2/x"),
    ("max_channels", "1/2/3/4"),
    ("metrics_from", "here"), ("metrics_token", ""), ("metrics_token", " x"),
    ("auth", ""), ("auth", "guests"), ("auth", "guest,guest"), ("auth", "token"), ("auth", "header"), ("jwt_key", ""),
    ("registration", "shut"), ("jwt_algorithm", "none"), ("auth_header", ""),
    ("server_name", " "), ("server_name", "a\nb"), ("server_name", "n" * 65),
    ("server_mark", "/nothing.svg"), ("server_mark", "/dev/null"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), WRONG, ids=lambda value: value[:25])
def test_a_wrong_value_is_one_clear_line_that_names_where_it_stands(name: str, text: str) -> None:
    if FIELDS[name].default is not False:  # such a flag takes no value
        assert any(each in complaint(flag(name), text) for each in (flag(name), name))
    if text:  # else it is not set
        assert any(
            each in complaint(**{f"TORNADO_CHAT_{name.upper()}": text}) for each in (name, name.upper(), flag(name))
        )


def test_every_setting_has_a_wrong_value_in_this_test() -> None:
    assert {name for name, _ in WRONG} == set(FIELDS)


@pytest.mark.parametrize(
    "line",
    ["port = true", "port = 80.5", "port = [80]", 'port = "x"', "host = 5", "data_dir = 1", "plugins_dir = 5",
     "plugins_dir = [5]", "ping_interval = true", "ping_interval = nan", "ping_interval = 2026-01-01",
     "ping_interval = []", "log_level = 1", "log_level = ['info']", "max_message_size = {}", "prot = 80",
     "config = 'x'", "auth = [[1]]", "auth = []", "trusted_proxies = [5]", "[server]\nport = 80", "plugins = 5",
     "plugins.dice = 6"],
)  # fmt: skip
def test_a_value_of_another_type_or_an_unknown_key_in_the_file_is_one_line_with_file_and_key(
    line: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError) as wrong:
        from_file(tmp_path, line)
    said = str(wrong.value)
    assert said.isprintable()
    assert "chat.toml" in said
    assert line.split()[0].strip("[]") in said


def test_an_unknown_key_says_which_ones_there_are_or_which_one_was_meant(tmp_path: Path) -> None:
    for key, words in (
        *(("quux", FIELDS), ("prot", ["did you mean port?"]), ("Port", ["did you mean port?"])),
        *(("interval", ["did you mean ping_interval?"]), ("message_size", ["did you mean max_message_size?"])),
    ):
        with pytest.raises(SettingsError) as wrong:
            from_file(tmp_path, f"{key} = 80")
        assert all(word in str(wrong.value) for word in words)


SERVICE = {  # what Kubernetes sets for a Service called tornado-chat
    "TORNADO_CHAT_SERVICE_HOST": "10.0.0.1",
    "TORNADO_CHAT_SERVICE_PORT": "3000",
    "TORNADO_CHAT_PORT": "tcp://10.0.0.1:3000",
    "TORNADO_CHAT_PORT_3000_TCP": "tcp://10.0.0.1:3000",
    "TORNADO_CHAT_PORT_3000_TCP_PORT": "3000",
}


def test_variables_that_are_not_settings_are_passed_over_with_one_line() -> None:
    assert load([], SERVICE) == Settings()
    assert load(["--port", "80"], SERVICE).port == 80
    assert passed_over(SERVICE) == f"not settings, and passed over: {', '.join(sorted(SERVICE))}"
    assert "TORNADO_CHAT_PROT (did you mean TORNADO_CHAT_PORT?)" in passed_over({"TORNADO_CHAT_PROT": "80"})
    assert passed_over({"TORNADO_CHAT_FOO": "1"}) == "not settings, and passed over: TORNADO_CHAT_FOO"
    assert (
        passed_over({"TORNADO_CHAT_PORT": "80", "TORNADO_CHAT_CONFIG": "x", "PORT": "1", "TORNADO_CHAT_X": ""}) == ""
    )


def test_an_empty_variable_is_not_set() -> None:
    assert load([], {f"TORNADO_CHAT_{name.upper()}": "" for name in [*FIELDS, "config"]}) == Settings()


@pytest.mark.parametrize("value", ["1", "true", "Yes", "ON"])
def test_a_switch_is_written_as_people_write_it(value: str) -> None:
    assert load([], {"TORNADO_CHAT_RELOAD": value}).reload
    assert load([], {"TORNADO_CHAT_LIMITS": value}).limits == "on"


def test_yaml_and_toml_say_false_for_off(tmp_path: Path) -> None:
    assert from_file(tmp_path, "limits = false").limits == "off"
    assert load([], {"TORNADO_CHAT_LIMITS": "false", "TORNADO_CHAT_RELOAD": "0"}).limits == "off"


def test_a_wrong_value_that_does_not_count_is_not_complained_about(tmp_path: Path) -> None:
    assert load(["--port", "80"], {"TORNADO_CHAT_PORT": "x"}).port == 80
    assert from_file(tmp_path, "port = 'x'", TORNADO_CHAT_PORT="80").port == 80
    wrong = {"TORNADO_CHAT_PORT": "x", "TORNADO_CHAT_AUTH": "token", "TORNADO_CHAT_DATA_DIR": "/d"}
    assert load([], wrong, only=("data_dir",)).data_dir == Path("/d")


def test_a_relative_path_in_the_file_begins_at_the_files_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    content = "data_dir = 'data'\nplugins_dir = ['mine', '/']\ntls_cert = '../cert.pem'\njwt_key = '~/key'"
    monkeypatch.chdir("/")
    settings = from_file(tmp_path, content)
    assert settings.data_dir == tmp_path / "data"
    assert settings.plugins_dir == (tmp_path / "mine", Path("/"))
    assert settings.tls_cert == tmp_path / "../cert.pem"
    assert settings.jwt_key == Path.home() / "key"
    monkeypatch.chdir(tmp_path)
    assert load(["--config", "chat.toml"], {}).data_dir == tmp_path / "data"
    assert load(["--config", "chat.toml", "--data-dir", "here"], {}).data_dir == Path("here")  # as in a shell


def test_a_relative_path_begins_at_the_folder_that_names_the_file_not_where_a_link_leads(tmp_path: Path) -> None:
    mounted, version = tmp_path / "etc", tmp_path / "etc" / "..v1"  # as Kubernetes mounts a ConfigMap
    version.mkdir(parents=True)
    (version / "chat.toml").write_text("data_dir = 'data'\nhost = 'unix:run/chat.sock'")
    (mounted / "..data").symlink_to("..v1")
    (mounted / "chat.toml").symlink_to("..data/chat.toml")
    settings = load(["--config", str(mounted / "chat.toml")], {})
    assert settings.data_dir == mounted / "data"
    assert settings.host == f"unix:{mounted}/run/chat.sock"


@pytest.mark.parametrize("host", ["unix:~/chat.sock", "UNIX:~/chat.sock", " Unix:~/chat.sock"])
def test_the_path_of_a_socket_is_read_as_other_paths_are(host: str, tmp_path: Path) -> None:
    expected = f"unix:{Path.home()}/chat.sock"
    for settings in (load(["--host", host], {}), from_file(tmp_path, f"host = '{host}'")):
        assert settings.host == expected
    assert load(["--host", "unix:chat.sock"], {}).host == "unix:chat.sock"  # as in a shell


@pytest.mark.parametrize("end", ["\r", " ", "\t", "\r\n"])
def test_what_an_env_file_leaves_at_the_end_of_a_value_is_not_part_of_it(end: str) -> None:
    environ = {
        "TORNADO_CHAT_DATA_DIR": f"/x{end}",
        "TORNADO_CHAT_PLUGINS_DIR": f"/{end}",
        "TORNADO_CHAT_HOST": f"unix:/x{end}",
        "TORNADO_CHAT_AUTH": f"guest,password{end}",
        "TORNADO_CHAT_TRUSTED_PROXIES": f"10.0.0.0/8, unix{end}",
        "TORNADO_CHAT_ALLOWED_ORIGIN": f"https://a.example{end}",
        "TORNADO_CHAT_MESSAGE_RATE": f"1/2/3{end}",
        "TORNADO_CHAT_AUTH_HEADER": f"X-User{end}",
    }
    settings = load([], environ)
    assert (settings.data_dir, settings.plugins_dir, settings.host) == (Path("/x"), (Path("/"),), "unix:/x")
    assert (settings.auth, settings.message_rate) == (("guest", "password"), (1, 2, 3))
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("0.0.0.0"))
    assert (settings.allowed_origin, settings.auth_header) == (("https://a.example",), "X-User")


@pytest.mark.parametrize(
    "name", ["data_dir", "jwt_key", "plugins_dir", "host", "metrics_token", "auth_header", "config"]
)
@pytest.mark.parametrize("value", ['"/x"', "'/x'", "/x\x01y", "/x\ny"])
def test_quotes_that_an_env_file_keeps_and_control_characters_are_refused(name: str, value: str) -> None:
    variable = f"TORNADO_CHAT_{name.upper()}"
    assert variable in complaint(**{variable: value})


def test_a_nul_in_a_path_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="tls_cert must be"):
        from_file(tmp_path, 'tls_cert = "d\\u0000x"')


def test_a_secret_is_not_repeated_in_what_is_said_of_it(tmp_path: Path) -> None:
    for content in ("metrics_token = 12345678", 'metrics_token = ["12345678"]', "metrics_token = '\"12345678\"'"):
        with pytest.raises(SettingsError, match="metrics_token must be") as wrong:
            from_file(tmp_path, content)
        assert "12345678" not in str(wrong.value)
    for token in ("12345678\udcff", "12345678 ", "1234\x015678"):
        assert "12345678" not in complaint(TORNADO_CHAT_METRICS_TOKEN=token)


@pytest.mark.parametrize("port", ["٤٠", "4_0_0_1", "４０００", "0x50"])
def test_a_number_is_written_in_plain_digits(port: str) -> None:
    assert "--port" in complaint("--port", port)
    assert "--ping-interval" in complaint("--ping-interval", port)
    assert "--message-rate" in complaint("--message-rate", f"1/{port}/2")


@pytest.mark.parametrize("name", ["X User", "X-User\r\nEvil: 1", "X-User:", "Naïve"])
def test_a_header_is_named_as_headers_are(name: str) -> None:
    assert "--auth-header" in complaint("--auth-header", name)


def test_a_file_of_settings_that_has_no_name_is_refused_and_an_address_of_kubernetes_is_none() -> None:
    assert "--config must be" in complaint("--config", "")
    assert load([], {"TORNADO_CHAT_CONFIG": "tcp://10.0.0.1:3000"}) == Settings()
    assert "TORNADO_CHAT_CONFIG" in passed_over({"TORNADO_CHAT_CONFIG": "tcp://10.0.0.1:3000"})


def test_a_folder_of_plugins_that_may_not_be_listed_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.listdir", refuse)
    said = complaint("--plugins-dir", str(tmp_path))
    assert said == f"--plugins-dir {tmp_path} cannot be read: Permission denied"


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert from_file(tmp_path, "\ufeffport = 80").port == 80


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("--prot", "--port"),
        ("--pings-interval", "--ping-interval"),
        ("bakcup", "backup"),
        ("--data_dir", "--data-dir"),
    ],
)
def test_a_near_miss_is_told_what_was_meant(word: str, meant: str) -> None:
    assert f"did you mean {meant}?" in complaint(word)


def test_the_help_has_every_setting_in_a_group_and_every_command() -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(FIELDS)
    text = TOP.parser().format_help()
    assert all(f"  {command.word} " in text for command in COMMANDS)


@pytest.mark.parametrize("flags", [["--prot", "80"], ["--port"], ["--ping", "5"], ["stray"]], ids=str)
def test_a_wrong_command_line_is_one_line_that_points_to_the_help(flags: list[str]) -> None:
    assert "--help" in complaint(*flags)


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    missing, folder, broken, bytes_ = (tmp_path / name for name in ("missing", "folder", "broken", "bytes"))
    folder.mkdir()
    broken.write_text("port =\n= 5")
    bytes_.write_bytes(b"host = '\xff'")
    for path in (missing, folder, broken, bytes_):
        assert str(path) in complaint("--config", str(path))
    assert "not UTF-8 (byte 9)" in complaint("--config", str(bytes_))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("auth", "one or several of guest, "),
        ("trusted_proxies", "addresses or ranges like "),
        ("allowed_origin", "origins like "),
        ("host", "text of one character or more"),
    ],
)
def test_what_is_empty_is_told_what_it_must_be(name: str, words: str) -> None:
    assert f"{flag(name)} must be {words}" in complaint(flag(name), "")


def test_a_timeout_must_be_longer_than_the_interval() -> None:
    said = complaint("--ping-interval", "30", "--ping-timeout", "30")
    assert "ping_timeout" in said
    assert "ping_interval" in said


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        load(["--version"], {})
    assert end.value.code == 0
    assert VERSION in capsys.readouterr().out
