"""What people and administrators do at one node of a cluster holds at the others, each a process on PostgreSQL."""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from tests.nodes_running import on_nodes
from tests.serving import Server
from tornado_chat.testing import Client, connect

SLOW = 2  # how much longer it may take on a machine with other work
WORD = "correct horse"


async def post(server: Server, path: str, cookie: str = "", **fields: str) -> HTTPResponse:
    headers = {"Content-Type": "application/json", **({"Cookie": cookie} if cookie else {})}
    url = f"{server.base}/{path}"
    return await AsyncHTTPClient().fetch(
        url, method="POST", body=json.dumps(fields), headers=headers, raise_error=False
    )


class People(contextlib.AsyncExitStack):
    """Connects people, and disconnects all of them at the end."""

    async def come(self, server: Server, name: str | None = None, **how: Any) -> Client:
        client = await connect(server.base, name, **how)
        self.push_async_callback(client.close)
        return client


async def register(server: Server, name: str) -> str:
    """Make an account; return the cookie of its session."""
    answer = await post(server, "register", name=name, password=WORD)
    assert answer.code == 200, answer.body
    return str(answer.headers["Set-Cookie"].partition(";")[0])


async def command(server: Server, *words: str) -> None:
    """Run a command on the cluster of a server."""
    place = server.command[server.command.index("--cluster") + 1]
    line = [sys.executable, "-m", "tornado_chat", *words, "--cluster", place]
    done = await asyncio.to_thread(subprocess.run, line, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


async def texts(client: Client, seq: int) -> dict[str, Any]:
    [message] = (await client.call("history", target="den", seqs=[seq]))["messages"]
    return dict(message)


@pytest.mark.long
def test_roles_bans_sessions_and_passwords_hold_at_all_nodes(tmp_path: Path) -> None:
    async def main(one: Server, two: Server) -> None:
        async with People() as people:
            cookie = await register(one, "Boss")
            boss = await people.come(two, Cookie=cookie)
            await command(one, "user", "role", "Boss", "admin")
            assert await asyncio.wait_for(boss.until_closed(), 10 * SLOW) == 1012
            boss, other = await people.come(one, Cookie=cookie), await people.come(two, Cookie=cookie)
            assert boss.hello["user"]["role"] == "admin"
            bob = await people.come(two, "Bob")
            while len((await boss.call("overview"))["people"]) < 2:
                await asyncio.sleep(0.05)
            told = await boss.call("overview", past=True)
            assert [(node["name"], node["connections"]) for node in told["nodes"]] == [("n1", 1), ("n2", 2)]
            answer = await boss.call("ban", user=bob.hello["user"]["id"])
            assert (answer["ended"], answer.get("missing")) == (1, None)
            assert await bob.until_closed() == 4403
            for server in (one, two):
                with pytest.raises(EOFError, match="4403"):
                    await people.come(server, token=bob.hello["token"])
            assert await boss.call("unban", whom=bob.hello["user"]["id"]) is not None
            reloaded = await boss.call("reload-plugin", plugin="dice")
            assert reloaded["reloaded"]["dice"] == ""
            assert not {"wrong", "missing"} & reloaded.keys()
            guesses = [post((one, two)[at % 2], "sign-in", name="Boss", password=f"x{at}") for at in range(16)]
            codes = [answer.code for answer in await asyncio.gather(*guesses)]
            assert {*codes} == {401, 429}  # eight at each node alone would be no flood
            assert (await post(two, "sign-out", cookie)).code == 200
            for client in (boss, other):
                assert await client.until_closed() == 4401

    on_nodes(tmp_path, main, 2, "--auth", "guest,password", "--limits", "on")


@pytest.mark.long
def test_messages_grow_stop_and_are_marked_whichever_node_is_asked_or_dies(tmp_path: Path) -> None:
    async def main(one: Server, two: Server) -> None:
        async with People() as people:
            ann, bob = await people.come(one, "Ann"), await people.come(two, "Bob")
            for client in (ann, bob):
                await client.join("den")
            seqs = []
            for number in range(2):
                said = await ann.call("send-message", target="den", message="One", growing=True, ref=f"r{number}")
                seqs.append(said["seq"])
                await ann.call("grow", target="den", seq=said["seq"], **{"from": 3}, add=" two")
                await bob.until(lambda event: event["action"] == "growing" and event["about"] == seqs[-1])
                assert (await texts(bob, seqs[-1]))["message"] == "One two"
            await bob.call("stop", target="den", seq=seqs[0])
            message = await texts(bob, seqs[0])
            assert (message["message"], message["stopped"]) == ("One two", True)
            again = await people.come(two, token=ann.hello["token"])
            await again.join("den")
            assert (await again.call("grow", target="den", seq=seqs[1], **{"from": 7}, add=" three"))["length"] == 13
            await bob.until(lambda event: event["action"] == "growing" and event.get("add") == " three")
            began = time.monotonic()
            await one.end(signal.SIGKILL)
            await bob.until(lambda event: event["action"] == "changed" and event["set"].get("stopped"))
            assert time.monotonic() - began < 10 * SLOW
            assert (await texts(bob, seqs[1]))["message"] == "One two three"

    on_nodes(tmp_path, main)
