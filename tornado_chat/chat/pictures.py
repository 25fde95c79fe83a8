"""The pictures of people and of the server: squares that were cut out of what they have uploaded."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.files import Blob, File, FileRepository, new_id, no_file
from tornado_chat.chat.hub import Hub
from tornado_chat.chat.models import User, show_pictures
from tornado_chat.chat.places import Places
from tornado_chat.chat.protocol import encode

SERVER = ""  # whose picture is the server's
AGAIN = 5.0  # seconds after which all are read again where another node has changed one
SIDE = 1_600  # px: of what a picture is cut from, where there is a thumbnail of that size

#: Cuts squares out of the middle of a picture, which is bytes of a type; returns them by their side in pixels.
Cut = Callable[[Blob, str], Awaitable[Mapping[int, Blob]]]


class Pictures:
    """`ctx.server.files.pictures`. All are known in memory: each line that names a user names their picture, too.

    `cut`: None where no picture can be read. `on_server`: called when the server has another picture.
    """

    def __init__(self, hub: Hub, places: Places, rows: FileRepository) -> None:
        self.cut: Cut | None = None
        self.on_server: Callable[[], None] = lambda: None
        self._hub = hub
        self._places = places
        self._rows = rows
        self._version = 0  # how often one was set
        self._planned: asyncio.TimerHandle | None = None
        self._loading: asyncio.Task[None] | None = None
        self._know({})
        hub.questions.answer("picture", self._hear)
        hub.nodes.hear("pictures", lambda by, about: self._plan())
        hub.nodes.on_return(self._return)

    @property
    def of_server(self) -> str:
        """The id of the file that is the server's picture, "" if it has none."""
        return self._known.get(SERVER, "")

    def __contains__(self, id: str) -> bool:
        """Return whether a file is a picture now, which all who are let in may see."""
        return id in self._files

    async def load(self) -> None:
        """Know all pictures: at the start, when somebody was removed, and when another node may have set one."""
        before, version = self.of_server, -1
        while version != self._version:  # what is set meanwhile is not in what is read
            version = self._version
            found = await self._rows.pictures()
        self._know(found)
        if self.of_server != before:
            self._show_server()

    def gone(self) -> None:
        """Have the other nodes read the pictures again: some have gone."""
        self._hub.nodes.tell("pictures", None)

    async def set(self, by: User, source: File | None, server: bool = False) -> str:
        """Give somebody, or the server, another picture, None for none; return the id of its file.

        by: who has uploaded the source. Refused: `invalid-field` for what is no picture that can be read.
        """
        of = SERVER if server else by.id
        new = None if source is None else await self._made(by, of, source)
        await self._rows.set_picture(of, new)
        file = new.id if new else ""
        self._know_one(of, file)
        await self._hub.questions.ask_all("picture", [of, file])  # or who hears of it could not load it there
        if server:
            self._show_server()
        else:
            self._show(by)
            if self._hub.here(by) is not None:
                self._hub.become(User(by.id, by.name, by.role))
            await self._places.tell_partners(by)
        return file

    async def _made(self, by: User, of: str, source: File) -> File:
        if source.owner != by.id:
            raise no_file()
        if self.cut is None or not source.width:
            raise Refused("the file is no picture that the server can read", Error.INVALID_FIELD)
        smaller = source.thumbnails.get(SIDE)
        squares = await (self.cut(smaller, "image/webp") if smaller else self.cut(source.blob, source.type))
        side = max(squares)
        about = (side, side, "", squares)
        return File(new_id(), of, "picture.webp", "image/webp", int(time.time() * 1000), squares[side], *about)

    def _show(self, user: User) -> None:
        """Tell somebody's connections here of their other picture."""
        for connection in self._hub.here(user) or ():
            connection.answer({"action": "picture", "user": connection.user})

    def _show_server(self) -> None:
        self.on_server()
        line = encode({"action": "picture", "server": self.of_server})
        for connection in self._hub.connections:
            connection.gather(line)

    # Other nodes

    async def _hear(self, by: str, about: Any) -> None:
        of, file = about
        if self._known.get(of, "") != file:
            self._know_one(of, file)
            if of == SERVER:
                self._show_server()
            else:
                self._show(User(of, ""))
        self._plan()  # two nodes that set one at once hear of each other in either order

    def _plan(self) -> None:
        if self._planned is None:
            self._planned = asyncio.get_running_loop().call_later(AGAIN, self._load_soon)

    async def _return(self) -> None:
        self._plan()

    def _load_soon(self) -> None:
        self._planned = None
        self._loading = asyncio.get_running_loop().create_task(self._load_quietly())

    async def _load_quietly(self) -> None:
        with contextlib.suppress(Refused):  # the next change, or the next hour, has them read
            await self.load()

    def _know_one(self, of: str, file: str) -> None:
        self._version += 1
        others = {id: one for id, one in self._known.items() if id != of}
        self._know({**others, of: file} if file else others)

    def _know(self, pictures: Mapping[str, str]) -> None:
        self._known = pictures
        self._files: Collection[str] = frozenset(pictures.values())
        show_pictures(pictures)
