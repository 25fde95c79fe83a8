"""A client for bots and tests. It reconnects by itself, misses no stored message and posts none twice."""

from tornado_chat.client.client import Client
from tornado_chat.client.events import Event
from tornado_chat.client.streaming import StreamError, stream_events

__all__ = ["Client", "Event", "StreamError", "stream_events"]
