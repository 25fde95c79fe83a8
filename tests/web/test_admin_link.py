"""The link of --admin-link: one use, soon after the start, and nothing for who guesses."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from tornado.httpclient import HTTPResponse
from tornado.testing import gen_test

from tests.web.test_sessions import WORD, Signing
from tornado_chat.auth.admin_link import LASTS, AdminLink, SharedLink
from tornado_chat.config.settings import Settings, SettingsError
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.store import SqliteStore
from tornado_chat.web.app import make_app


class Links(Signing):
    settings = {"auth": ("guest", "password"), "registration": "closed", "admin_link": True}

    async def open(self, token: Any = None, name: str = "Ann", **headers: str) -> HTTPResponse:
        fields = {"token": self.link.token if token is None else token, "name": name, "password": WORD}
        return await self.ask("/admin-link", fields, **headers)

    @property
    def link(self) -> AdminLink:
        assert isinstance(self.chat.auth.link, AdminLink)
        return self.chat.auth.link

    @gen_test
    async def test_it_makes_one_administrator_who_is_signed_in(self) -> None:
        answer = await self.open()
        user = json.loads(answer.body)["user"]
        assert (user["name"], user["role"]) == ("Ann", "admin")
        cookie = answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
        ann = await self.connect_as(cookie)
        assert ann.hello["user"] == user
        entries = (await ann.call("audit"))["entries"]
        (entry,) = entries
        assert (entry["power"], entry["by"]["id"]) == ("admin-link", user["id"])
        assert (entry["about"]["role"], entry["about"]["address"]) == ("admin", "127.0.0.1")
        again = await self.open(name="Bob")
        assert (again.code, json.loads(again.body)["code"]) == (403, "not-allowed")
        assert [one.name async for one in self.chat.accounts.all()] == ["Ann"]

    @gen_test
    async def test_two_who_open_it_at_once_are_not_both_let_in(self) -> None:
        answers = await asyncio.gather(self.open(name="Ann"), self.open(name="Bob"))
        assert sorted(answer.code for answer in answers) == [200, 403]

    @gen_test
    async def test_a_wrong_token_another_site_and_a_late_one_get_nothing(self) -> None:
        for token in ("", "x", "é", self.link.token[:-1], f"{self.link.token}x"):
            assert (await self.open(token)).code == 403
        assert (await self.open(5)).code == 400
        assert (await self.open(Origin="https://evil.example")).code == 403
        with mock.patch("time.monotonic", return_value=self.link._until):
            assert not await self.link.take(self.link.token)
        assert (await self.open()).code == 200

    @gen_test
    async def test_a_name_that_cannot_be_had_leaves_the_link_open(self) -> None:
        await self.chat.accounts.register("Ann", WORD)
        for name in ("", "ann", "Ann"):
            assert (await self.open(name=name)).code == 400
        assert (await self.open(name="Bob")).code == 200


class WithoutLink(Signing):
    @gen_test
    async def test_without_the_setting_there_is_none(self) -> None:
        answer = await self.ask("/admin-link", {"token": "", "name": "Ann", "password": WORD})
        assert answer.code == 403
        assert [one async for one in self.chat.accounts.all()] == []


@pytest.mark.gen_test
async def test_it_lasts_a_quarter_of_an_hour() -> None:
    with mock.patch("time.monotonic", return_value=1_000.0) as clock:
        link, late = AdminLink(), AdminLink()
        clock.return_value = 1_000.0 + LASTS - 1
        assert await link.take(link.token)
        clock.return_value = 1_000.0 + LASTS
        assert not await late.take(late.token)
    assert link.token != late.token


@pytest.mark.gen_test
async def test_of_the_links_of_a_cluster_one_is_used_on_any_node() -> None:
    store = SqliteStore(DirectDatabase())
    one, two, three = SharedLink(store), SharedLink(store), SharedLink(store)
    assert not await one.take(one.token)
    with mock.patch("time.time", return_value=1_000.0) as clock:
        await one.offer()
        clock.return_value += 60
        await two.offer()
        assert [await three.take(token) for token in ("", "é", f"{one.token}x", three.token)] == [False] * 4
        assert sorted(await asyncio.gather(two.take(one.token), three.take(two.token))) == [False, True]
        assert not await one.take(one.token)
        await three.give_back()
        await two.give_back()
        clock.return_value = 1_000.0 + LASTS
        assert not await three.take(one.token)
        assert await three.take(two.token)
    assert one.token not in str(await store.items("admin-link"))


def test_it_needs_accounts(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="needs accounts: --auth guest,password"):
        make_app(Settings(data_dir=tmp_path, admin_link=True))


def test_a_server_where_nobody_can_make_a_channel_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    words = "nobody can make a channel: --create-channels admins, and all are guests"
    settings = Settings(data_dir=tmp_path, history="memory", create_channels="admins")
    for fine in (replace(settings, default_channels=("general",)), replace(settings, auth=("guest", "password"))):
        make_app(fine)
        assert words not in caplog.text
    make_app(settings)
    assert words in caplog.text
