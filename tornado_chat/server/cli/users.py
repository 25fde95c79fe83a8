"""`user add`, `user passwd`, `user role`, `user remove` and `user list`. A server may be running."""

from __future__ import annotations

import argparse
import getpass
import sys
from functools import partial
from typing import Any

from tornado_chat.auth.accounts import ROLES, Accounts, clean_account
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.moderation import OPERATOR, Moderation
from tornado_chat.chat.user_ids import ACCOUNT, HEADER, is_guest_id, read_id, spellings
from tornado_chat.config.settings import SettingsError
from tornado_chat.server.cli.opened import Opened, in_chat, need_chat
from tornado_chat.server.cli.parsing import Command, Group


def _run(what: str, given: argparse.Namespace) -> int:
    _check_text(vars(given).get("name", ""))
    makes = what == "add"
    if makes:
        try:
            clean_account(given.name)
        except Refused as refused:
            raise SettingsError(refused.message) from None
    password = ""
    if what in ("add", "passwd"):
        need_chat(given, make=makes)
        password = _ask()
    in_chat(given, partial(_act, what=what, given=given, password=password), make=makes)
    return 0


async def _act(chat: Opened, what: str, given: argparse.Namespace, password: str) -> None:
    repositories = chat.repositories
    accounts, moderation = Accounts(repositories.accounts), Moderation(repositories)
    if what == "list":
        users = [user async for user in accounts.all()]
        for user in users:
            print(f"{user.name}\t{user.role}\t{user.id}")
        if not users:
            print(f"no accounts in {chat.place}", file=sys.stderr)  # the output is the list alone
        return
    if what == "add":
        user = await accounts.register(given.name, password)
    elif what in ("role", "remove") and (user_id := read_id(given.name)) is not None:
        user = await (_of_id if what == "role" else _anyone)(accounts, user_id)
    else:
        user = await accounts.find(given.name)
    about = {"user": user.id, "name": user.name}
    if what == "remove":
        await moderation.record(OPERATOR, "remove", about)
        written = is_guest_id(user.id) or user.id.startswith(HEADER)
        for user_id in {user.id, *(spellings(user.id) if written else ())}:
            for owner in await repositories.memberships.erase(user_id):
                await repositories.memberships.order(owner.record.name, {})  # a server that runs is told of them
            await accounts.remove(user_id)
        print(f"{user.name}: removed; the messages stay")
        return
    if what == "passwd":
        await moderation.record(OPERATOR, "passwd", about)
        await accounts.set_password(user, password)
    elif what == "role" and given.role == await accounts.role(user.id):
        print(f"{user.name}: is {given.role} already; nothing was changed")
        return
    elif what == "role" or given.role != "member":
        await moderation.record(OPERATOR, "role", {**about, "role": given.role})
        await accounts.set_role(user.id, given.role)
    if what == "add":
        print(f"{user.name} is in {chat.place}")
        return
    known = not user.id.startswith(HEADER)
    print(f"{user.name}: done" if known else f"{user.id}: {given.role}, whenever the proxy names them")


async def _of_id(accounts: Accounts, user_id: str) -> User:
    """Return a user who can be given a role: one with an account, or one whom a proxy names, now or later."""
    if user_id.startswith(ACCOUNT):
        account = await accounts.user(user_id)
        if account is None:
            raise Refused(f"there is no account with the id {user_id}; user list shows them")
        return account
    if user_id.startswith(HEADER):
        return User(user_id, user_id)
    raise Refused(f"{user_id} has no account and is named by no proxy ({HEADER}…): no role can be given")


async def _anyone(accounts: Accounts, user_id: str) -> User:
    return await accounts.user(user_id) or User(user_id, user_id)


def _check_text(name: str) -> None:
    try:
        name.encode()
    except UnicodeError:
        raise SettingsError("the name is not UTF-8") from None


def _ask() -> str:
    try:
        if not sys.stdin.isatty():
            password = sys.stdin.readline().rstrip("\r\n")
        else:
            password = getpass.getpass("Password: ")
            if password != getpass.getpass("Again: "):
                raise SettingsError("the two are not the same; nothing was changed")
        password.encode()  # Python reads other bytes as lone surrogates where the locale says little
    except EOFError:
        raise SettingsError("no password was given; nothing was changed") from None
    except UnicodeError:
        raise SettingsError("the password is not UTF-8; nothing was changed") from None
    return password


def _command(what: str, help: str, **arguments: dict[str, Any]) -> Command:
    return Command(f"user {what}", help, partial(_run, what), arguments=arguments)


NAME_OF: dict[str, Any] = {"metavar": "NAME", "help": "the account"}
NAME_OR_ID = {"metavar": "NAME|ID", "help": "the account, or the id of someone whom a proxy names (h:…)"}
ADD = _command(
    "add",
    "make an account; its password is asked for, or read from the standard input",
    **{"name": NAME_OF, "--role": {"choices": ROLES, "default": "member", "help": "its role (member)"}},
)
PASSWD = _command(
    "passwd", "give an account another password, and end its sessions and their connections", name=NAME_OF
)
ROLE = _command(
    "role",
    "give a role; whoever is connected gets it at once",
    name=NAME_OR_ID,
    role={"choices": ROLES, "help": "the role"},
)
REMOVE = _command(
    "remove",
    "remove somebody with account, role and memberships; the messages stay",
    name={"metavar": "NAME|ID", "help": "the account, or the id of anybody else"},
)
LIST = _command("list", "list the accounts: name, role, id")
COMMANDS = (Group("user", "make and change accounts; a server may be running", (ADD, PASSWD, ROLE, REMOVE, LIST)),)
