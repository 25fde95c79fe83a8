"""A client for bots and tests that comes back by itself: nothing is missed, and nothing is said twice."""

from tornado_chat.client.client import Client
from tornado_chat.client.reconnect import Event

__all__ = ["Client", "Event"]
