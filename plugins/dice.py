"""Dice for the table: /roll 20"""

import random

from tornado_chat import Context, Refused, action


@action("roll")
def roll(ctx: Context, sides: int = 6) -> None:
    """Roll one die with the given number of sides."""
    if not 2 <= sides <= 1000:
        raise Refused("a die has 2 to 1000 sides")
    ctx.channel.post(f"{ctx.user.name} rolled {random.randint(1, sides)} of {sides}")
