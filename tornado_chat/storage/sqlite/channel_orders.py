"""What commands want done to channels by the server that has the database. Used by SqliteMemberships."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from tornado_chat.chat.memberships import Order
from tornado_chat.storage.place_rows import loads
from tornado_chat.storage.sqlite.repository import Repository, reads, writes


class ChannelOrders(Repository):
    """See SqliteMemberships. Only the server changes records while it runs: it has them in memory."""

    @writes
    def order(self, connection: sqlite3.Connection, name: str, settings: Mapping[str, Any] | None) -> int:
        values = name, None if settings is None else json.dumps(settings)
        number = connection.execute("INSERT INTO channel_orders (name, settings) VALUES (?, ?)", values).lastrowid
        return number or 0

    @reads
    def orders(self, connection: sqlite3.Connection) -> list[Order]:
        found = connection.execute("SELECT no, name, settings FROM channel_orders ORDER BY no LIMIT 100").fetchall()
        return [Order(no, name, settings and loads(settings)) for no, name, settings in found]

    @writes
    def carried_out(self, connection: sqlite3.Connection, order: Order) -> None:
        connection.execute("DELETE FROM channel_orders WHERE no = ?", (order.number,))
