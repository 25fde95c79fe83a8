"""The chat on bare Tornado: write_message to each member."""

import asyncio
import json
import sys
import uuid

from tornado.web import Application
from tornado.websocket import WebSocketClosedError, WebSocketHandler

channels: dict[str, set["Chat"]] = {}


class Chat(WebSocketHandler):
    def open(self) -> None:
        self.sender = {"id": uuid.uuid4().hex, "name": self.get_query_argument("name")}
        self.joined: set[str] = set()

    def on_message(self, text: str | bytes) -> None:
        data = json.loads(text)
        if data["action"] == "join-channel":
            name = data["message"]
            self.joined.add(name)
            members = channels.setdefault(name, set())
            members.add(self)
            send(members, {"action": "presence", "channel": name, "count": len(members)})
        elif data["target"] in self.joined:
            send(channels[data["target"]], data | {"sender": self.sender})

    def on_close(self) -> None:
        for name in self.joined:
            channels[name].discard(self)


def send(members: set[Chat], data: dict[str, object]) -> None:
    text = json.dumps(data)
    for member in members:
        try:
            member.write_message(text)
        except WebSocketClosedError:
            pass


async def main() -> None:
    Application([("/ws", Chat)]).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
