"""What commands want done to channels by the servers of a cluster. Used by PostgresMemberships."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tornado_chat.chat.memberships import Order
from tornado_chat.storage.place_rows import loads
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.repository import Repository, reads, writes


class ChannelOrders(Repository):
    """See PostgresMemberships. Only servers change records while they run: they have them in memory."""

    @writes
    async def order(self, connection: Connection, name: str, settings: Mapping[str, Any] | None) -> int:
        values = name, None if settings is None else json.dumps(settings)
        number: int = await connection.fetchval(
            "INSERT INTO channel_orders (name, settings) VALUES ($1, $2) RETURNING no", *values
        )
        return number

    @reads
    async def orders(self, connection: Connection) -> list[Order]:
        found = await connection.fetch("SELECT no, name, settings FROM channel_orders ORDER BY no LIMIT 100")
        return [Order(no, name, settings and loads(settings)) for no, name, settings in found]

    @writes
    async def carried_out(self, connection: Connection, order: Order) -> None:
        await connection.execute("DELETE FROM channel_orders WHERE no = $1", order.number)
