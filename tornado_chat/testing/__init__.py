"""Chats for tests: `Chat` without a network, `ChatTestCase` with a server and clients on real sockets."""

from tornado_chat.testing.chat import Chat
from tornado_chat.testing.person import Person
from tornado_chat.testing.sockets import ChatTestCase, Client, connect

__all__ = ["Chat", "ChatTestCase", "Client", "Person", "connect"]
