"""Carries out what commands want done to channels: the server alone changes them, as it has them in memory."""

from __future__ import annotations

from tornado_chat.chat.channel_records import ChannelRecord, is_secret
from tornado_chat.chat.places import Places


async def carry_out_orders(places: Places) -> None:
    """Carry out the orders that wait, oldest first. Refused while the disk fails; then what is left waits."""
    for order in await places.storage.orders():
        if order.settings is None:
            await places.delete(order.name)
        elif not order.settings:  # somebody was removed who owned it
            await places.succeed(order.name)
        else:
            record = await places.record(order.name)
            if record is not None or not is_secret(order.name):  # a public one may have messages alone
                await places.set_record(record or ChannelRecord(order.name), order.settings)
        await places.storage.carried_out(order)
