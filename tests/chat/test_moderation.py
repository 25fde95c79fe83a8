"""Kicks, bans and the audit: only administrators may, nothing of it goes unrecorded, and a ban holds."""

import asyncio
import time
from typing import Any
from unittest import mock

import pytest

from tests.helpers import House, pass_time, run, turns
from tests.town import Town
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.moderation import Moderation
from tornado_chat.chat.repositories import Ban
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.moderation import SqliteAudit, SqliteBans, sqlite_repositories

BOSS = User("a:boss", "Boss", "admin")
CALLS: dict[str, dict[str, Any]] = {
    "kick": {"user": "id-Bob"},
    "ban": {"user": "id-Bob"},
    "unban": {"whom": "id-Bob"},
    "bans": {},
    "audit": {},
    "overview": {},
}


@pytest.mark.parametrize("role", ["member", "guest", "root", ""])
@pytest.mark.parametrize("action", CALLS)
def test_who_is_no_administrator_may_not_and_nothing_happens(action: str, role: str) -> None:
    async def main() -> None:
        house = House()
        eve, bob = house.client("Eve", role=role), house.client("Bob")
        assert (await house.call(eve, action, **CALLS[action]))["code"] == "not-allowed"
        assert not bob.transport.closed
        assert await house.hub.moderation.bans() == await house.hub.moderation.recorded() == []

    run(main)


def test_a_kick_ends_all_connections_of_a_user_and_says_where_they_came_from() -> None:
    async def main() -> None:
        house = House()
        boss = house.client("Boss", role="admin")
        bobs = [house.client("Bob", address=address) for address in ("192.0.2.7", "192.0.2.8")]
        cat = house.client("Cat")
        answer = await house.call(boss, "kick", user="id-Bob", reason="enough")
        assert (answer["ended"], answer["addresses"]) == (2, ["192.0.2.7", "192.0.2.8"])
        assert [bob.transport.closed for bob in bobs] == [[4403], [4403]]
        assert not cat.transport.closed
        assert (await house.call(boss, "kick", user="Cat"))["ended"] == 1  # by the name
        for own in ("id-Boss", "Boss", " boss "):
            assert "send you away" in (await house.call(boss, "kick", user=own))["message"]
        assert not boss.transport.closed
        for action in ("kick", "ban"):
            assert "is not here" in (await house.call(boss, action, user="nobody"))["message"]

    run(main)


def test_a_ban_ends_whom_it_hits_and_holds_until_it_ends_or_is_lifted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        kept = sqlite_repositories(DirectDatabase())
        house = House(repositories=kept)
        boss = house.client("Boss", role="admin", address="198.51.100.1")
        bob, cat, dan = (
            house.client(name, address=address)
            for name, address in (("Bob", "192.0.2.7"), ("Cat", "::ffff:192.0.2.9"), ("Dan", "192.0.3.1"))
        )
        await house.call(boss, "ban", user="id-Bob", hours=1)
        answer = await house.call(boss, "ban", address="192.0.2.77/24", reason="a flood")
        assert (answer["whom"], answer["ended"]) == ("192.0.2.0/24", 2)
        assert (bob.transport.closed[0], cat.transport.closed, dan.transport.closed) == (4403, [4403], [])
        moderation = Moderation(kept)  # as after a restart
        assert moderation.ban_on("id-Bob", "") is None  # nothing is read yet
        await moderation.load()
        assert moderation.ban_on("id-Bob", "198.51.100.1") == "banned"
        assert moderation.ban_on("new", "192.0.2.200") == "a flood"
        assert moderation.ban_on("new", "192.0.3.200") is moderation.ban_on("new", "unix") is None
        assert [ban["whom"] for ban in (await house.call(boss, "bans"))["bans"]] == ["id-Bob", "192.0.2.0/24"]
        await house.call(boss, "unban", whom="192.0.2.0/24")
        assert (await house.call(boss, "unban", whom="192.0.2.0/24"))["code"] == "refused"
        assert house.hub.moderation.ban_on("new", "192.0.2.200") is None
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 3601)
        assert house.hub.moderation.ban_on("id-Bob", "") is None
        assert (await house.call(boss, "bans"))["bans"] == await kept.bans.all() == []

    run(main)


def test_who_is_banned_is_told_until_when_and_no_reason_twice() -> None:
    assert Moderation.notice(1_700_000_000, "banned") == "banned until 2023-11-14T22:14Z"
    assert Moderation.notice(1_700_000_000, "spam") == "banned until 2023-11-14T22:14Z: spam"
    assert Moderation.notice(1e30, "spam") == "spam"


def test_bans_and_the_audit_tell_what_someone_was_called() -> None:
    async def main() -> None:
        house = House()
        boss = house.client("Boss", role="admin")
        house.client("Bob")
        await house.call(boss, "kick", user="id-Bob")
        await house.call(boss, "ban", user="id-Bob")
        assert [ban["name"] for ban in (await house.call(boss, "bans"))["bans"]] == ["Bob"]
        await house.call(boss, "unban", whom="id-Bob")
        entries = (await house.call(boss, "audit"))["entries"]
        assert [entry["about"]["name"] for entry in entries] == ["Bob"] * 3

    run(main)


def test_an_administrator_cannot_shut_themselves_out() -> None:
    async def main() -> None:
        house = House()
        boss = house.client("Boss", role="admin", address="192.0.2.1")
        for about in ({"user": "id-Boss"}, {"address": "192.0.2.1"}, {"address": "0.0.0.0/0"}):
            assert (await house.call(boss, "ban", **about))["code"] == "refused"
        assert not boss.transport.closed
        assert not await house.hub.moderation.recorded()

    run(main)


def test_a_ban_of_an_ipv6_address_is_one_of_all_that_its_host_has() -> None:
    async def main() -> None:
        house = House()
        boss = house.client("Boss", role="admin")
        eve = house.client("Eve", address="2001:db8::1")
        answer = await house.call(boss, "ban", address="2001:db8::1")
        assert (answer["whom"], answer["ended"]) == ("2001:db8::/64", 1)
        assert eve.transport.closed
        assert house.hub.moderation.ban_on("", "2001:db8::2:3")
        assert (await house.call(boss, "ban", address="2001:db8::1/128"))["whom"] == "2001:db8::1/128"

    run(main)


@pytest.mark.parametrize(
    "about",
    [
        *({}, {"user": ""}, {"user": "a/b"}, {"user": "x" * 501}, {"user": "x", "address": "192.0.2.1"}),
        *({"address": "somewhere"}, {"address": ""}, {"address": "192.0.2.0/33"}, {"user": "x", "hours": 0}),
        *({"user": "x", "hours": -1}, {"user": "x", "hours": 1e9}),
    ],
    ids=str,
)
def test_a_ban_on_nobody_or_on_what_is_no_address_is_an_invalid_field(about: dict[str, Any]) -> None:
    async def main() -> None:
        house = House()
        answer = await house.call(house.client("Boss", role="admin"), "ban", **about)
        assert answer["code"] == "invalid-field"

    run(main)


@pytest.mark.parametrize("action", ["kick", "ban"])
def test_an_id_never_means_somebody_whose_name_it_is(action: str) -> None:
    async def main() -> None:
        house = House()
        boss = house.client("Boss", role="admin")
        for user_id in ("h:bob@example.com", "h:bob%40example.com", "0e3bf6ac-8d0f-4d5b-a6a3-6c2a4ad3ec34"):
            eve = house.client(user_id, id="g:1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed")
            answer = await house.call(boss, action, user=user_id)
            assert answer.get("ended", 0) == 0
            assert not eve.transport.closed
            house.hub.remove(eve.connection)

    run(main)


@pytest.mark.parametrize(
    ("written", "user_id"),
    [
        *(("h:bob@example.com", "h:bob%40example.com"), ("h:bob%40example.com", "h:bob%40example.com")),
        *(("h:bob%40example.com ", "h:bob%40example.com"), ("t:a/b", "t:a%2Fb"), ("t:a%2fb", "t:a%2Fb")),
        *(("h:M\u00fcller", "h:m%C3%BCller"), ("h:Mu\u0308ller", "h:m%C3%BCller"), ("h:100%", "h:100%25")),
        *(("p:a b", "p:a%20b"), ("t:%ff", "t:%25ff"), ("h:\u738b@x", "h:%E7%8E%8B%40x")),
        ("0E3BF6AC-8D0F-4D5B-A6A3-6C2A4AD3EC34", "g:0e3bf6ac-8d0f-4d5b-a6a3-6c2a4ad3ec34"),
        ("g:0e3bf6ac-8d0f-4d5b-a6a3-6c2a4ad3ec34", "0e3bf6ac-8d0f-4d5b-a6a3-6c2a4ad3ec34"),
    ],
)
def test_an_id_is_taken_as_people_write_it_whether_its_user_is_here_or_not(written: str, user_id: str) -> None:
    async def main() -> None:
        house = House()
        boss = house.client("Boss", role="admin")
        house.client("Bob", id=user_id)
        assert (await house.call(boss, "kick", user=written))["ended"] == 1
        assert (await house.call(boss, "ban", user=written))["action"] == "ok"
        assert house.hub.moderation.ban_on(user_id, "") == "banned"
        assert (await house.call(boss, "unban", whom=written))["action"] == "ok"
        assert house.hub.moderation.ban_on(user_id, "") is None

    run(main)


def test_a_ban_of_an_account_that_does_not_exist_is_said_and_of_one_that_is_away_holds() -> None:
    async def main() -> None:
        kept = sqlite_repositories(DirectDatabase())
        house = House(repositories=kept)
        boss = house.client("Boss", role="admin")
        await kept.accounts.add(User("a:0123", "Ann"), "ann", "")
        answer = await house.call(boss, "ban", user="a:doesnotexist")
        assert answer["code"] == "invalid-field"
        assert "no account" in answer["message"]
        assert (await house.call(boss, "ban", user="a:0123"))["whom"] == "a:0123"

    run(main)


@pytest.mark.parametrize("written", ["::ffff:192.0.2.0/120", "::ffff:c000:0200/120", " 192.0.2.7/24", "192.0.2.0/24"])
def test_a_range_however_it_is_written_keeps_out_those_who_come_from_it(written: str) -> None:
    async def main() -> None:
        house = House()
        boss = house.client("Boss", role="admin", address="198.51.100.1")
        for address in ("192.0.2.9", "::ffff:192.0.2.9"):
            house.client(address, address=address)
        answer = await house.call(boss, "ban", address=written)
        assert (answer["whom"], answer["ended"]) == ("192.0.2.0/24", 2)
        assert (await house.call(boss, "unban", whom=written))["action"] == "ok"

    run(main)


@pytest.mark.parametrize(
    "ban",
    [
        *(Ban("h:eve", "", "", until, "") for until in (float("inf"), float("nan"), None, "soon")),  # type: ignore[arg-type]
        Ban("here/there", "Boss", "", 9e9, ""),
    ],
    ids=str,
)
def test_a_ban_that_cannot_be_read_keeps_nobody_out_and_the_others_hold(
    ban: Ban, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        bans = [Ban("a:bob", "Boss", "", 9e9, "spam"), ban, Ban("::ffff:192.0.2.0/120", "Boss", "", 9e9, "old")]
        kept = sqlite_repositories(DirectDatabase())._replace(bans=mock.Mock(all=mock.AsyncMock(return_value=bans)))
        moderation = Moderation(kept)
        await moderation.load()
        assert moderation.ban_on("h:eve", "192.0.3.1") is None
        assert moderation.ban_on("a:bob", "") == "spam"
        assert moderation.ban_on("h:eve", "192.0.2.1") == "old"
        assert [one["whom"] for one in await moderation.bans()] == ["a:bob", "::ffff:192.0.2.0/120"]
        assert [record.levelname for record in caplog.records] == ["ERROR"]

    run(main)


def test_every_use_of_a_power_is_in_the_audit_the_newest_first_before_it_is_used() -> None:
    async def main() -> None:
        house = House()
        boss = house.client("Boss", role="admin")
        for number in range(5):
            house.client(str(number))
            await house.call(boss, "kick", user=f"id-{number}", reason="why")
            await asyncio.sleep(1)
        await house.call(boss, "ban", user="h:bob")
        await house.call(boss, "unban", whom="h:bob")
        first = (await house.call(boss, "audit", limit=3))["entries"]
        rest = (await house.call(boss, "audit", after=first[-1]["key"]))["entries"]
        entries = first + rest
        assert {entry["by"]["id"] for entry in entries} == {"id-Boss"}
        assert sorted(entry["power"] for entry in entries) == ["ban"] * 2 + ["kick"] * 5
        assert [entry["time"] for entry in entries] == sorted((entry["time"] for entry in entries), reverse=True)
        assert {"user": "id-4", "name": "4", "reason": "why"} in [entry["about"] for entry in entries]

    run(main)


def test_what_cannot_be_recorded_is_not_done() -> None:
    class Failing(SqliteAudit):
        async def add(self, *entry: Any) -> None:
            raise Refused("history is not available", "history-unavailable")

    async def main() -> None:
        house = House(repositories=sqlite_repositories(DirectDatabase())._replace(audit=Failing(DirectDatabase())))
        boss, bob = house.client("Boss", role="admin"), house.client("Bob")
        for action in ("kick", "ban"):
            assert (await house.call(boss, action, user="id-Bob"))["code"] == "history-unavailable"
        assert not bob.transport.closed
        assert house.hub.moderation.ban_on("id-Bob", "") is None

    run(main)


def test_thousands_of_bans_are_read_at_a_start() -> None:
    async def main() -> None:
        kept = sqlite_repositories(DirectDatabase())
        for number in range(2_500):
            await kept.bans.put(Ban(f"id-{number}", "Boss", "", 9e9, ""))
        moderation = Moderation(kept)
        await moderation.load()
        assert moderation.ban_on("id-2499", "") == ""
        assert len(await moderation.bans()) == 2_500

    asyncio.run(main())


# Names and roles of those who are connected


def test_who_is_renamed_is_so_at_every_connection_and_the_others_are_told() -> None:
    async def main() -> None:
        house = House()
        bobs = [house.client("Bob", "den", "attic"), house.client("Bob", "den")]
        ann, eve = house.client("Ann", "den"), house.client("Eve")
        await pass_time(0.5)
        house.hub.become(User("id-Bob", "Rob", "admin"))
        await pass_time(0.5)
        assert ann.texts == ["Bob is now Rob"]
        assert ann.of("send-message")[0]["event"] == "rename"
        assert ann.of("presence")[-1]["joined"] == [{"id": "id-Bob", "name": "Rob", "role": "admin"}]
        assert not eve.events
        assert {user.name for user in house.hub.present("den")} == {"Ann", "Rob"}
        for bob in bobs:
            assert (bob.connection.user.name, bob.connection.user.role) == ("Rob", "admin")
        assert await house.call(bobs[1], "audit")
        for bob in bobs:
            house.hub.remove(bob.connection)
        assert {user.name for user in house.hub.present()} == {"Ann", "Eve"}

    run(main)


def test_the_newest_connection_says_what_a_user_is_called_and_may() -> None:
    async def main() -> None:
        house = House()
        first = house.client("Boss", "den", role="admin")
        house.client("Boss")
        assert first.connection.user.role == "member"
        assert (await house.call(first, "bans"))["code"] == "not-allowed"
        house.client("Zoe", id="id-Boss")
        assert [user.name for user in house.hub.present("den")] == ["Zoe"]

    run(main)


def test_who_may_enter_some_channels_sees_nothing_of_the_others() -> None:
    async def main() -> None:
        house = House()
        house.client("Ann", "den", "secret")
        bob = house.client("Bob")
        bob.connection.allowed = frozenset({"den"})
        assert [one["name"] for one in (await house.call(bob, "channels"))["channels"]] == ["den"]
        for action in ("who", "join-channel"):
            assert (await house.call(bob, action, target="secret"))["code"] == "not-allowed"
            assert (await house.call(bob, action, target="\uff44en"))["action"] == "ok"
        assert (await house.call(bob, "history", target="secret"))["code"] == "not-joined"

    run(main)


# On several nodes


def test_a_kick_ends_the_connections_to_all_nodes_and_names_one_that_does_not_answer() -> None:
    async def main() -> None:
        town = Town("one", "two", "three")
        one, two, _ = town.houses
        boss = one.client("Boss", role="admin")
        bobs = [house.client("Bob", address=f"192.0.2.{at}") for at, house in enumerate((one, two, two), 1)]
        await turns()
        answer = await one.call(boss, "kick", user="id-Bob", reason="enough")
        assert (answer["ended"], answer["addresses"]) == (3, ["192.0.2.1", "192.0.2.2", "192.0.2.3"])
        assert [bob.transport.closed for bob in bobs] == [[4403]] * 3
        cat = two.client("Cat")
        await turns()
        for name in ("two", "three"):
            town.nodes(name)._hear["question"] = lambda by, about: None  # it is stuck
        answer = await one.call(boss, "kick", user="Cat")
        assert (answer["ended"], answer["missing"]) == (0, ["two"])
        assert not cat.transport.closed

    run(main)


def test_a_ban_holds_on_all_nodes_at_once_and_each_ends_whom_it_hits() -> None:
    async def main() -> None:
        one, two = Town("one", "two").houses
        boss = one.client("Boss", role="admin", address="198.51.100.1")
        bobs = [house.client("Bob", address=f"192.0.2.{at}") for at, house in enumerate((one, two, two), 1)]
        cat = two.client("Cat", address="192.0.3.1")
        await two.hub.moderation.load()
        answer = await one.call(boss, "ban", user="id-Bob", hours=1)
        assert answer["ended"] == 3
        assert "missing" not in answer
        assert [bob.transport.closed for bob in bobs] == [[4403]] * 3
        assert not cat.transport.closed
        assert two.hub.moderation.ban_on("id-Bob", "") == "banned"
        assert (await one.call(boss, "ban", address="192.0.3.0/24", reason="a flood"))["ended"] == 1
        assert cat.transport.closed == [4403]
        again = two.client("Boss", role="admin", address="198.51.100.1")  # who may lift it from there
        assert (await two.call(again, "unban", whom="id-Bob"))["action"] == "ok"
        assert one.hub.moderation.ban_on("id-Bob", "") is two.hub.moderation.ban_on("id-Bob", "") is None
        assert one.hub.moderation.ban_on("new", "192.0.3.9") == two.hub.moderation.ban_on("new", "192.0.3.9")

    run(main)


def test_a_node_that_has_missed_a_ban_ends_whom_it_hits_when_it_is_back() -> None:
    async def main() -> None:
        town = Town("one", "two")
        one, two = town.houses
        boss, bob = one.client("Boss", role="admin"), two.client("Bob", id="h:bob")
        await two.hub.moderation.load()
        there = town.wires.nodes.pop("two")
        assert "missing" not in await one.call(boss, "ban", user="h:bob")
        assert not bob.transport.closed
        town.wires.nodes["two"] = there
        for back in there.back:
            await back()
        assert bob.transport.closed == [4403]
        assert two.hub.moderation.ban_on("h:bob", "") == "banned"

    run(main)


def test_a_node_that_cannot_read_a_ban_is_named_and_reads_it_as_soon_as_it_can() -> None:
    class Failing(SqliteBans):
        fails = True

        async def all(self) -> Any:
            if self.fails:
                raise Refused("history is not available", "history-unavailable")
            return await super().all()

    async def main() -> None:
        town = Town()
        bans = Failing(town.kept)
        one = town.house("one")
        two = town.house("two", repositories=town.repositories._replace(bans=bans))
        boss, bob = one.client("Boss", role="admin"), two.client("Bob", id="h:bob")
        answer = await one.call(boss, "ban", user="h:bob")
        assert (answer["ended"], answer["missing"]) == (0, ["two"])
        with pytest.raises(Refused):
            await two.hub.moderation.load()  # who comes there waits
        with pytest.raises(Refused):
            await two.hub.banning.look()
        bans.fails = False
        await two.hub.banning.look()
        assert bob.transport.closed == [4403]
        assert (await one.call(boss, "unban", whom="h:bob")) == {"action": "ok", "ref": "r"}

    run(main)


def test_a_ban_that_is_over_here_is_not_deleted_where_another_node_has_made_it_anew() -> None:
    async def main() -> None:
        town = Town("one", "two")
        one, two = town.houses
        boss = two.client("Boss", role="admin")
        await one.hub.moderation.ban("id-Bob", time.time() - 1, "old", BOSS)
        await two.hub.moderation.load()
        await one.hub.moderation.ban("id-Bob", time.time() + 60, "new", BOSS)  # two has not heard of it yet
        assert (await two.call(boss, "bans"))["bans"] == []
        assert [ban.reason for ban in await town.repositories.bans.all()] == ["new"]

    run(main)


def test_a_ban_made_while_the_bans_are_read_is_not_forgotten() -> None:
    class Slow(SqliteBans):
        async def all(self) -> Any:
            found = await super().all()
            await asyncio.sleep(1)
            return found

    async def main() -> None:
        kept = DirectDatabase()
        moderation = Moderation(sqlite_repositories(kept)._replace(bans=Slow(kept)))
        reading = asyncio.ensure_future(moderation.load(again=True))
        await asyncio.sleep(0.5)
        await asyncio.gather(moderation.ban("id-Bob", time.time() + 60, "spam", BOSS), reading)
        assert moderation.ban_on("id-Bob", "") == "spam"

    run(main)
