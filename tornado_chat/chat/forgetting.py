"""Forgets guests who come no more, what is over, and channels that nobody uses."""

from __future__ import annotations

import asyncio

from tornado_chat.chat.hub import Hub
from tornado_chat.chat.memberships import Membership, Memberships
from tornado_chat.chat.user_ids import is_guest_id

DAY = 86_400_000  # ms
EMPTY_DAYS = 7  # after which a channel goes that has neither members nor messages
FOLLOWERS = 200  # people who follow threads that are looked at at a time
REST = 0.02  # seconds between two pages of channels


async def forget(hub: Hub, memberships: Memberships, now: int, guest_days: int) -> list[Membership]:
    """Forget what is over at a time (ms since 1970); return the memberships of who has become an owner by that.

    guest_days: after which guests are forgotten who came no more. What the people and channels of the hub have stays.
    """
    owners = await memberships.trim(now, guest_days, lambda user_id: bool(hub.connections_of(user_id)))
    before, after = now - EMPTY_DAYS * DAY, ""
    while names := await memberships.empty(before, after):
        after = names[-1]
        kept = await hub.history.times(names)
        await memberships.discard([name for name in names if name not in kept and not hub.present(name)])
        await asyncio.sleep(REST)
    await _forget_followers(hub, memberships)
    return owners


async def _forget_followers(hub: Hub, memberships: Memberships) -> None:
    """Forget what guests follow of whom nothing else is stored, and who are not here."""
    after = ""
    while users := await hub.history.followers_after(after, FOLLOWERS):
        after = users[-1]
        gone = {one for one in users if is_guest_id(one) and not hub.connections_of(one)}
        if gone:
            known, _ = await memberships.people(ids=sorted(gone))
            await hub.history.forget_followers(gone - {person.user.id for person in known})
        await asyncio.sleep(REST)
