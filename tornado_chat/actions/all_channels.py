"""All channels, for the administration page: {"action": "all-channels", "find": "new"}."""

from typing import Any

from tornado_chat import Context, Limit, Part, action, fold


@action("all-channels", channel=False, power="overview", command=False)
async def all_channels(ctx: Context, find: Part = "", after: str = "", limit: Limit = 100) -> dict[str, Any]:
    """List all channels but direct conversations, used or not, by address; `find` searches names and titles."""
    server = ctx.server
    if find:
        ctx.charge(1)  # a search looks at all of them
    await server.places.writer.written()
    page, more = await server.memberships.channels(find, after, limit)
    found = {one.record.name: (one.record, one.members) for one in page}
    last = page[-1].record.name if page and more else None
    for name in server.names(ctx.connection, after):  # where there are only guests of whom nothing is stored
        record = server.channels[name].record
        if last is not None and name > last:
            break
        if record is not None and record.kind != "direct" and find in fold(f"{name}\n{record.title}"):
            found.setdefault(name, (record, 0))
    names = sorted(found)
    shown = [name for name in names[:limit] if ctx.connection.may_enter(name)]
    times = await server.history.times(shown)

    def told(name: str) -> dict[str, Any]:
        record, members = found[name]
        about = {**record.fields(), "listed": record.listed, "members": members, "count": len(server.present(name))}
        return about | ({"last": times[name]} if name in times else {})

    more = more or len(names) > limit
    return {"channels": [told(name) for name in shown], "after": names[:limit][-1] if more and names else ""}
