"""What one node does, and another one shows: clients of the origin, sessions, timers, reloads and limits."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPResponse

from tests.serving_here import Here, level, on_nodes
from tornado_chat.testing import connect

WORD = "correct horse"
TICKS = """
from tornado_chat import TimerContext, every

@every(0.3)
async def tick(ctx: TimerContext) -> None:
    count = await ctx.store.update("count", lambda known: known + 1, 0)
    await ctx.server.channel("den").post(f"tick {count}")
"""
SAYS = """
from tornado_chat import Context, action

@action("say", channel=False)
def say(ctx: Context) -> dict[str, str]:
    return {"it": "ONE"}
"""


def test_clients_of_the_origin_talk_whichever_nodes_they_are_at(tmp_path: Path) -> None:
    """They know no ref, join by `message`, and show each line whose target they have joined."""

    async def main(a: Here, b: Here) -> None:
        go, old, ann = await a.guest("Go"), await b.guest("Old"), await b.guest("Ann")
        await ann.join("den")
        for client, name in ((go, "Go"), (old, "Old")):
            client.send("join-communication-channel", message="den ")
            await ann.until_text(f"{name} joined the channel")
        go.send("send-message", target="den ", message="hello from before", sender={"name": "Mallory"})
        for client in (old, ann):
            assert (await client.until_text("hello from before"))["sender"] == go.hello["user"]
        old.send("send-message", target="den", message="and back", sender=None)
        await go.until(lambda event: event.get("message") == "and back" and event["target"] == "den ")
        await ann.call("typing", target="den")
        await ann.call("send-message", target="den", message="to both")
        await ann.call("leave-channel", target="den")
        for client in (go, old):
            await client.until(
                lambda event: event.get("message") == "Ann left the channel" and event["target"] == "den "
            )
            shown = [event for event in client.events if event.get("target") == "den "]
            assert all(event["message"] for event in shown)
            posted = [event["message"] for event in shown if event["sender"]]
            assert posted == ["hello from before", "and back", "to both"]
        old.send("leave-communication-channel", message="den ")
        old.send("send-message", target="den ", message="too late")
        assert (await old.until("error"))["target"] == "den "
        go.send("send-message", target="den ", message="alone")
        await go.until(lambda event: event.get("message") == "alone" and event["target"] == "den ")
        await level([a, b])
        assert "alone" not in old.texts

    on_nodes(tmp_path, main)


async def post(here: Here, path: str, cookie: str = "", **fields: str) -> HTTPResponse:
    headers = {"Content-Type": "application/json", **({"Cookie": cookie} if cookie else {})}
    url, body = f"{here.base}/{path}", json.dumps(fields)
    answer = await AsyncHTTPClient().fetch(url, method="POST", body=body, headers=headers, raise_error=False)
    assert answer.code == 200, answer.body
    return answer


def cookie_of(answer: HTTPResponse) -> str:
    return str(answer.headers["Set-Cookie"].partition(";")[0])


def test_another_password_ends_all_other_sessions_at_all_nodes(tmp_path: Path) -> None:
    async def main(a: Here, b: Here) -> None:
        own = cookie_of(await post(a, "register", name="Ann", password=WORD))
        other = cookie_of(await post(b, "sign-in", name="Ann", password=WORD))
        clients = [await connect(here.base, Cookie=cookie) for here in (a, b) for cookie in (own, other)]
        await post(a, "password", own, password=WORD, new=f"{WORD} battery")
        for client in clients[1::2]:
            assert await client.until_closed() == 4401
        for client in clients[::2]:
            await client.call("may", call="may")
        for client in clients:
            await client.close()
        with pytest.raises((EOFError, HTTPClientError)):
            await connect(b.base, Cookie=other)

    on_nodes(tmp_path, main, auth=("password",))


@pytest.mark.long
def test_a_timer_ticks_once_at_a_time_on_whichever_node_is_there(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "ticks.py").write_text(TICKS)

    async def main(a: Here, b: Here) -> None:
        ann = await a.join("Ann", "den")
        first = int((await ann.until(lambda event: "tick" in event.get("message", "")))["message"].split()[1])
        began = time.monotonic()
        await ann.until_text(f"tick {first + 10}")
        assert time.monotonic() - began >= 10 * 0.3 * 0.8, "two nodes tick"
        await b.chat.plugins.stop()
        await ann.until_text(f"tick {first + 13}")
        ticks = [int(text.split()[1]) for text in ann.texts if text.startswith("tick")]
        assert ticks == list(range(ticks[0], ticks[0] + len(ticks)))

    on_nodes(tmp_path, main, plugins_dir=(tmp_path / "plugins",))


def test_a_plugin_is_reloaded_at_all_nodes_and_their_clients_are_told(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    source = tmp_path / "plugins" / "says.py"
    source.write_text(SAYS)

    async def main(a: Here, b: Here) -> None:
        boss, bob = await a.connect("Boss", "admin"), await b.connect("Bob")
        assert (await bob.call("say"))["it"] == "ONE"
        source.write_text(SAYS.replace("ONE", "TWO").replace('"say"', '"speak"'))
        answer = await boss.call("reload-plugin", plugin="says")
        assert answer["reloaded"]["says"] == ""
        assert not {"wrong", "missing"} & answer.keys()
        assert (await bob.call("speak"))["it"] == "TWO"
        assert "speak" in json.dumps(bob.of("actions"))
        source.write_text("this is no Python")
        answer = await boss.call("reload-plugin", plugin="says")
        assert answer["reloaded"]["says"]
        assert "b" in answer["wrong"]
        assert (await bob.call("speak"))["it"] == "TWO"

    on_nodes(tmp_path, main, plugins_dir=(tmp_path / "plugins",))


def test_who_has_as_many_connections_as_they_may_gets_no_other_at_another_node(tmp_path: Path) -> None:
    limits: dict[str, Any] = {"limits": "on", "max_connections": (2, 1_000, 0), "connect_rate": (50, 50, 1_000)}

    async def main(a: Here, b: Here) -> None:
        first, _ = await a.connect("Ann"), await a.connect("Ann")
        await level([a, b])
        with pytest.raises((EOFError, HTTPClientError)):
            await b.connect("Ann")
        await first.close()
        while b.chat.hub.elsewhere is None or b.chat.hub.elsewhere.count(user=first.id) > 1:
            await asyncio.sleep(0.01)
        await b.connect("Ann")

    on_nodes(tmp_path, main, **limits)
