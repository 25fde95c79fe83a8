"""The chat on aiohttp: send_str to each member, gathered."""

import asyncio
import json
import sys
import uuid

from aiohttp import web

channels: dict[str, set[web.WebSocketResponse]] = {}


async def chat(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    sender = {"id": uuid.uuid4().hex, "name": request.query["name"]}
    joined: set[str] = set()
    try:
        async for message in socket:
            data = json.loads(message.data)
            if data["action"] == "join-channel":
                name = data["message"]
                joined.add(name)
                members = channels.setdefault(name, set())
                members.add(socket)
                await send(members, {"action": "presence", "channel": name, "count": len(members)})
            elif data["target"] in joined:
                await send(channels[data["target"]], data | {"sender": sender})
    finally:
        for name in joined:
            channels[name].discard(socket)
    return socket


async def send(members: set[web.WebSocketResponse], data: dict[str, object]) -> None:
    text = json.dumps(data)
    await asyncio.gather(*(member.send_str(text) for member in members), return_exceptions=True)


app = web.Application()
app.router.add_get("/ws", chat)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
