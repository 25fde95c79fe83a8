"""The chat in PostgreSQL, for several servers at once: the interfaces of `chat/` with the same answers as SQLite."""
