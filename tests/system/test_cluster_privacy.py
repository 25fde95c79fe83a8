"""What somebody may not see, asked of another node: as if it were not there; and what nodes note of it."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient

from tests.actions.test_privacy_walk import NOWHERE, fields_of
from tests.serving_here import Here, level, on_nodes
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.files import new_id
from tornado_chat.storage.postgres.nodes import PostgresNodes
from tornado_chat.testing import Client

TITLE, TOPIC, TEXT, EDIT, FILE = "Secretplans", "secrettopic", "secrettext", "secretedit", "secretfile.txt"
SECRETS = (TITLE, TOPIC, TEXT, EDIT, FILE)


async def answer(client: Client, action: str, **fields: Any) -> dict[str, Any]:
    """Return what a call is answered, also an `error`, but for its `ref`."""
    try:
        return {**await client.call(action, **fields), "ref": ""}
    except Refused as refused:
        return {"code": refused.code, "message": refused.message, "rule": refused.rule}


async def furnish(here: Here) -> tuple[Client, Client, dict[str, Any], list[str]]:
    """Let two people talk where nobody else may hear; return them, a file of theirs, and the addresses."""
    ann, bob = await here.connect("Ann"), await here.connect("Bob")
    den = await ann.call("create-channel", kind="private", title=TITLE, topic=TOPIC, users=[bob.id])
    talk = await ann.call("open-direct", users=[bob.id])
    addresses = [den["channel"], talk["channel"]]
    file = await ann.upload(FILE, b"secret")
    for name in addresses:
        await bob.join(name)
        said = await ann.call("send-message", target=name, message=f"{TEXT} @Bob @Eve", files=[file["id"]], ref=name)
        await ann.call("edit-message", target=name, seq=said["seq"], message=f"{EDIT} @Bob", ref=f"edit {name}")
        await bob.call("react", target=name, seq=said["seq"], key="👍", ref=f"react {name}")
        await bob.call("typing", target=name)
        await ann.call("send-message", target=name, message=TEXT, ref=f"again {name}")
    return ann, bob, file, addresses


def blobs(folder: Path) -> dict[str, Any]:
    (folder / "blobs").mkdir()
    return {"blobs": folder / "blobs"}


def test_another_node_answers_about_what_is_hidden_as_about_what_is_not_there(tmp_path: Path) -> None:
    async def main(a: Here, b: Here) -> None:
        eve = await b.join("Eve", "hall")
        ann, bob, file, addresses = await furnish(a)
        await level([a, b])
        for name, action in sorted(b.chat.router.registry.actions.items()):
            takes = {one.name for one in action.parameters} | {one.type for one in action.parameters}
            if action.internal or not (action.channel or takes & {"target", "channel"}):
                continue
            for optional in (False, True):
                told = set()
                for address in (*addresses, *NOWHERE):
                    fields = fields_of(action.parameters, address, optional)
                    told.add(json.dumps(await answer(eve, name, **fields)).replace(address, "ADDRESS"))
                assert len(told) == 1, (name, told)
        there = [await answer(eve, "shared", user=user) for user in (ann.id, bob.id, "nobody")]
        assert there == [there[0]] * 3
        for text in (
            TEXT,
            EDIT,
            FILE,
            f"in:{TITLE}",
            *(f"in:{one}" for one in addresses),
            "in:@Bob",
            "from:Ann has:file",
        ):
            found = await answer(eve, "search", text=text)
            assert (found["messages"], found["more"], found["before"]) == ([], False, ""), text
        for path in ("", "?size=64"):
            fetched = [await fetch(b, eve, f"files/{id}{path}") for id in (file["id"], new_id())]
            assert fetched[0] == fetched[1]
            assert fetched[0][0] == 404
        assert await ann.download(file) == b"secret"

    on_nodes(tmp_path, main, **blobs(tmp_path))


async def fetch(here: Here, client: Client, path: str) -> tuple[int, bytes]:
    got = await AsyncHTTPClient().fetch(f"{here.base}/{path}", headers=client.sent, raise_error=False)
    return got.code, got.body


def test_nothing_that_a_stranger_at_another_node_is_told_has_anything_of_it(tmp_path: Path) -> None:
    async def main(a: Here, b: Here) -> None:
        eve = await b.join("Eve", "hall")
        _, _, file, addresses = await furnish(a)
        await level([a, b])
        for name, action in sorted(b.chat.router.registry.actions.items()):
            if not action.internal and not name.startswith("leave"):
                for optional in (False, True):
                    await answer(eve, name, **fields_of(action.parameters, "hall", optional))
        again = await b.connect("Eve")
        await again.until("channels")
        figures = [await fetch(b, eve, path) for path in ("metrics", "", "healthz", "readyz", "auth")]
        await level([a, b])
        await eve.call("may", call="may")
        told = json.dumps([eve.events, again.events, str(figures)])
        for secret in (*SECRETS, *addresses, file["id"]):
            assert secret not in told.replace(json.dumps(EDIT), ""), secret

    on_nodes(tmp_path, main, **blobs(tmp_path))


def test_who_is_removed_at_one_node_hears_and_finds_no_more_at_another(tmp_path: Path) -> None:
    async def main(a: Here, b: Here) -> None:
        ann, rob = await a.connect("Ann"), await b.connect("Rob")
        await level([a, b])
        den = (await ann.call("create-channel", kind="private", title=TITLE, users=[rob.id]))["channel"]
        await rob.join(den)
        await ann.call("send-message", target=den, message="before")
        await rob.until_text("before")
        assert (await rob.call("search", text="before"))["messages"]
        await ann.call("remove-member", target=den, user=rob.id)
        seen = len(rob.events)  # removing waits for the nodes
        await ann.call("send-message", target=den, message=f"{TEXT} @Rob", mentions=[rob.id])
        await level([a, b])
        assert await answer(rob, "history", target=den) == await answer(rob, "history", target=NOWHERE[0])
        for text in (TEXT, "before"):
            assert (await rob.call("search", text=text))["messages"] == []
        assert (await rob.call("mentions"))["messages"] == []
        assert den not in json.dumps((await rob.call("channels", own=True))["channels"])
        assert TEXT not in json.dumps(rob.events[seen:])

    on_nodes(tmp_path, main)


def test_presence_at_another_node_is_told_only_to_those_who_share_something(tmp_path: Path) -> None:
    async def main(a: Here, b: Here) -> None:
        eve = await b.join("Eve", "hall")
        seen = len(eve.events)
        ann, bob = await a.connect("Ann"), await b.connect("Bob")
        await level([a, b])
        den = (await ann.call("create-channel", kind="private", title=TITLE, users=[bob.id]))["channel"]
        await bob.join(den)
        await level([a, b])
        await ann.call("typing", target=den)
        await bob.until("typing")
        await ann.call("set-channel", target=den, topic=TOPIC)
        await bob.until("channel")
        await ann.close()
        await bob.until(lambda event: event["action"] == "presence" and ann.id in json.dumps(event["left"]))
        await eve.call("may", call="may")
        told = [event for event in eve.events[seen:] if event["action"] not in ("ok", "channels")]
        assert [event for event in told if "hall" not in event.values()] == []

    on_nodes(tmp_path, main)


def test_nodes_log_and_tell_each_other_no_tokens_and_no_texts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[Any] = []
    say = PostgresNodes._say

    def note(nodes: PostgresNodes, kind: str, about: Any, to: str = "", question: int = 0) -> None:
        told.append([kind, about])
        say(nodes, kind, about, to, question)

    monkeypatch.setattr(PostgresNodes, "_say", note)

    async def main(a: Here, b: Here) -> None:
        ann, *_ = await furnish(a)
        guest = await b.guest("Gus")
        again = await a.guest(token=guest.hello["token"])
        renamed = await again.call("rename", name="Gustav")
        await level([a, b])
        assert {"connected", "joined", "become"} <= {kind for kind, _ in told}
        a.chat.storage.nodes._engine.end("it is away")  # type: ignore[union-attr]
        assert (await answer(ann, "search", text=TEXT))["code"] == "history-unavailable"
        noted = caplog.text + json.dumps(told)
        for secret in (TEXT, EDIT, TOPIC, FILE, guest.hello["token"], renamed["token"]):
            assert secret not in noted, secret

    on_nodes(tmp_path, main, **blobs(tmp_path))
