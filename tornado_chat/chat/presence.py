"""Presence: which users are connected, and where."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from typing import Protocol

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.user_ids import read_id, spellings
from tornado_chat.chat.validation import MAX_NAME, name_key


class Presence(Protocol):
    """What tells who is connected, and how people are found by what someone wrote. The Hub knows its own process."""

    @abstractmethod
    def present(self, channel: str | None = None) -> Collection[User]:
        """Return the users in a channel, or all who are online."""

    def find_user(self, said: str, channel: str | None = None) -> User:
        """Return the user in a channel, or online at all, with this id or this name; else Refused.

        A name that nobody has to the letter finds the one user whose name looks the same; a leading @ is ignored.
        """
        present = self.present(channel)
        found = [user for user in present if user.id == said]
        if not found and (user_id := read_id(said)) is not None:  # never the name of somebody else
            found = [user for user in present if user_id in spellings(user.id)]
        elif not found:
            found = [user for user in present if user.name == said]
            if not found and len(said) <= 4 * MAX_NAME:
                keys = {name_key(said), name_key(said.removeprefix("@"))}
                found = [user for user in present if name_key(user.name) in keys]
        if len(found) != 1:
            why = f"{len(found)} users are called {said}; give the id of one" if found else f"{said} is not here"
            raise Refused(why, Error.INVALID_FIELD)
        return found[0]

    def find_id(self, said: str) -> str:
        """Return the id of the user that find_user returns, or a well-formed id: its user need not be connected."""
        try:
            return self.find_user(said).id
        except Refused:
            user_id = read_id(said)
            if user_id is None:
                raise
            return user_id
