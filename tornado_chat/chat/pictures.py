"""The pictures of people and of the server: squares that were cut out of what they have uploaded."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Mapping

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.files import Blob, File, FileRepository, new_id, no_file
from tornado_chat.chat.hub import Hub
from tornado_chat.chat.models import User, show_pictures
from tornado_chat.chat.places import Places
from tornado_chat.chat.protocol import encode

SERVER = ""  # whose picture is the server's
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
        self._know({})

    @property
    def of_server(self) -> str:
        """The id of the file that is the server's picture, "" if it has none."""
        return self._known.get(SERVER, "")

    def __contains__(self, id: str) -> bool:
        """Return whether a file is a picture now, which all who are let in may see."""
        return id in self._files

    async def load(self) -> None:
        """Know all pictures: at the start, and when somebody was removed."""
        self._know(await self._rows.pictures())

    async def set(self, by: User, source: File | None, server: bool = False) -> str:
        """Give somebody, or the server, another picture, None for none; return the id of its file.

        by: who has uploaded the source. Refused: `invalid-field` for what is no picture that can be read.
        """
        of = SERVER if server else by.id
        new = None if source is None else await self._made(by, of, source)
        await self._rows.set_picture(of, new)
        self._know({**{id: file for id, file in self._known.items() if id != of}, **({of: new.id} if new else {})})
        if server:
            self.on_server()
            line = encode({"action": "picture", "server": self.of_server})
            for connection in self._hub.connections:
                connection.gather(line)
        else:
            await self._tell(by)
        return new.id if new else ""

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

    async def _tell(self, user: User) -> None:
        """Tell those who see somebody, and their own connections, of another picture."""
        for connection in self._hub.connections_of(user.id):
            connection.answer({"action": "picture", "user": user})
        if self._hub.here(user) is not None:
            self._hub.become(User(user.id, user.name, user.role))
        await self._places.tell_partners(user)

    def _know(self, pictures: Mapping[str, str]) -> None:
        self._known = pictures
        self._files: Collection[str] = frozenset(pictures.values())
        show_pictures(pictures)
