"""What a client holds of a channel, by the Python client; tests of the whole server compare it with the history."""

from tornado_chat.client.mirror import Event, Mirror, number

__all__ = ["Event", "Mirror", "number"]
