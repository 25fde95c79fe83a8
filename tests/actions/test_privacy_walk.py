"""The privacy walk: a stranger is answered about others' private places as about none, and nothing tells of them."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers import Client, House, module, run, turns
from tests.town import Spread
from tornado_chat.chat.files import new_id
from tornado_chat.routing.schema import Parameter

TITLE, TEXT, TOPIC, FILE = "Secretplans", "secrettext", "secrettopic", "secretfile.txt"
NOWHERE = ("p:" + "A" * 22, "dm:" + "A" * 22)
VALUES: dict[str, Any] = {
    **{"str": "x", "int": 1, "float": 1.0, "bool": True, "list": ["x"], "object": {"epoch": "x", "seq": 0}},
    **{"user": "id-Ann", "channel": "", "choice": None, "upload": "x"},
}
#: What some fields need to be, so that a call gets as far as it can.
FILES = ("file", "files")  # fields that name files
FIELDS = {
    **{"key": "👍", "users": ["id-Ann"], "user": "id-Ann", "role": "member", "kind": "public", "address": None},
    "text": TEXT,  # what is searched
}
PLUGIN = """
@action("look")
def look(ctx: Context) -> dict[str, Any]:
    return {"here": len(ctx.channel.present)}

@action("point", channel=False)
def point(ctx: Context, where: Channel) -> dict[str, Any]:
    return {"here": len(where.present)}

@action("take")
async def take(ctx: Context, file: Upload) -> dict[str, Any]:
    return {"name": file.name}
"""


kinds = pytest.mark.parametrize("kind", [House, Spread])  # one server, and a cluster of two


async def settled(place: House) -> None:
    await turns()
    await asyncio.sleep(1.5)
    await turns()


def fields_of(parameters: tuple[Parameter, ...], address: str, optional: bool) -> dict[str, Any]:
    """Return a call of an action about an address: with what it requires, or with all that it takes."""
    fields: dict[str, Any] = {}
    for one in parameters:
        if one.type == "channel":
            fields[one.name] = address
        elif one.describe()["required"] or (optional and one.name not in ("message", "since")):
            fields[one.name] = FIELDS.get(one.name, one.choices[0] if one.choices else VALUES[one.type])
    if "target" in {one.name for one in parameters} or not fields.get("target"):
        fields["target"] = address
    return fields


async def furnished(kind: type[House]) -> tuple[House, Client, list[str]]:
    """Return a house with a private channel and a direct conversation, a stranger, and their addresses."""
    place = kind(module(PLUGIN))
    place.keep_files()
    place.hub.gather = 0.0
    ann, bob, eve = (place.client(name) for name in ("Ann", "Bob", "Eve"))
    places = place.hub.places
    await place.call(eve, "join-channel", target="hall")
    record = await places.create(ann.connection, "private", title=TITLE, topic=TOPIC, users=["id-Bob"])
    talk = await places.open_direct(ann.connection, ["id-Bob"])
    for name in (record.name, talk.name):
        for client in (ann, bob):
            await place.call(client, "join-channel", target=name)
        file = await place.hub.files.add(ann.user, FILE, b"secret")
        await place.call(ann, "send-message", ref=name, target=name, message=f"{TEXT} @Bob @Eve", files=[file.id])
        assert FILE in str(bob.events)
    await settled(place)
    return place, eve, [record.name, talk.name]


@kinds
def test_every_action_answers_a_stranger_alike_about_a_private_place_and_about_none(kind: type[House]) -> None:
    async def main() -> None:
        place, eve, secrets = await furnished(kind)
        place.router._strict = False
        for name, action in sorted(place.registry.actions.items()):
            takes = {parameter.name for parameter in action.parameters} | {one.type for one in action.parameters}
            if action.internal or not (action.channel or takes & {"target", "channel"}):
                continue
            for optional in (False, True):
                answers = []
                for address in (*secrets, *NOWHERE):
                    call = fields_of(action.parameters, address, optional)
                    answer = await place.call(eve, name, ref="r", **call)
                    answers.append(json.dumps(answer).replace(address, "ADDRESS"))
                    if "hall" not in eve.connection.channels:
                        await place.call(eve, "join-channel", target="hall")
                kinds = {answers[0] == one for one in answers}
                assert kinds == {True}, (name, answers)

    run(main)


@kinds
def test_nothing_that_a_stranger_is_told_has_anything_of_a_private_place(kind: type[House]) -> None:
    async def main() -> None:
        place, eve, secrets = await furnished(kind)
        place.router._strict = False
        for name, action in sorted(place.registry.actions.items()):
            if not action.internal:
                for optional in (False, True):
                    await place.call(eve, name, ref="r", **fields_of(action.parameters, "hall", optional))
        await settled(place)
        told = json.dumps(eve.events)
        for secret in (*secrets, TITLE, TEXT, TOPIC, FILE):
            assert secret not in told

    run(main)


@kinds
def test_searching_answers_a_stranger_alike_about_a_private_place_and_about_none(kind: type[House]) -> None:
    async def main() -> None:
        place, eve, secrets = await furnished(kind)
        place.router._strict = False
        answers = set()
        for text in (
            *(f"in:{address}" for address in (*secrets, *NOWHERE)),
            *(
                f"{text} in:{address}"
                for address in (*secrets, *NOWHERE)
                for text in (TEXT, "sec", "-x", "is:thread")
            ),
            *(TEXT, TEXT[:4], f'"{TEXT} Bob"', f"in:{TITLE}", "in:Nowhere", f"from:Ann {TEXT}", "from:Ann in:@Bob"),
            *("from:id-Ann", "from:Bob", "from:Nobody", "from:me", "in:@Bob", "in:@Nobody", "on:2026-03-10", "-x"),
        ):
            for before in ("", "9000000000000-9"):
                fields = {"before": before} if before else {}
                await place.say(eve, json.dumps({"action": "search", "ref": "q", "text": text, **fields}))
                answers.add(json.dumps(eve.events[-1]))
        assert answers == {
            json.dumps({"messages": [], "more": False, "before": "", "complete": True, "action": "ok", "ref": "q"})
        }

    run(main)


def about_files(place: House) -> Iterator[tuple[str, str, tuple[Parameter, ...]]]:
    """Yield the actions that take files, each with a field that does."""
    for name, action in sorted(place.registry.actions.items()):
        for one in action.parameters:
            if not action.internal and (one.name in FILES or one.type == "upload"):
                yield name, one.name, action.parameters


def about_file(field: str, parameters: tuple[Parameter, ...], id: str) -> dict[str, Any]:
    """Return a call of an action about a file."""
    return {**fields_of(parameters, "hall", False), field: [id] if field == "files" else id}


@kinds
def test_every_action_answers_a_stranger_alike_about_the_files_of_others_and_about_none(kind: type[House]) -> None:
    async def main() -> None:
        place, eve, secrets = await furnished(kind)
        place.router._strict = False
        ann = next(one for one in place.hub.connections if one.user.name == "Ann")
        [message], _ = await place.hub.channel(secrets[0]).read()
        unposted = await place.hub.files.add(ann.user, FILE, b"secret")
        ids = [message.files[0].id, unposted.id, new_id(), new_id()]
        asked = set()
        for name, field, parameters in about_files(place):
            answers = [await place.call(eve, name, ref="r", **about_file(field, parameters, id)) for id in ids]
            assert answers == [answers[0]] * len(ids), (name, answers)
            assert answers[0]["message"].endswith("there is no such file")
            asked.add((name, field))
        assert asked >= {("send-message", "files"), ("take", "file")}
        assert FILE not in json.dumps(eve.events)

    run(main)
