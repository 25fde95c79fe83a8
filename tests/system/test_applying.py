"""How a client applies what it is told: a model of a client, on the cases for all clients and on whatever happens."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import Client, House, pass_time, run, turns
from tests.lengths import either
from tests.mirror import Mirror

CASES = json.loads((Path(__file__).parents[1] / "changes.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_case_ends_as_it_says(case: dict[str, Any]) -> None:
    mirror = Mirror(case["known"], case["start"], case["held"])
    for step in case["steps"]:
        for kind, told in step.items():
            match kind:
                case "event":
                    mirror.hear(dict(told))
                case "changes":
                    mirror.learn(told)
                case "joined":
                    mirror.join(told)
                case "older":
                    mirror.load(told)
                case "lost":
                    mirror.lose()
    held = [{key: value for key, value in one.items() if key != "action"} for one in mirror.held]
    assert (mirror.known, held, mirror.asking) == (case["then"]["known"], case["then"]["held"], case["asking"])


# Whatever happens


class Person:
    """Someone in a channel who is away now and then, and holds a mirror of it."""

    def __init__(self, house: House, name: str) -> None:
        self.house, self.name = house, name
        self.mirror: Mirror | None = None
        self.client: Client | None = None
        self.heard = 0
        self.newest = 0

    async def come(self, history: int) -> None:
        """Connect and join, with what is known."""
        if self.client is None:
            self.client, self.newest = self.house.client(self.name), 0
            fields: dict[str, Any] = {"history": history}
            if self.mirror is not None:
                self.mirror.lose()
                fields = {"since": {"epoch": self.house.history.epoch, "seq": self.mirror.known}, "changes": True}
            answer = await self.house.call(self.client, "join-channel", target="den", **fields)
            self.heard = len(self.client.events)
            self.mirror = self.mirror or Mirror()
            self.mirror.join(answer)

    def go(self) -> None:
        """Lose the connection."""
        if self.client is not None:
            self.house.hub.remove(self.client.connection)
            self.client = None

    async def listen(self) -> None:
        """Apply what came, and ask for what was missed."""
        if self.client is not None and self.mirror is not None:
            events = self.client.events
            for event in events[self.heard :]:
                if event["action"] == "changed" or (event["action"] == "send-message" and "seq" in event):
                    assert event["seq"] > self.newest  # live, all comes in the order of numbers
                    self.newest = event["seq"]
                    self.mirror.hear(event)
            self.heard = len(events)
            while self.mirror.asking:
                page = await self.house.call(self.client, "changes", target="den", since=self.mirror.known, limit=2)
                self.mirror.learn(page)


NTH = st.integers(0, 5)  # of the messages that were posted, from the newest
WHO = st.integers(0, 2)
STEPS = st.one_of(
    *[st.tuples(st.just("post"), WHO)] * 3,
    *[st.tuples(st.just("react"), WHO, NTH, st.booleans())] * 3,
    st.tuples(st.just("edit-message"), WHO, NTH),
    st.tuples(st.just("delete-message"), WHO, NTH),
    st.tuples(st.just("pin"), WHO, NTH, st.booleans()),
    st.tuples(st.just("come"), WHO, st.integers(1, 4)),
    st.tuples(st.just("go"), WHO),
    st.tuples(st.just("listen"), WHO),
    st.tuples(st.just("wait"), st.floats(0.0, 0.3)),
)


@settings(max_examples=either(15, 60), deadline=None)
@given(st.lists(STEPS, min_size=12, max_size=50))
def test_whoever_was_away_whenever_holds_what_the_history_has(steps: list[Any]) -> None:
    async def main() -> None:
        house, posted = House(), list[int]()
        people = [Person(house, name) for name in ("Ann", "Bob", "Eve")]
        for person in people:
            await person.come(9)
        for count, (what, who, *more) in enumerate(steps):
            if what == "wait":
                await pass_time(who)
                continue
            person = people[who]
            match what:
                case "come":
                    await person.come(*more)
                case "go":
                    person.go()
                case "listen":
                    await person.listen()
                case _ if person.client is None:
                    pass
                case "post":
                    said = {"ref": f"r{count}", "message": f"said {count}"}
                    answer = await house.call(person.client, "send-message", target="den", **said)
                    posted.insert(0, answer["seq"])
                case _:
                    fields: dict[str, Any] = {"seq": [*posted, *[99] * 6][more[0]]}
                    if what == "edit-message":
                        fields["message"] = f"edit {count}"
                    elif what != "delete-message":
                        fields["on"] = more[1]
                    if what == "react":
                        fields["key"] = "👍"
                    await house.call(person.client, what, ref=f"r{count}", target="den", **fields)
        for person in people:
            await person.come(9)
        await pass_time(1)
        await turns()
        messages, _ = await house.history.read("den", limit=100)
        whole = [json.loads(one.line()) for one in messages]
        for person in people:
            await person.listen()
            assert person.mirror is not None
            assert person.mirror.held == [one for one in whole if one["seq"] >= person.mirror.start]
            assert person.mirror.known == await house.history.last("den")

    run(main)
