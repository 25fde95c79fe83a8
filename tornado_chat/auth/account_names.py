"""Whose name it is: of two names that look the same one has an account, or is the user whom a proxy names so.

Spaces of the store: `names` (a name's key -> the id of its account), `keys` (see `index`), `proxy` (the id that the
name of a proxy's user has today -> the id that this user has).
"""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Callable
from functools import partial

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.store import Store, all_in
from tornado_chat.chat.user_ids import HEADER, make_id, written_id
from tornado_chat.chat.validation import MAX_NAME, clean_name, name_key

SCRIPTS = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"}  # whose letters look alike


class AccountNames:
    """The names of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._old: int | None = None

    async def owner(self, name: str) -> str:
        """Return the id of the account of a name, "" where there is none: to the letter, or else to the eye."""
        await self._index()
        for key in (_old_key(name), name_key(name)) if len(name) <= 4 * MAX_NAME else ():
            user_id = key and await self._store.get("names", key)
            if user_id:
                return str(user_id)
        return ""

    async def take(self, key: str, user_id: str) -> None:
        """Give a name, by its key, to an account; Refused where another one has it. Of nobody's ("") it only asks."""
        await self._index()
        if user_id:
            await self._store.update("names", key, _claim(user_id))
        else:
            _claim("")(await self._store.get("names", key))

    async def free(self, name: str, user_id: str, but: str) -> None:
        """Let others take a name that an account had, `but` the key of its new one."""
        for key in {_old_key(name), name_key(name)} - {but}:
            if await self._store.get("names", key) == user_id:
                await self._store.delete("names", key)
        await self._index(again=True)

    async def _index(self, again: bool = False) -> None:
        """Let no new name look like one that an earlier version has kept under a key of its own.

        That account keeps its key, by which it is found, and has the one of today beside it, unless one that looks
        the same has it. `keys`: how many such keys there are, once they have been looked for.
        """
        if self._old is None:
            self._old = await self._store.get("keys", "old")
        if self._old is None or (self._old and again):
            old = [(key, user_id) async for key, user_id in all_in(self._store, "names") if name_key(key) != key]
            for key, user_id in old:
                await self._store.update("names", name_key(key), partial(_first, own=user_id))
            self._old = len(old)
            await self._store.set("keys", "old", self._old)

    async def of_proxy(self, given: str) -> str:
        """Return the id of whom a proxy names.

        It is the same in upper and lower case. Earlier versions told these apart: who has read here under such an id
        keeps it, in whatever case the name comes from now on.
        """
        own = make_id(HEADER, given)
        user_id = await self._store.get("proxy", own)
        if user_id is None:
            user_id = own
            with contextlib.suppress(Refused):
                before = written_id(HEADER, clean_name(given))
                if await self._store.items("read", f"{before} ", limit=1):
                    user_id = before
            user_id = await self._store.update("proxy", own, partial(_first, own=user_id))
        return str(user_id)


def clean_account(name: str) -> tuple[str, str]:
    """Return an account's name in its one spelling, and its key, which is the same for all that look the same.

    Refused (`invalid-name`) also where alphabets are mixed whose letters look alike.
    """
    name = " ".join(clean_name(name).split())
    scripts = {unicodedata.name(char, "").split(" ")[0] for char in name if char.isalpha()} & SCRIPTS
    if len(scripts) > 1:
        mixed = " and ".join(sorted(script.capitalize() for script in scripts))
        raise Refused(f"a name must not mix {mixed} letters", Error.INVALID_NAME)
    return name, name_key(name)


def _old_key(name: str) -> str:
    """Return the key that earlier versions kept a name under: with joiners and selectors."""
    name = " ".join(unicodedata.normalize("NFKC", name).split()).casefold()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _first(known: str | None, own: str) -> str:
    return known or own


def _claim(user_id: str) -> Callable[[str | None], str]:
    def put(known: str | None) -> str:
        if known not in (None, user_id):
            raise Refused("that name is taken; choose another", Error.INVALID_NAME)
        return user_id

    return put
