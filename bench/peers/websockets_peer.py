"""The chat on websockets: its own broadcast()."""

import asyncio
import json
import sys
import uuid
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, broadcast, serve

channels: dict[str, set[ServerConnection]] = {}


async def chat(socket: ServerConnection) -> None:
    name = parse_qs(urlsplit(socket.request.path).query)["name"][0]
    sender = {"id": uuid.uuid4().hex, "name": name}
    joined: set[str] = set()
    try:
        async for text in socket:
            data = json.loads(text)
            if data["action"] == "join-channel":
                name = data["message"]
                joined.add(name)
                members = channels.setdefault(name, set())
                members.add(socket)
                broadcast(members, json.dumps({"action": "presence", "channel": name, "count": len(members)}))
            elif data["target"] in joined:
                broadcast(channels[data["target"]], json.dumps(data | {"sender": sender}))
    finally:
        for name in joined:
            channels[name].discard(socket)


async def main() -> None:
    async with serve(chat, "127.0.0.1", int(sys.argv[1])):
        await asyncio.Event().wait()


asyncio.run(main())
