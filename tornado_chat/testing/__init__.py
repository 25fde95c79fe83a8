"""Chats for tests, plugin authors' and our own: one without a network, and clients of a server on a real socket."""

from tornado_chat.testing.chat import Chat
from tornado_chat.testing.person import Person
from tornado_chat.testing.sockets import ChatTestCase, Client, connect

__all__ = ["Chat", "ChatTestCase", "Client", "Person", "connect"]
