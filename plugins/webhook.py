"""Let other programs post to channels and receive messages, as [plugins.webhook] of the settings says."""

import asyncio
import hmac
import logging
from collections import Counter, deque
from dataclasses import dataclass

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.web import HTTPError, RequestHandler

from tornado_chat import (
    Change,
    Context,
    Message,
    Name,
    Refused,
    TimerContext,
    User,
    check_secret,
    on,
    route,
    same_secret,
)

PAUSES = (0, 1, 2, 4, 8, 16)  # seconds before each attempt
OWN = User("plugin:webhook", "Webhook")  # the sender of incoming messages
MAX_WAITING = 1_000
waiting: deque[Message] = deque()  # when full, the oldest of the sender with most messages is dropped
tasks: list[asyncio.Task[None]] = []


@dataclass
class Settings:
    secret: str = ""
    name: Name = OWN.name
    url: str = ""
    key: str = ""
    channels: tuple[Name, ...] = ()

    def __post_init__(self) -> None:
        if self.url and not (self.key and self.url.startswith(("http://", "https://"))):
            raise ValueError("url is http(s)://…, and needs a key that signs what is sent there")
        check_secret(self.secret)
        self.active = bool(self.secret or self.url)


@route("/in/(.+)")
class In(RequestHandler):
    ctx: TimerContext

    async def post(self, channel: str) -> None:
        """Post the body to a channel, once for each Idempotency-Key."""
        settings, headers = self.ctx.settings, self.request.headers
        if not same_secret(headers.get("X-Secret", ""), settings.secret):
            raise HTTPError(403)
        place = self.ctx.server.channel(channel)
        if not is_for(settings, place.name, place.kind):
            raise HTTPError(403)
        text, ref = self.request.body.decode(errors="replace"), headers.get("Idempotency-Key", "")[:64] or None
        await place.post(text, sender=User(OWN.id, settings.name), ref=ref)


@on("posted")
def hear(ctx: Context, message: Message) -> None:
    """Queue a message, except those of this plugin: two programs might answer each other forever."""
    if "growing" in (message.extra or {}):
        return  # it is sent when it is complete
    if ctx.settings.url and message.sender != OWN and is_for(ctx.settings, message.channel, ctx.channel.kind):
        if len(waiting) >= MAX_WAITING:
            [(busiest, _)] = Counter(sender(one) for one in waiting).most_common(1)
            waiting.remove(next(one for one in waiting if sender(one) == busiest))
        waiting.append(message)
        if not tasks or tasks[0].done():
            tasks[:] = [ctx.spawn(send(ctx, ctx.settings.url, ctx.settings.key.encode()))]


@on("changed")
def follow(ctx: Context, message: Message, change: Change) -> None:
    """Queue a message that has grown to its end; let go of what was deleted while it waited."""
    if change.what == "grown" and not change.on:
        hear(ctx, message)
    if change.what == "deleted":
        for one in [one for one in waiting if one.id == message.id]:
            waiting.remove(one)


def is_for(settings: Settings, channel: str, kind: str) -> bool:
    """Return whether a channel is named in the settings; without any there, whether it is public."""
    return channel in settings.channels if settings.channels else kind == "public"


def sender(message: Message) -> str:
    return message.sender.id if message.sender else ""


async def is_deleted(ctx: Context, message: Message) -> bool:
    """Return whether a message was deleted, on whichever node, as far as that can be known now."""
    try:
        found, _ = await ctx.server.channel(message.channel).get([message.seq])
    except Refused:  # the disk fails
        return False
    return any("deleted" in (one.extra or {}) for one in found)


async def send(ctx: Context, url: str, key: bytes) -> None:
    while waiting:
        message = waiting.popleft()
        body, code = message.line(), 0
        headers = {"Content-Type": "application/json", "X-Signature-256": hmac.digest(key, body, "sha256").hex()}
        request = HTTPRequest(url, "POST", headers, body, follow_redirects=False)
        for pause in PAUSES:
            await asyncio.sleep(pause)
            if await is_deleted(ctx, message):
                break
            try:
                code = (await AsyncHTTPClient().fetch(request, raise_error=False)).code
            except Exception:
                code = 599  # no answer
            if code < 500 and code not in (408, 429):
                break
        if code and not 200 <= code < 300:
            logging.getLogger("tornado_chat").warning("webhook: message %s was not taken (%d)", message.id, code)
