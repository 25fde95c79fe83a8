"""The privacy walk goes on: what answers cost, who belonged once, who came later, and all that is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.testing import gen_test

from tests.actions.test_privacy_walk import NOWHERE, PLUGIN, about_file, about_files, fields_of, kinds
from tests.helpers import Client, House, module, run, turns
from tests.lengths import only_long
from tornado_chat.chat.files import new_id
from tornado_chat.config.settings import find_folder
from tornado_chat.plugin_host.files import load
from tornado_chat.testing import ChatTestCase
from tornado_chat.testing import Client as Socket

SECRETS = ("Secretplans", "secrettopic", "secretdescription", "secrettext", "secretedit")
SHIPPED = [load(Path(find_folder("plugins")) / f"{name}.py") for name in ("dice", "poll", "remind")]
Kinds = dict[str, list[str]]


async def settled(place: House) -> None:
    await turns()
    await asyncio.sleep(1.5)
    await turns()


async def furnish(place: House) -> tuple[list[Client], Kinds]:
    """Return Ann, Bob, Eve (a stranger), Rob (who was removed) and Kit (who is kept out), and addresses by kind."""
    place.hub.gather = 0.0
    place.router._strict = False
    people = [place.client(name) for name in ("Ann", "Bob", "Eve", "Rob", "Kit")]
    ann, bob, eve, rob, kit = people
    for client in (eve, rob, kit):
        await place.call(client, "join-channel", target="hall")
    den = await place.call(
        ann,
        "create-channel",
        kind="private",
        title=SECRETS[0],
        topic=SECRETS[1],
        users=["id-Bob", "id-Rob", "id-Kit"],
    )
    talk = await place.call(ann, "open-direct", users=["id-Bob"])
    for client in (bob, rob, kit):
        await place.call(client, "join-channel", target=den["channel"])
    await place.call(ann, "remove-member", target=den["channel"], user="id-Rob")
    await place.call(ann, "remove-member", target=den["channel"], user="id-Kit", minutes=60)
    await place.call(bob, "join-channel", target=talk["channel"])
    addresses = {"own": [den["channel"], talk["channel"]], "none": list(NOWHERE)}
    for name in addresses["own"]:
        await place.call(ann, "send-message", ref=f"1 {name}", target=name, message=f"{SECRETS[3]} @Bob @Eve @Rob")
    await settled(place)
    return people, addresses


def about_channels(place: House) -> Iterator[tuple[str, Any]]:
    """Yield the actions that name a channel, by their fields alone: a new one is walked without being named here."""
    for name, action in sorted(place.registry.actions.items()):
        kinds = {one.name for one in action.parameters} | {one.type for one in action.parameters}
        if not action.internal and (action.channel or kinds & {"target", "channel"}):
            yield name, action


@contextmanager
def effort(place: House) -> Iterator[list[str]]:
    """Yield what is asked of the tables and of the history meanwhile."""
    asked: list[str] = []
    connection = place.hub.memberships._database._connection  # type: ignore[attr-defined]
    history = "append change changes find floor get last mentions pinned read times unread".split()

    def noted(name: str) -> Any:
        real = getattr(place.history, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            asked.append(name)
            return real(*args, **kwargs)

        return call

    connection.set_trace_callback(lambda statement: asked.append(statement.partition("'")[0]))
    with mock.patch.multiple(place.history, **{name: noted(name) for name in history}):
        try:
            yield asked
        finally:
            connection.set_trace_callback(None)


@pytest.mark.parametrize("name", ["Eve", "Rob", "Kit"])
def test_the_files_of_others_cost_whoever_asks_for_them_as_much_as_none(name: str) -> None:
    async def main() -> None:
        place = House(module(PLUGIN))
        place.keep_files()
        people, addresses = await furnish(place)
        ann, client = people[0], next(one for one in people if one.user.name == name)
        posted = [await place.hub.files.add(ann.user, "a.txt", b"secret") for _ in addresses["own"]]
        for file, address in zip(posted, addresses["own"], strict=True):
            await place.call(ann, "send-message", ref=file.id, target=address, message="", files=[file.id])
        ids = [*(file.id for file in posted), (await place.hub.files.add(ann.user, "a.txt", b"secret")).id, new_id()]
        for call, field, parameters in about_files(place):
            told = []
            for id in ids:
                with effort(place) as asked:
                    answer = await place.call(client, call, ref="r", **about_file(field, parameters, id))
                told.append((answer, asked))
            assert told == [told[0]] * len(ids), call

    run(main)


@pytest.mark.parametrize("name", ["Eve", only_long("Rob"), only_long("Kit")])
def test_whoever_does_not_belong_is_answered_alike_and_at_the_same_cost(name: str) -> None:
    """Also by shipped plugins, and when they ask what they may."""

    async def main() -> None:
        place = House(module(PLUGIN), *SHIPPED)
        people, addresses = await furnish(place)
        client = next(one for one in people if one.user.name == name)
        asked = [(call, action.parameters) for call, action in about_channels(place)]
        may = place.registry.actions["may"].parameters
        for call, parameters in [*asked, *(("may", may) for _ in asked)]:
            about = asked[0][0] if call == "may" else ""
            asked = asked[1:] + asked[:1]
            for optional in (False, True):
                answers = []
                for address in (*addresses["own"], *addresses["none"]):
                    fields = fields_of(parameters, address, optional) | ({"call": about} if about else {})
                    with effort(place) as costs:
                        answer = await place.call(client, call, ref="r", **fields)
                    answers.append((json.dumps(answer).replace(address, "ADDRESS"), costs))
                    if "hall" not in client.connection.channels:
                        await place.call(client, "join-channel", target="hall")
                        await settled(place)
                assert answers == [answers[0]] * 4, (call, about, answers)

    run(main)


@pytest.mark.parametrize("name", ["Eve", "Rob", "Kit"])
def test_a_search_costs_the_same_whether_what_it_names_is_hidden_or_not_there(name: str) -> None:
    async def main() -> None:
        place = House()
        people, addresses = await furnish(place)
        client = next(one for one in people if one.user.name == name)
        alike = [
            [f"in:{address}" for address in (*addresses["own"], *addresses["none"])],
            [f"{SECRETS[3]} in:{address}" for address in (*addresses["own"], *addresses["none"])],
            [f"in:{SECRETS[0]}", "in:Nothing"],
            ["in:@Bob", "in:@Nobody"],
            [SECRETS[3], "nothing"],
            [f"from:{who} {SECRETS[3]}" for who in ("Ann", "Bob", "Nobody", "id-Ann", "id-Nobody")],
        ]
        for texts in alike:
            answers = []
            for text in texts:
                start = len(client.events)
                with effort(place) as costs:
                    await place.say(client, json.dumps({"action": "search", "ref": "r", "text": text}))
                    while not [event for event in client.events[start:] if event.get("ref") == "r"]:
                        await turns()
                answers.append((json.dumps(client.events[-1]), costs))
            assert answers == [answers[0]] * len(answers), texts
            assert json.loads(answers[0][0])["messages"] == []

    run(main)


@kinds
def test_nothing_that_strangers_are_told_while_others_talk_has_anything_of_it(kind: type[House]) -> None:
    async def main() -> None:
        place = kind(module(PLUGIN), *SHIPPED)
        (ann, bob, *others), addresses = await furnish(place)
        before = [len(client.events) for client in others]
        den, talk = addresses["own"]
        for name in (den, talk):
            refs = iter(f"{name} {number}" for number in range(9))

            async def do(
                client: Client, action: str, ref: str = "", name: str = name, refs: Any = refs, **fields: Any
            ) -> Any:
                answer = await place.call(client, action, ref=next(refs), target=name, **fields)
                assert answer["action"] == "ok", answer
                return answer

            others_ids = [client.user.id for client in others]
            seq = (await do(ann, "send-message", message="secrettext @Eve", mentions=others_ids))["seq"]
            await do(ann, "edit-message", seq=seq, message="secretedit @Rob @Kit", mentions=others_ids)
            await do(bob, "react", seq=seq, key="👍")
            await do(ann, "pin", seq=seq)
            await do(bob, "read", seq=seq)
            await do(bob, "typing")
            await do(bob, "leave-channel")
        await place.call(ann, "set-channel", target=den, description=SECRETS[2])
        await place.call(ann, "invite", target=den, user="id-Bob")
        for client in others:
            for call, action in sorted(place.registry.actions.items()):
                if not action.internal and call not in ("leave-channel", "leave-communication-channel"):
                    for optional in (False, True):
                        await place.call(client, call, ref="r", **fields_of(action.parameters, "hall", optional))
        await settled(place)
        for client, start in zip(others, before, strict=True):
            told = json.dumps(client.events[start:])
            for secret in (*addresses["own"], *SECRETS):
                assert secret not in told, (client.user.name, secret)

    run(main)


HIDDEN = "hiddentext"


@kinds
def test_who_came_later_learns_nothing_of_what_was_said_before_by_any_action_or_event(kind: type[House]) -> None:
    async def main() -> None:
        place = kind(module(PLUGIN), *SHIPPED)
        place.hub.gather, place.router._strict = 0.0, False
        ann, bob = place.client("Ann"), place.client("Bob")
        await place.call(ann, "create-channel", name="den")
        await place.call(ann, "set-channel", target="den", newcomers="from-joining")

        async def do(action: str, ref: str, **fields: Any) -> int:
            return int((await place.call(ann, action, ref=ref, target="den", **fields))["seq"])

        place.keep_files()
        file = await place.hub.files.add(ann.user, f"{HIDDEN}.txt", b"hidden")
        seq = await do("send-message", "a", message=HIDDEN, files=[file.id])
        await do("pin", "b", seq=seq)
        missing = seq + 500
        await place.call(bob, "join-channel", target="den")
        shown = await do("send-message", "c", message="an answer", reply_to=seq)
        await do("edit-message", "d", seq=seq, message=f"{HIDDEN} again @Bob")
        await do("react", "e", seq=seq, key="👍")
        await do("pin", "f", seq=seq, on=False)
        for number, (call, action) in enumerate(about_channels(place)):
            if call.startswith("leave"):
                continue
            takes = {one.name for one in action.parameters}
            for optional in (False, True):
                fields = fields_of(action.parameters, "den", optional)
                for one in takes & {"seq", "around", "after", "before", "seqs", "since", "reply_to"}:
                    ref = f"{number} {optional} {one}"
                    value = [seq] if one == "seqs" else seq
                    if call != "join-channel":
                        rest = {
                            key: kept
                            for key, kept in fields.items()
                            if key not in ("before", "after", "around", "seqs")
                        }
                        answer = await place.call(bob, call, ref=ref, **{**rest, one: value})
                        if one in ("seq", "reply_to") and call not in ("read",):
                            other = await place.call(bob, call, ref=f"{ref}'", **{**rest, one: missing})
                            assert {**answer, "ref": ""} == {**other, "ref": ""}, call
                await place.call(bob, call, ref=f"{number} {optional}", **fields)
        for since in (0, seq):
            answer = await place.call(
                bob, "join-channel", target="den", since={"epoch": place.history.epoch, "seq": since}
            )
            assert HIDDEN not in json.dumps(answer)
            answer = await place.call(
                bob, "join-channel", target="den", changes=True, since={"epoch": place.history.epoch, "seq": since}
            )
            assert HIDDEN not in json.dumps(answer)
        for text in (
            HIDDEN,
            HIDDEN[:5],
            "again",
            "in:den",
            "from:ann",
            "from:me",
            "is:pinned",
            "-x",
            "before:2999-01-01",
        ):
            await place.say(bob, json.dumps({"action": "search", "ref": "search", "text": text, "limit": 50}))
        await do("delete-message", "g", seq=seq)
        await settled(place)
        assert HIDDEN not in json.dumps(bob.events)
        stubs = [event for event in bob.of("changed") if "about" not in event]
        assert stubs
        assert all(set(event) == {"action", "channel", "seq"} for event in stubs)
        assert shown in [event.get("seq") for event in bob.of("send-message")]

    run(main)


class ServerTest(ChatTestCase):
    settings = {"limits": "off"}

    @asynccontextmanager
    async def plans(self) -> AsyncIterator[tuple[Socket, Socket, list[str]]]:
        """Yield a member, a stranger who came afterwards, and the addresses of what the member has."""
        ann, bob = await self.connect("Ann"), await self.connect("Bob")
        den = (await ann.create(SECRETS[0], bob))["channel"]
        talk = (await ann.direct(bob))["channel"]
        for name in (den, talk):
            await bob.join(name)
            await ann.call("send-message", target=name, message="secrettext @Eve")
        yield ann, await self.join("Eve", "hall"), [den, talk]

    @gen_test
    async def test_pages_figures_and_the_first_lines_have_nothing_of_it(self) -> None:
        async with self.plans() as (_, eve, addresses):
            told = []
            for path in ("/metrics", "/", "/healthz", "/readyz", "/auth"):
                told.append((await AsyncHTTPClient().fetch(self.get_url(path), raise_error=False)).body.decode())
            for call in ("who", "channels", "browse", "users", "reminders", "overview", "audit", "bans"):
                eve.send(call, ref=call, target="hall")
                await eve.until(lambda event, call=call: event.get("ref") == call)
            await eve.until("channels") if not eve.of("channels") else None
            told.append(json.dumps(eve.events))
            for secret in (*addresses, *SECRETS):
                assert secret not in "".join(told), secret

    @gen_test
    async def test_who_is_removed_hears_no_more_on_any_device(self) -> None:
        async with self.plans() as (ann, eve, (den, _)):
            await ann.call("invite", target=den, user=eve.id)
            await eve.join(den)
            phone = await self.connect(token=eve.hello["token"])
            await phone.join(den)
            await ann.call("remove-member", target=den, user=eve.id)
            for client in (eve, phone):
                await client.until(lambda event: "removed" in event)
            seen = [len(client.events) for client in (eve, phone)]
            await ann.call("send-message", target=den, message="after @Eve", mentions=[eve.id])
            for client, start in zip((eve, phone), seen, strict=True):
                answer = await client.call("who")
                assert answer["count"] == 3
                assert not [event for event in client.events[start:] if den in json.dumps(event)]
            again = await self.connect(token=eve.hello["token"])
            told = await again.until("channels")
            assert den not in json.dumps(told)
