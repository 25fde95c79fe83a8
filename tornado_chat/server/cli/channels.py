"""`channel list`, `channel show`, `channel set`, `channel archive` and `channel delete`. A server may be running."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from tornado_chat.chat.channel_records import SETTINGS, ChannelRecord
from tornado_chat.chat.channel_settings import clean_settings
from tornado_chat.chat.memberships import Browsed, Memberships
from tornado_chat.chat.moderation import OPERATOR, Moderation
from tornado_chat.chat.sight import open_since
from tornado_chat.chat.validation import name_key
from tornado_chat.config.settings import SettingsError
from tornado_chat.config.sources import suggestion
from tornado_chat.server.cli.opened import Opened, in_chat
from tornado_chat.server.cli.parsing import Command, Group

PATIENCE = 5.0  # seconds for a server to carry out an order


class _Channels:
    """The channels of a chat."""

    def __init__(self, chat: Opened) -> None:
        self._chat = chat
        self._messages = chat.messages
        self._memberships: Memberships = chat.repositories.memberships
        self._moderation = Moderation(chat.repositories)

    async def list(self, given: argparse.Namespace) -> None:
        count = 0
        async for one in self._all():
            record, count = one.record, count + 1
            messages, newest = await self._messages.count(record.name)
            said = [record.name, await self._called(record), record.kind, _count(one.members, "member")]
            said += [_count(messages, "message"), _day(newest) if newest else "-", _state(record)]
            print("\t".join(said))
        if not count:
            print(f"no channels in {self._chat.place}", file=sys.stderr)  # the output is the list alone

    async def show(self, given: argparse.Namespace) -> None:
        record, members = await self._find(given.name)
        messages, newest = await self._messages.count(record.name)
        about: dict[str, Any] = {"channel": record.name, "kind": record.kind}
        about |= {name: getattr(record, name) for name in SETTINGS if name != "listed" or record.kind == "public"}
        about["title"] = await self._called(record)
        if record.edit_window is None:
            about["edit_window"] = "that of the server"
        about |= {"members": members, "messages": messages}
        about |= {"newest message": _day(newest) if newest else "", "made": _day(record.made) if record.made else ""}
        for rank in ("owner", "moderator"):
            ids = [one.user for one in await self._memberships.ranked(record.name) if one.role == rank]
            about[f"{rank}s"] = ", ".join(f"{name} ({one})" for one, name in (await self._names(ids)).items())
        about |= {f"plugin {name}": _settings(given) for name, given in sorted(record.plugins.items())}
        width = max(map(len, about)) + 2
        for name, value in about.items():
            shown = ("yes" if value else "no") if isinstance(value, bool) else str(value).replace("\n", " ")
            print(f"{name.replace('_', '-') + ':':{width}}{shown}".rstrip())

    async def set(self, given: argparse.Namespace) -> None:
        named = {name: value for name in SETTINGS if (value := getattr(given, name, None)) is not None}
        if not named:
            options = ", ".join(f"--{name.replace('_', '-')}" for name in SETTINGS)
            raise SettingsError(f"nothing to set; there are {options}")
        record, _ = await self._find(given.name)
        await self._change(record, named)

    async def archive(self, given: argparse.Namespace) -> None:
        record, _ = await self._find(given.name)
        await self._change(record, {"archived": True})

    async def delete(self, given: argparse.Namespace) -> None:
        record, members = await self._find(given.name)
        messages, _ = await self._messages.count(record.name)
        what = f"{await self._called(record)} with {_count(members, 'membership')} and {_count(messages, 'message')}"
        if not given.yes:
            raise SettingsError(f"this would delete {what} for good; add --yes if that is meant")
        about = {"channel": record.name, "kind": record.kind}
        await self._moderation.record(OPERATOR, "delete-channel", about)
        if self._chat.is_shared:
            await self._order(record.name, None, f"{what}: deleted")
            return
        await self._memberships.delete(record.name)
        await self._messages.forget(record.name)
        print(f"{what}: deleted")

    async def _change(self, record: ChannelRecord, settings: dict[str, Any]) -> None:
        if record.kind == "direct":
            raise SettingsError("a direct conversation has no settings")
        settings = clean_settings(record, settings)
        called = await self._called(record)
        changed = {key: value for key, value in settings.items() if getattr(record, key) != value}
        if not changed:
            print(f"{called}: is so already; nothing was changed")
            return
        await self._moderation.record(OPERATOR, "set-channel", {"channel": record.name, **changed})
        if self._chat.is_shared:
            await self._order(record.name, changed, f"{called}: done")
            return
        if "newcomers" in changed:
            last = await self._messages.last(record.name)
            changed["open"] = open_since(record, changed["newcomers"], last)
        for key, value in changed.items():
            setattr(record, key, value)
        await self._memberships.set(record, changed)
        print(f"{called}: done")

    async def _order(self, name: str, settings: dict[str, Any] | None, done: str) -> None:
        """Have the server that runs do it: it has the channel in memory."""
        number = await self._memberships.order(name, settings)
        end = time.monotonic() + PATIENCE
        while any(one.number == number for one in await self._memberships.orders()):
            if time.monotonic() > end:
                where = self._chat.place
                print(f"the server that uses {where} has not done it yet; it will, or the next one to start")
                return
            await asyncio.sleep(0.05)
        print(done)

    # Finding

    async def _all(self) -> AsyncIterator[Browsed]:
        """Yield the channels that have a record; then those that have only messages, of guests who are not stored."""
        after, more = "", True
        while more:
            page, more = await self._memberships.channels(after=after, direct=True)
            for one in page:
                after = one.record.name
                yield one
        for name in await self._messages.without_record():
            yield Browsed(ChannelRecord(name), 0)

    async def _find(self, said: str) -> Browsed:
        """Return the channel that is meant: by address, or the only one whose name or title looks the same."""
        key, names, found = name_key(said), set[str](), list[Browsed]()
        async for one in self._all():
            if one.record.name == said:
                return one
            called = await self._called(one.record)
            names |= {called} if one.record.kind != "public" else {called, one.record.name}
            if key in (name_key(one.record.name), name_key(called)):
                found.append(one)
        if len(found) > 1:
            addresses = ", ".join(one.record.name for one in found)
            raise SettingsError(f"{said} may be one of several channels, give the address: {addresses}")
        if not found:
            lowered = {name.lower(): name for name in names}
            hint = suggestion(said, sorted(lowered), lowered.__getitem__) or "; channel list shows them"
            raise SettingsError(f"there is no channel {said}{hint}")
        return found[0]

    async def _called(self, record: ChannelRecord) -> str:
        """Return what people call a channel; a direct conversation is called by its people."""
        if record.kind != "direct":
            return record.title or record.name
        return ", ".join((await self._names(record.people)).values()) or record.name

    async def _names(self, ids: Any) -> dict[str, str]:
        people = (await self._memberships.people(ids=ids))[0] if ids else []
        known = {one.user.id: one.user.name for one in people}
        return {one: known.get(one, one) for one in ids}


def _settings(given: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in given.items())


def _day(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1_000, UTC).strftime("%Y-%m-%d")


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _state(record: ChannelRecord) -> str:
    listed = [] if record.kind != "public" else ["listed" if record.listed else "not listed"]
    return ", ".join([*listed, *(["archived"] if record.archived else [])]) or "-"


def _run(what: Callable[[_Channels, argparse.Namespace], Awaitable[None]], given: argparse.Namespace) -> int:
    try:
        vars(given).get("name", "").encode()
    except UnicodeError:
        raise SettingsError("the name is not UTF-8") from None
    in_chat(given, lambda chat: what(_Channels(chat), given))
    return 0


def _flag(value: str) -> bool:
    if value not in ("yes", "no"):
        raise argparse.ArgumentTypeError(f"{value!r} is neither yes nor no")
    return value == "yes"


def _seconds(value: str) -> int:
    if not value.isascii() or not value.isdecimal() or len(value) > 9:
        raise argparse.ArgumentTypeError(f"{value!r} is not a number of seconds")
    return int(value)


def _window(value: str) -> int:
    return -1 if value == "server" else _seconds(value)


NAME_OF: dict[str, Any] = {"metavar": "NAME", "help": "the channel, by name, title or address"}
OPTIONS: dict[str, dict[str, Any]] = {
    "--title": {"metavar": "TEXT", "help": "what people see instead of the name"},
    "--topic": {"metavar": "TEXT", "help": "what it is about, in a line"},
    "--description": {"metavar": "TEXT", "help": "more of that"},
    "--posting": {"choices": ("everyone", "moderators"), "help": "who posts"},
    "--slow": {"metavar": "SECONDS", "type": _seconds, "help": "between two messages of one person"},
    "--edit-window": {"metavar": "SECONDS", "type": _window, "help": "0: no limit; server: what the server says"},
    "--newcomers": {"choices": ("all", "from-joining"), "help": "what new members see of the past"},
    "--listed": {"metavar": "yes|no", "type": _flag, "help": "whether everybody finds it"},
    "--archived": {"metavar": "yes|no", "type": _flag, "help": "whether it is read only"},
}


def _command(what: str, help: str, **arguments: dict[str, Any]) -> Command:
    return Command(f"channel {what}", help, partial(_run, getattr(_Channels, what)), arguments=arguments)


LIST = _command("list", "list all channels: address, title, kind, members, messages, newest message, state")
SHOW = _command("show", "show the settings of a channel, and who manages it", name=NAME_OF)
SET = _command("set", "change settings of a channel", name=NAME_OF, **OPTIONS)
ARCHIVE = _command("archive", "make a channel read only; channel set NAME --archived no ends that", name=NAME_OF)
YES = {"action": "store_true", "default": False, "help": "do it; without, it only says what would go"}
DELETE = _command("delete", "delete a channel with its messages and memberships", name=NAME_OF, **{"--yes": YES})
COMMANDS = (Group("channel", "look after channels; a server may be running", (LIST, SHOW, SET, ARCHIVE, DELETE)),)
