"""What somebody may see of a channel, as PostgreSQL has it: an int8multirange."""

from __future__ import annotations

from collections.abc import Sequence

from tornado_chat.chat.channel_records import Stretch


def stretches(sees: Sequence[Stretch] | None) -> str | None:
    """Return the numbers that somebody may see as the text of an int8multirange, None for all."""
    if sees is None:
        return None
    ranges = [f"({first},{'' if last is None else last}]" for first, last in sees if last is None or first < last]
    return f"{{{','.join(ranges)}}}".replace(",]", ",)")
