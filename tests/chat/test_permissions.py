"""Powers are asked for in one place, and plugins add their own."""

import pytest

from tests.helpers import House, module, run
from tornado_chat.chat import permissions
from tornado_chat.chat.models import User
from tornado_chat.chat.permissions import add_power, give_power, known_powers
from tornado_chat.routing.registry import Registry, RegistryError

GUEST, MEMBER, ADMIN = (User(f"id-{role}", "Ann", role) for role in ("guest", "member", "admin"))


@pytest.fixture(autouse=True)
def _powers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "_powers", dict(permissions._powers))


def test_administrators_alone_have_the_servers_powers() -> None:
    for power in set(known_powers()) - {"pin", "create-channel", "open-direct"}:
        assert [user.may(power) for user in (GUEST, MEMBER, ADMIN)] == [False, False, True]
    assert [user.may("pin") for user in (GUEST, MEMBER, ADMIN)] == [False, True, True]
    assert not ADMIN.may("fly")


def test_a_plugin_adds_a_power_for_the_roles_that_it_names_and_its_actions_ask_for_it() -> None:
    plugin = module(
        'add_power("announce", "member", "admin")\n'
        '@action("announce", channel=False, power="announce")\n'
        "async def announce(ctx: Context) -> None:\n"
        '    await ctx.use("announce", said="hi")\n'
    )
    assert [user.may("announce") for user in (GUEST, MEMBER, ADMIN)] == [False, True, True]

    async def main() -> None:
        house = House(plugin)
        for role, answer in (("member", "ok"), ("guest", "error")):
            client = house.client(role, role=role)
            assert (await house.call(client, "announce"))["action"] == answer
        assert [entry["power"] for entry in await house.hub.moderation.recorded()] == ["announce"]

    run(main)


def test_a_power_without_roles_is_the_administrators_and_may_be_added_again() -> None:
    for _ in range(2):  # as at a reload
        add_power("announce")
    assert [user.may("announce") for user in (GUEST, MEMBER, ADMIN)] == [False, False, True]
    add_power("announce", "guest")
    assert [user.may("announce") for user in (GUEST, MEMBER, ADMIN)] == [True, False, False]


@pytest.mark.parametrize("wrong", [("kick",), ("kick", "guest"), ("fly", "boss"), ("",), (5,)])
def test_the_servers_powers_stay_as_they_are_and_a_power_has_a_name_and_roles_that_exist(wrong: tuple[str]) -> None:
    with pytest.raises(ValueError, match=r"power|role"):
        add_power(*wrong)
    assert not GUEST.may("kick")


def test_an_action_with_an_unknown_power_is_refused_with_those_that_there_are() -> None:
    add_power("announce")
    wrong = module('@action("x", power="fly")\ndef x(ctx: Context) -> None: ...\n')
    with pytest.raises(RegistryError, match="no power 'fly'; there are announce, audit, ban"):
        Registry().add(wrong, "plugin")


def test_who_lacks_a_power_is_told_who_has_it() -> None:
    plugin = module(
        'add_power("greet", "guest")\n'
        '@action("greet", channel=False, power="greet")\n'
        "def greet(ctx: Context) -> None: ...\n"
        '@action("fly", channel=False)\n'
        "async def fly(ctx: Context, power: str) -> None:\n"
        "    ctx.need(power)\n"
        '@action("do")\n'
        "async def do(ctx: Context) -> None:\n"
        '    await ctx.perform("pin", ctx.channel, seq=1)\n'
    )

    async def main() -> None:
        house = House(plugin)
        guest = house.client("Ann", "den", role="guest")
        member = house.client("Ben", "den")
        pin = "administrators and moderators of #den can pin messages here"
        for client, action, fields, words in (
            (guest, "pin", {"target": "den", "seq": 1}, f"Only members, {pin}"),
            (guest, "do", {"target": "den"}, f"Only members, {pin}"),
            (guest, "fly", {"power": "pin"}, "Only members and administrators can pin messages here"),
            (guest, "kick", {"user": "Ben"}, "Only administrators can use the power kick here"),
            (member, "greet", {}, "Only guests can use the power greet here"),
            (member, "fly", {"power": "swim"}, "Nobody can use the power swim here"),
        ):
            answer = await house.call(client, action, **fields)
            assert (answer["code"], answer["message"]) == ("not-allowed", words)
        give_power("pin", ("admin",))
        answer = await house.call(member, "pin", target="den", seq=1)
        assert answer["message"] == f"Only {pin}"

    run(main)
