"""Messages that change, seen live, after an absence and at the next visit; and the addresses of messages."""

from typing import Any

import pytest

from tests.page.browsing import Opened, becomes, browser_test, lose_all, read, say, texts, whole
from tests.page.test_last_conversation import EVERYTHING, install
from tornado_chat.web.app import Chat

SHOWN = """() => {
  const box = document.querySelector(".messages").getBoundingClientRect();
  const seen = [...document.querySelectorAll(".message .text")].filter((one) => {
    const {top, bottom} = one.getBoundingClientRect();
    return top >= box.top && bottom <= box.bottom;
  });
  return seen.map((one) => one.innerText);
}"""
HIDE = """hidden => {
  Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


async def change(client: Any, action: str, seq: int, **fields: Any) -> None:
    await client.call(action, target="general", seq=seq, **fields)


@pytest.mark.long
@browser_test
async def test_what_becomes_of_messages_is_shown_at_once_after_an_absence_and_at_the_next_visit(
    people: Opened, app: Chat
) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben", lines=["helo", "a secret", "three", "four"])
        ann = await browsers.enter("Ann")
        await install(ann)
        await read(ann, "four")
        await change(ben, "edit-message", 1, message="hello")
        await read(ann, "hello")

        await lose_all(app, "Ann")
        for number in range(30):
            await change(ben, "edit-message", 3, message=f"three {number}")
        await change(ben, "react", 4, key="👍")
        await say(ben, "five")
        await read(ann, "five")
        await becomes(["hello", "a secret", "three 29", "four", "five"], lambda: texts(ann))

        await whole(ann)
        await ann.evaluate(HIDE, True)  # the conversation is kept
        assert "a secret" in await ann.evaluate(EVERYTHING)
        await change(ben, "delete-message", 2)
        await becomes(False, lambda: ann.evaluate(f"{EVERYTHING}.includes('a secret')"))
        await ann.evaluate(HIDE, False)
        await ann.goto("about:blank")
        await change(ben, "edit-message", 4, message="vier")
        await change(ben, "delete-message", 1)
        await ann.goto(browsers.base)
        await read(ann, "vier")
        assert not {"hello", "a secret"} & {*await texts(ann)}
        await becomes(False, lambda: ann.evaluate(f"{EVERYTHING}.includes('hello')"))


@browser_test
async def test_38_the_address_of_a_message_opens_around_it_and_one_returns_to_the_present(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben", lines=[f"line {number}" for number in range(1, 401)])
        await change(ben, "edit-message", 57, message="line 57, edited")
        ann = await browsers.enter("Ann", "/#/general/57")
        await read(ann, "line 57, edited")
        await becomes(True, lambda: ann.evaluate(f"({SHOWN})().includes('line 57, edited')"))
        await change(ben, "edit-message", 58, message="line 58, edited")
        await read(ann, "line 58, edited")
        await say(ben, "new")
        for _ in range(3):  # one can read on, both ways
            await ann.evaluate("document.querySelector('.messages').scrollTop = 0")
        await read(ann, "line 1")
        await ann.get_by_role("button", name="1 new message").click()
        await becomes(True, lambda: ann.evaluate(f"({SHOWN})().includes('new')"))
        await becomes("#/general", lambda: ann.evaluate("location.hash"))

        await ann.evaluate("location.hash = '#/general/300'")
        await becomes(True, lambda: ann.evaluate(f"({SHOWN})().includes('line 300')"))
        await ann.evaluate("location.hash = '#/general/9999'")
        await read(ann, "There is no such message. It may be too old to be kept.")
