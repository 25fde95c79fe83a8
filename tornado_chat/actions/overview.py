"""The state of the server, for the administration page: {"action": "overview", "find": "an"}."""

from typing import Any

from tornado_chat import Context, Limit, Part, User, action, fold

DIRECT = "dm:"  # direct conversations are nobody else's business


@action("overview", channel=False, power="overview", command=False)
async def overview(ctx: Context, find: Part = "", limit: Limit = 100, past: bool = False) -> dict[str, Any]:
    """Tell who is connected from where, the fullest channels, what has been counted, and the last minutes of that."""
    server = ctx.server
    found = [user for user in server.present() if find in fold(user.name)]
    people = await server.first(found, limit, lambda user: (fold(user.name), user.id))
    names = [name for name in server.channels if ctx.connection.may_enter(name) and not name.startswith(DIRECT)]
    fullest = await server.first(names, limit, lambda name: (-len(server.present(name)), name))

    def told(user: User) -> dict[str, Any]:
        connections = server.connections_of(user.id)
        addresses = sorted({connection.address for connection in connections})
        return {"user": user, "connections": len(connections), "addresses": addresses[:10]}

    def titled(name: str) -> dict[str, str]:
        record = server.channels[name].record
        return {"title": record.title} if record is not None and record.title else {}

    nodes = await server.loads.all(past)
    then = server.loads.together(nodes) if nodes else list(server.metrics.past)
    return {
        "people": [told(user) for user in people],
        "found": len(found),
        "channels": [{"name": name, **titled(name), "count": len(server.present(name))} for name in fullest],
        "now": {
            "connections": sum(one.get("connections", 0) for one in nodes) if nodes else len(server.connections),
            "users": len(server.present()),
            "channels": len(server.channels),
            "peak": max(server.metrics.peak, len(server.present())),
        },
        "plugins": server.plugins.describe() if server.plugins else [],
        "totals": server.metrics.totals(),
        **({"past": then} if past else {}),
        **({"nodes": nodes} if nodes else {}),
    }
