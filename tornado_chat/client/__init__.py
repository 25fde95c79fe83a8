"""A client for bots and tests. It reconnects by itself, misses no stored message and posts none twice."""

from tornado_chat.client.client import Client
from tornado_chat.client.events import Event

__all__ = ["Client", "Event"]
