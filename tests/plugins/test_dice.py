"""The plugin `dice`."""

import re

import pytest
from tornado.testing import gen_test

from tornado_chat import Refused
from tornado_chat.testing import ChatTestCase


class DiceTest(ChatTestCase):
    @gen_test
    async def test_everyone_sees_the_roll_and_it_is_kept(self) -> None:
        ann, bob = await self.join("Ann", "table"), await self.join("Bob", "table")
        answer = await ann.call("roll", target="table", sides=20)
        line = await bob.until(lambda event: event.get("seq") == answer["seq"])
        assert line["sender"] is None
        rolled = re.fullmatch(r"Ann rolled (\d+) of 20", line["message"])
        assert rolled is not None
        assert 1 <= int(rolled[1]) <= 20
        assert (await ann.call("history", target="table"))["messages"][-1]["id"] == answer["id"]

    @gen_test
    async def test_a_die_that_cannot_be_is_refused_by_the_schema_or_in_words(self) -> None:
        ann = await self.join("Ann", "table")
        for sides, code in ((1, "refused"), (1001, "refused"), ("6", "invalid-field"), (True, "invalid-field")):
            with pytest.raises(Refused) as refused:
                await ann.call("roll", target="table", sides=sides)
            assert refused.value.code == code

    @gen_test
    async def test_one_rolls_where_one_is(self) -> None:
        ann = await self.connect("Ann")
        with pytest.raises(Refused, match="join table first"):
            await ann.call("roll", target="table")
