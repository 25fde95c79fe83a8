"""What is changed of users on one node, or by a command, holds on all of them."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from tests.helpers import Client, House, pass_time, run, turns
from tests.town import Town
from tornado_chat.auth.accounts import Accounts, session_of
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.repositories import Standing
from tornado_chat.storage.sqlite.accounts import SqliteAccounts
from tornado_chat.web.following import Following

ANN = User("a:1", "Ann")


class Node:
    """A node with accounts, and how often its pictures were loaded."""

    def __init__(self, town: Town, name: str, accounts: Any = None) -> None:
        self.house: House = town.house(name)
        self.accounts = Accounts(accounts or town.repositories.accounts)
        self.following = Following(self.accounts, self.house.hub)

    def client(self, user: User, session: str = "") -> Client:
        client = Client(self.house.hub, User(user.id, user.name, user.role))
        client.connection.session = session
        return client


async def nodes(*names: str) -> tuple[Town, list[Node]]:
    town = Town()
    await town.repositories.accounts.add(ANN, "ann", "scrypt$1")
    await town.repositories.accounts.take_changed()
    return town, [Node(town, name) for name in names]


def test_signing_out_ends_the_connections_of_that_session_on_all_nodes_and_tells_no_token() -> None:
    async def main() -> None:
        town, [one, two] = await nodes("one", "two")
        told = []
        town.nodes("two")._hear = {kind: _noting(told, hear) for kind, hear in town.nodes("two")._hear.items()}
        token, other = await one.accounts.begin(ANN), await one.accounts.begin(ANN)
        mine = [node.client(ANN, session_of(token)) for node in (one, two, two)]
        kept = two.client(ANN, session_of(other))
        guest = two.client(User("0e3bf6ac-8d0f-4d5b-a6a3-6c2a4ad3ec34", "Ann"))
        await one.accounts.end(session_of(token))
        await one.following.session_over(ANN.id, session_of(token))
        assert [client.transport.closed for client in mine] == [[4401]] * 3
        assert kept.transport.closed == guest.transport.closed == []
        assert session_of(token) in str(told)
        assert token not in str(told)

    run(main)


def _noting(told: list[Any], hear: Any) -> Any:
    def note(by: str, about: Any) -> Any:
        told.append(about)
        return hear(by, about)

    return note


def test_another_password_ends_the_other_sessions_on_all_nodes_before_it_is_answered() -> None:
    async def main() -> None:
        _, [one, two] = await nodes("one", "two")
        kept, over = [session_of(await one.accounts.begin(ANN)) for _ in range(2)]
        here, there, gone = one.client(ANN, kept), two.client(ANN, kept), two.client(ANN, over)
        one.accounts.cost = (2**4, 8, 1)
        await one.accounts.set_password(ANN, "correct horse", but=kept)
        await one.following.user_changed(ANN.id)
        assert gone.transport.closed == [4401]
        assert here.transport.closed == there.transport.closed == []

    run(main)


def test_what_a_command_changes_is_seen_by_one_node_and_told_to_all() -> None:
    async def main() -> None:
        _, [one, two, three] = await nodes("one", "two", "three")
        anns = [node.client(ANN) for node in (one, two, three)]
        boss = two.client(User("h:boss", "Boss"))
        await one.accounts.set_role(ANN.id, "admin")
        await two.following.look()
        await turns()
        assert [ann.transport.closed for ann in anns] == [[1012]] * 3
        assert not boss.transport.closed
        await one.following.look()
        assert len(one.house.hub.connections) == 1

    run(main)


def test_a_node_that_missed_something_looks_at_all_who_are_stored_and_leaves_guests_alone() -> None:
    async def main() -> None:
        town, [one, two] = await nodes("one", "two")
        guest, teller = two.client(User("g:0e3bf6ac", "Eve")), two.client(User("t:app", "App", "admin"))
        ann, boss = two.client(ANN), two.client(User("h:boss", "Boss"))
        two.house.hub.join(guest.connection, "den")
        await one.accounts.set_role(ANN.id, "admin")
        await one.accounts.changed()  # by a node that dies before it can tell
        town.wires.kill("one")
        await two.following.look()
        assert ann.transport.closed == [1012]
        assert guest.transport.closed == teller.transport.closed == boss.transport.closed == []
        assert "den" in guest.connection.channels
        await two.accounts.set_role("h:boss", "admin")
        await two.accounts.changed()
        for back in town.nodes("two").back:
            await back()
        await two.following.look()
        assert boss.transport.closed == [1012]

    run(main)


def test_a_name_that_was_changed_while_a_node_heard_nothing_is_known_there_later() -> None:
    async def main() -> None:
        town, [one, two] = await nodes("one", "two")
        ann, eve = two.client(ANN), two.client(User("g:0e3bf6ac", "Eve"))
        for client in (ann, eve):
            two.house.hub.join(client.connection, "den")
        await one.accounts.rename(ANN, "Zoe")
        for back in town.nodes("two").back:
            await back()
        await two.following.look()
        await pass_time(1)
        assert ann.connection.user.name == "Zoe"
        assert "Ann is now Zoe" in eve.texts
        assert not ann.transport.closed

    run(main)


def test_after_a_gap_all_who_are_stored_are_looked_at_by_one_query() -> None:
    class Counting(SqliteAccounts):
        asked: list[tuple[list[str], list[str]]] = []

        async def standing(self, users: Sequence[str], sessions: Sequence[str]) -> Standing:  # type: ignore[override]
            self.asked.append((sorted(users), sorted(sessions)))
            return await super().standing(users, sessions)

    async def main() -> None:
        town, [one] = await nodes("one")
        two = Node(town, "two", Counting(town.kept))
        stands, over = [session_of(await one.accounts.begin(ANN)) for _ in range(2)]
        here, gone = two.client(ANN, stands), two.client(ANN, over)
        boss, older = two.client(User("h:boss", "Boss")), two.client(User("h:Kim", "Kim"))
        guest = two.client(User("g:0e3bf6ac", "Eve"))
        await one.accounts.end(over)
        await one.accounts.set_role("h:kim", "admin")
        await one.accounts.changed()  # by a node that does not tell
        for back in town.nodes("two").back:
            await back()
        await two.following.look()
        assert Counting.asked == [(["a:1", "h:boss", "h:kim"], sorted(["", stands, over]))]
        clients = here, gone, boss, older, guest
        assert [client.transport.closed for client in clients] == [[], [4401], [], [1012], []]

    run(main)


def test_what_cannot_be_looked_at_now_is_looked_at_later_and_nothing_is_lost() -> None:
    class Failing(SqliteAccounts):
        fails = True

        async def standing(self, users: Sequence[str], sessions: Sequence[str]) -> Standing:  # type: ignore[override]
            if self.fails:
                raise Refused("history is not available", "history-unavailable")
            return await super().standing(users, sessions)

    async def main() -> None:
        town, [one] = await nodes("one")
        accounts = Failing(town.kept)
        two = Node(town, "two", accounts)
        here, there = one.client(ANN), two.client(ANN)
        await one.accounts.set_role(ANN.id, "admin")
        with pytest.raises(Refused):
            await two.following.look()
        await turns()
        assert here.transport.closed == [1012]
        assert not there.transport.closed
        accounts.fails = False
        await two.following.look()
        assert there.transport.closed == [1012]

    run(main)


def test_orders_are_carried_out_by_one_node_at_a_time() -> None:
    async def main() -> None:
        town, [one, two] = await nodes("one", "two")
        ann = one.client(ANN)
        await one.house.call(ann, "join-channel", target="den")
        await town.repositories.memberships.order("den", {"title": "The den"})
        done = []
        for node in (one, two):
            carried_out = node.house.hub.places.storage.carried_out

            async def note(order: Any, carried_out: Any = carried_out) -> None:
                done.append(order)
                await carried_out(order)

            node.house.hub.places.storage = _Noting(node.house.hub.places.storage, note)
        async with one.house.hub.nodes.lock("orders"):
            looks = [asyncio.ensure_future(node.following.look()) for node in (one, two)]
            await turns()
            assert not done
        for look in looks:
            await look
        assert len(done) == 1
        record = await one.house.hub.places.record("den")
        assert record is not None
        assert record.title == "The den"

    run(main)


class _Noting:
    def __init__(self, storage: Any, carried_out: Any) -> None:
        self._storage = storage
        self.carried_out = carried_out

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)
