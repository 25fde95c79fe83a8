"""The command line: a command, or serving when none is given."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import NoReturn

from tornado_chat.config.settings import SettingsError
from tornado_chat.config.sources import passed_over, suggestion
from tornado_chat.server.cli import channels, console, data, health, moving, plugins, serve, users
from tornado_chat.server.cli.parsing import Command, Group, program

ROOMS = (serve, data, moving, users, channels, plugins, health)
COMMANDS: tuple[Command | Group, ...] = tuple(command for room in ROOMS for command in room.COMMANDS)
TOP = Group("", serve.SERVE.help, COMMANDS, serve.SERVE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status (2: something in it cannot be used)."""
    try:
        with console.guarded():
            command, given = parse(sys.argv[1:] if arguments is None else arguments)
            if command is not serve.SERVE:
                if strange := passed_over():
                    console.complain(strange)
                return command.run(given)
        return command.run(given)
    except serve.ERRORS as error:
        console.complain(str(error))
        return 2
    except KeyboardInterrupt:  # before the server was there to handle it
        return console.INTERRUPTED


def parse(words: Sequence[str]) -> tuple[Command, argparse.Namespace]:
    """Return the command of a command line and its options; SettingsError, or an exit after showing the help.

    The first word that is neither an option nor an option's value names the command, so options may stand before it.
    """
    known = dict(_options())
    options, rest = list[str](), list(words)
    found: Command | Group = TOP
    while isinstance(found, Group) and rest and rest[0] != "--":
        word = rest.pop(0)
        if word.startswith("-"):
            options.append(word)
            if word in known and known[word][1] and rest:
                options.append(rest.pop(0))
        else:
            unknown = [each for each in options if each[:1] == "-" and each.partition("=")[0] not in known]
            found = next((one for one in found.commands if one.word == word), None) or _refuse(word, found, unknown)
    parser = found.parser()
    parser.known = {option: name for option, (name, _) in known.items()}
    if isinstance(found, Group):
        if "-h" in options or "--help" in options:
            parser.print_help()
            sys.exit(0)
        if found.default is None:
            names = ", ".join(one.word for one in found.commands)
            raise SettingsError(f"{found.name} needs a command: {names} (see {program()} {found.name} --help)")
        found = found.default
    return found, parser.parse_args([*options, *rest])


def _options() -> Iterator[tuple[str, tuple[str, bool]]]:
    """Yield each option, with a command that takes it and whether it has a value."""
    for one in reversed(COMMANDS):  # of several commands the first is named
        for command in one.commands if isinstance(one, Group) else (one,):
            for option, action in command.parser().options.items():
                yield option, (command.name, action.nargs != 0)


def _refuse(word: str, group: Group, unknown: Sequence[str]) -> NoReturn:
    """Raise a SettingsError for a word that is no command; what is wrong may be an unknown option before it."""
    parser, known = group.parser(), dict(_options())
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    named = [one.word for one in group.commands]
    deeper = [one.name for each in group.commands if isinstance(each, Group) for one in each.commands]
    meant = next(
        (name for name in [*deeper, *known] if name in (f"--{word}", f"{name.rpartition(' ')[0]} {word}")), ""
    )
    hint = f" (did you mean {meant}?)" if meant else suggestion(word, [*named, *known])
    words = "" if hint else f"; there are {', '.join(named)}"
    wrong = f"{group.name} {word}".strip() or "''"
    raise SettingsError(f"there is no command {wrong}{hint}{words} (see {parser.prog} --help)")
