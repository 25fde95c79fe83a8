"""A file as the field of an action."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from tornado_chat.chat.files import File, no_file


class Upload(File):
    """A file that the caller of an action has uploaded. As the type of a field it takes the id of the file."""

    __slots__ = ()


def file_id(value: Any) -> str:
    """Return an id; ValueError, with what it should be, for what cannot be one."""
    if type(value) is not str:
        raise ValueError("the id of a file, as an upload returns it")
    return value


async def find_upload(ctx: Any, id: str) -> Upload:
    """Return a file of the caller's own; Refused (`not-found`), also for what others have uploaded."""
    connection = ctx.connection
    file = await ctx.server.files.get(ctx.user, id, None if connection is None else connection.allowed)
    if file.owner != ctx.user.id:
        raise no_file()
    return Upload(**{field.name: getattr(file, field.name) for field in fields(file)})
