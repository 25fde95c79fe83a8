"""The command line: commands with words before and after them, help, and what is said of a wrong one."""

import sys
from argparse import Namespace
from pathlib import Path

import pytest

from tornado_chat.__main__ import main
from tornado_chat.config.settings import FIELDS, SettingsError, flag
from tornado_chat.server.cli.main import COMMANDS, parse
from tornado_chat.server.cli.parsing import Command, Group

LEAVES = [one for each in COMMANDS for one in (each.commands if isinstance(each, Group) else (each,))]
WORDS = {"backup": ["F"], "restore": ["F"], "plugin new": ["n"], "user add": ["A"], "user passwd": ["A"]}
WORDS |= {"user role": ["A", "admin"], "user remove": ["A"], "migrate": ["--to=sqlite"]}
WORDS |= {f"channel {word}": ["A"] for word in ("show", "set", "archive", "delete")}


def words_of(command: Command | Group) -> list[str]:
    return [*command.name.split(), *WORDS.get(command.name, [])]


def said(*words: str) -> str:
    with pytest.raises(SettingsError) as wrong:
        parse(words)
    text = str(wrong.value)
    assert text.isprintable()
    return text


def helped(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", LEAVES, ids=lambda command: command.name)
def test_options_may_stand_before_among_and_behind_the_words_of_a_command(command: Command) -> None:
    words, option = words_of(command), ["--config", "backup"]
    for at in range(len(words) + 1):
        for given in (option, ["--config=backup"]):
            found, read = parse([*words[:at], *given, *words[at:]])
            assert found is command
            assert read.config == "backup"


def test_a_server_is_started_by_serve_or_by_no_word() -> None:
    for words in ([], ["serve"]):
        for flags in ([], ["--port", "5"], ["--reload", "--plugins-dir", "a", "--plugins-dir", "b"]):
            assert parse([*words, *flags]) == parse([*flags, *words])
            assert parse([*words, *flags])[0].name == "serve"
    assert parse(["--plugins-dir", "a", "serve", "--plugins-dir", "b"])[1] == Namespace(plugins_dir=["a", "b"])


@pytest.mark.parametrize("name", FIELDS)
def test_health_may_be_given_what_the_server_is_given(name: str) -> None:
    value = [] if FIELDS[name].default is False else ["1"]
    assert parse(["health", flag(name), *value])[0].name == "health"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("bakcup F", "there is no command bakcup (did you mean backup?) (see {} --help)"),
        ("3000", "there is no command 3000; there are serve, config, backup, restore, export, check, compact, "
         "reindex, migrate, user, channel, plugin, health (see {} --help)"),
        ("help", "there is no command help (did you mean --help?) (see {} --help)"),
        ("port 5", "there is no command port (did you mean --port?) (see {} --help)"),
        ("add Ann", "there is no command add (did you mean user add?) (see {} --help)"),
        ("user ad Ann", "there is no command user ad (did you mean add?) (see {} user --help)"),
        ("user", "user needs a command: add, passwd, role, remove, list (see {} user --help)"),
        ("--data-dir X plugin", "plugin needs a command: list, check, new (see {} plugin --help)"),
        ("--prot 80", "unrecognized arguments: --prot (did you mean --port?) (see {} --help)"),
        ("--prot 80 backup F", "unrecognized arguments: --prot (did you mean --port?) (see {} --help)"),
        ("--port 5 check", "unrecognized arguments: --port 5; --port belongs to serve (see {} check --help)"),
        ("check --role admin", "unrecognized arguments: --role admin; --role belongs to user add"),
        ("backup", "the following arguments are required: FILE (see {} backup --help)"),
        ("backup F G", "unrecognized arguments: G (see {} backup --help)"),
        ("serve check", "unrecognized arguments: check (see {} serve --help)"),
        ("-- check", "unrecognized arguments: -- check (see {} --help)"),
        ("--port", "argument --port: expected one argument (see {} --help)"),
        ("--data-dir", "argument --data-dir: expected one argument (see {} --help)"),
        ("user add Ann --role king", "argument --role: invalid choice: 'king'"),
        ("--version=1", "ignored explicit argument"),
    ],
)  # fmt: skip
def test_a_wrong_command_line_is_one_line_that_says_what_there_is(words: str, text: str) -> None:
    assert text.format("python -m tornado_chat") in said(*words.split())


@pytest.mark.parametrize("words", ["--metrics-tokn S3CR3T", "--metrics-tokn=S3CR3T", "check --metrics-token S3CR3T"])
def test_a_secret_behind_a_mistyped_option_is_not_repeated(words: str) -> None:
    text = said(*words.split())
    assert "--metrics-token" in text
    assert "S3CR3T" not in text


@pytest.mark.parametrize("name", ["", ".", "/", "./"])
@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_file_has_a_name(command: str, name: str) -> None:
    assert f"{name!r} is not the name of a file" in said(command, name)


@pytest.mark.parametrize("command", [*COMMANDS, *LEAVES], ids=lambda command: command.name)
def test_each_command_has_a_help_wherever_one_asks_for_it(
    command: Command | Group, capsys: pytest.CaptureFixture[str]
) -> None:
    words = words_of(command)
    text = helped(capsys, *words, "--help")
    assert text.startswith(f"usage: python -m tornado_chat {command.name} ")
    assert command.help[1:] in " ".join(text.split())
    assert helped(capsys, "-h", *words) == text
    for one in command.commands if isinstance(command, Group) else ():
        assert f"  {one.word} " in text


def test_the_help_of_the_program_has_the_commands_and_the_settings_in_groups(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = helped(capsys, "--help")
    assert all(f"\n  {command.word} " in text for command in COMMANDS)
    assert "\nLimits:\n" in text
    assert "\nLimits:\n" in helped(capsys, "serve", "--help")
    assert "commands:" not in helped(capsys, "serve", "--help")


def test_the_program_calls_itself_as_it_was_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [str(Path("/usr/bin/tornado-chat"))])
    assert helped(capsys, "user", "add", "--help").startswith("usage: tornado-chat user add ")
    assert said("bakcup").endswith("(see tornado-chat --help)")
