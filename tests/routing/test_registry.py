"""A function's signature is the schema of its fields; the registry holds who answers what."""

import json
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chat.test_protocol import JSON
from tests.helpers import House, module, run
from tests.lengths import either
from tornado_chat.actions import BUILT_IN
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.protocol import encode
from tornado_chat.routing.action import Action
from tornado_chat.routing.registry import Registry, RegistryError

PICKY = """
from dataclasses import dataclass, field

@dataclass
class Place:
    street: str
    number: int = 1
    tags: bool = field(default_factory=bool)

def even(value):
    if value % 2:
        raise ValueError("even")
    return value // 2

@action("picky", "choosy")
def picky(ctx: Context, text: str, whole: int = 1, number: float = 0.5, truth: bool = False,
          choice: Literal["a", 1] = "a", maybe: int | None = None, old: Optional[str] = None,
          place: Place | None = None, half: Annotated[int, even] = 2, name: Name | None = None,
          words: Annotated[Text, "What to say"] = "w", limit: Limit = 50, many: tuple[int, ...] = ()) -> None:
    '''Take a bit of everything.'''

@action("inner", internal=True)
async def inner(ctx: Context) -> None: ...
"""
GOOD: dict[str, list[tuple[Any, Any]]] = {
    "text": [("x", "x"), ("", ""), ("\n", "\n")],
    "whole": [(0, 0), (-(2**53), -(2**53)), (2**53, 2**53)],
    "number": [(1, 1.0), (-0.5, -0.5), (2**53, 2.0**53)],
    "truth": [(True, True), (False, False)],
    "choice": [("a", "a"), (1, 1)],
    "maybe": [(None, None), (3, 3)],
    "old": [(None, None), ("x", "x")],
    "place": [(None, None)],
    "half": [(4, 2)],
    "name": [(None, None), (" \uff21nn", "Ann")],
    "words": [("a\0\n", "a")],
    "limit": [(0, 0), (200, 200)],
    "many": [([], ()), ([1, 2], (1, 2))],
}
BAD: dict[str, list[Any]] = {
    "text": [None, 1, True, [], {}],
    "whole": [None, True, 1.0, 1.5, "1", 2**53 + 1, -(2**53) - 1, 1e300],
    "number": [None, True, "1", 2**53 + 1, 1e300, []],
    "truth": [None, 0, 1, "true"],
    "choice": [None, "b", True, 1.0, ["a"]],
    "maybe": ["", True, 1.5],
    "old": [1],
    "place": [[], "x", 1],
    "half": [3, "4", True],
    "words": ["", "\0", "x" * 4001, 5, None],
    "limit": [-1, 201, True, "5"],
    "many": [None, 1, "1", ["1"], [1, True], [[1]], {}],
}


def registry(*modules: ModuleType) -> Registry:
    made = Registry()
    for each in modules:
        made.add(each, each.__name__)
    return made


def picky() -> Action:
    return registry(module(PICKY)).actions["picky"]


def refusal(message: dict[str, Any]) -> Refused:
    with pytest.raises(Refused) as refused:
        picky().bind(message)
    return refused.value


# Fields


@pytest.mark.parametrize(("field", "value", "bound"), [(f, *pair) for f, pairs in GOOD.items() for pair in pairs])
def test_a_field_is_checked_and_converted_by_its_type(field: str, value: Any, bound: Any) -> None:
    arguments = picky().bind({"text": "t", field: value})
    assert arguments[field] == bound
    assert type(arguments[field]) is type(bound)


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in BAD.items() for value in values])
def test_a_wrong_field_is_invalid_and_named(field: str, value: Any) -> None:
    refused = refusal({"text": "t", field: value})
    assert refused.code == "invalid-field"
    assert field in refused.message.replace(":", "").split()


def test_a_missing_field_is_invalid_and_named_unless_the_handler_has_a_default() -> None:
    refused = refusal({"whole": 2})
    assert refused.code == "invalid-field"
    assert "text" in refused.message.split()
    assert picky().bind({"text": "t"}) == {"text": "t"}


def test_fields_that_an_action_does_not_take_are_ignored() -> None:
    assert "ctx" not in picky().bind({"text": "t", "ctx": 1, "self": 2, "sender": {"name": "Mallory"}})


def test_an_object_is_bound_to_its_dataclass_field_by_field() -> None:
    place = picky().bind({"text": "t", "place": {"street": "High", "number": 7, "more": 1}})["place"]
    assert (type(place).__name__, place.street, place.number, place.tags) == ("Place", "High", 7, False)
    for wrong, field in (({}, "street"), ({"street": 1}, "street"), ({"street": "x", "number": True}, "number")):
        refused = refusal({"text": "t", "place": wrong})
        assert refused.code == "invalid-field"
        assert field in refused.message


def test_a_wrong_name_is_an_invalid_name() -> None:
    assert refusal({"text": "t", "name": "An\u202en"}).code == "invalid-name"
    assert refusal({"text": "t", "name": 5}).code == "invalid-field"


@settings(max_examples=either(30, 100))
@given(st.dictionaries(st.sampled_from([*GOOD]), JSON, max_size=4), JSON)
def test_binding_raises_nothing_but_refused(message: dict[str, Any], one: Any) -> None:
    for given_message in (
        message,
        {**message, "text": "t"},
        dict.fromkeys(GOOD, one),
        {"text": "t", "place": message},
    ):
        try:
            assert set(ACTION.bind(given_message)) == set(GOOD) & set(given_message)
        except Refused as refused:
            assert refused.code in ("invalid-field", "invalid-name")
            assert refused.message.encode()


ACTION = picky()


# Channels and users


FINDS = """
@action("invite")
def invite(
    ctx: Context, user: Annotated[User, "Who is"], other: User | None = None, into: Channel | None = None
) -> dict[str, Any]:
    assert other is None or type(other) is User
    return {"user": user.id, "other": other and other.id, "into": into and into.name}

@action("anyone", channel=False)
def anyone(ctx: Context, user: User) -> dict[str, Any]:
    return {"user": user.id}
"""


def test_a_channel_is_one_that_the_caller_has_joined_and_a_user_one_who_is_here() -> None:
    async def main() -> None:
        chat = House(module(FINDS))
        ann = chat.client("Ann", "den", "attic")
        chat.client("Bob", "den", "cellar")
        chat.client("Cleo", "cellar")
        for number in (1, 2):
            chat.client("Dan", "den", id=f"dan-{number}")

        async def invite(**fields: Any) -> dict[str, Any]:
            return await chat.call(ann, "invite", target="den", **fields)

        found = await invite(user="Bob", other="dan-2", into="attic")
        assert (found["user"], found["other"], found["into"]) == ("id-Bob", "dan-2", "attic")
        found = await invite(user="id-Ann", other=None)
        assert (found["user"], found["other"], found["into"]) == ("id-Ann", None, None)
        for fields, code, words in (
            ({"user": "Cleo"}, "invalid-field", "user: Cleo is not here"),
            ({"user": "Dan"}, "invalid-field", "user: 2 users are called Dan; give the id of one"),
            ({"user": 5}, "invalid-field", "user must be text"),
            ({}, "invalid-field", "user is missing"),
            ({"user": "Bob", "into": "cellar"}, "not-joined", "into: join cellar first"),
            ({"user": "Bob", "into": 5}, "invalid-field", "into must be text"),
        ):
            refused = await invite(**fields)
            assert (refused.get("code"), refused.get("message")) == (code, words)
        assert (await chat.call(ann, "anyone", user="Cleo"))["user"] == "id-Cleo"

    run(main)


def test_channels_and_users_are_shown_by_their_kind() -> None:
    (_, shown) = registry(module(FINDS)).describe()
    assert [(one["name"], one["type"], one["required"]) for one in shown["parameters"]] == [
        ("user", "user", True), ("other", "user", False), ("into", "channel", False),
    ]  # fmt: skip
    assert [one.get("help") for one in shown["parameters"]] == ["Who is", None, None]


def test_an_action_with_a_power_is_shown_to_those_alone_who_have_it() -> None:
    made = registry(module('@action("close", power="kick")\ndef close(ctx: Context) -> None: ...\n'))
    for powers, shown in ((set(), []), ({"ban"}, []), ({"kick"}, ["close"])):
        assert [one["name"] for one in made.describe(powers.__contains__)] == shown


# What hello shows


def test_hello_lists_each_action_once_with_help_and_parameters() -> None:
    shown = json.loads(encode({"actions": registry(module(PICKY)).describe()}))["actions"]
    assert [action["name"] for action in shown] == ["picky"]
    assert shown[0]["help"] == "Take a bit of everything."
    by_name = {parameter.pop("name"): parameter for parameter in shown[0]["parameters"]}
    assert list(by_name) == list(GOOD)
    assert by_name["text"] == {"type": "str", "required": True}
    assert by_name["whole"] == {"type": "int", "required": False, "default": 1}
    assert by_name["choice"] == {"type": "choice", "required": False, "default": "a", "choices": ["a", 1]}
    assert by_name["maybe"] == {"type": "int", "required": False, "default": None}
    assert by_name["words"] == {"type": "str", "required": False, "default": "w", "help": "What to say"}
    assert by_name["place"]["type"] == "object"
    assert by_name["name"]["type"] == by_name["words"]["type"] == "str"
    assert by_name["half"]["type"] == by_name["limit"]["type"] == "int"


def test_an_alias_is_answered_by_the_same_action() -> None:
    actions = registry(module(PICKY)).actions
    assert actions["picky"].handler is actions["choosy"].handler


# Whose an action is


ONE = '@action("roll")\ndef roll(ctx: Context) -> None: ...\n'
OVERRIDING = '@action("roll", override=True)\ndef mine(ctx: Context) -> None: ...\n'


def test_two_owners_of_a_name_are_an_error_that_names_both_files() -> None:
    with pytest.raises(RegistryError, match=r"'roll'.*\bdice\.py\b.*\bcubes\.py\b"):
        registry(module(ONE, "dice"), module(ONE, "cubes"))


def test_an_override_replaces_the_action_of_that_name() -> None:
    actions = registry(module(ONE, "dice"), module(OVERRIDING, "cubes")).actions
    assert (actions["roll"].owner, actions["roll"].file) == ("cubes", "cubes.py")


def test_an_imported_handler_belongs_to_the_module_that_defines_it() -> None:
    dice, other = module(ONE, "dice"), module("", "other")
    other.roll = dice.roll
    assert registry(other).actions == {}
    assert registry(dice, other).actions["roll"].owner == "dice"


def test_marking_has_no_effect_until_a_registry_collects() -> None:
    made = module(ONE)
    assert made.roll(None) is None
    assert list(registry().actions) == []
    assert list(registry(made).actions) == ["roll"]


@pytest.mark.parametrize(
    ("signature", "words"),
    [
        ("*fields: str", "fields"),
        ("**fields: str", "fields"),
        ("sides", "sides needs a type"),
        ("sides: list[str]", "sides"),
        ("sides: tuple[str, int]", "sides"),
        ("sides: int | str", "sides"),
        ("sides: Any", "sides"),
        ("sides: bytes | None", "sides"),
        ("sides: 'Nowhere'", "Nowhere"),
    ],
)
def test_a_signature_that_no_message_can_have_is_an_error_with_its_place(signature: str, words: str) -> None:
    with pytest.raises(RegistryError, match=rf"odd\.py:5: odd\(\).*{words}"):
        registry(module(f'@action("odd")\ndef odd(ctx: Context, {signature}) -> None: ...', "odd"))


# Listeners and timers


@pytest.mark.parametrize(
    ("mark", "signature", "words"),
    [
        ('on("arrive")', "ctx", "no event 'arrive'; there are connect, disconnect"),
        ('on("join")', "", r"is called with \(ctx\)"),
        ('on("posted")', "ctx", r"is called with \(ctx, message\)"),
        ('on("message", fails="open")', "ctx", r"is called with \(ctx, message\)"),
        ('on("message")', "ctx, message", "fails="),
        ('on("message", fails="maybe")', "ctx, message", "fails="),
        ('on("join", fails="open")', "ctx", "fails="),
        ("every(5)", "", r"is called with \(ctx\)"),
    ],
)
def test_a_listener_or_timer_that_cannot_be_called_is_an_error_with_its_place(
    mark: str, signature: str, words: str
) -> None:
    with pytest.raises(RegistryError, match=rf"^odd\.py:5: f.*{words}"):
        registry(module(f"@{mark}\ndef f({signature}): ...", "odd"))


def test_one_function_may_be_marked_more_than_once_and_is_collected_once_for_each() -> None:
    made = module(
        '@on("join")\n@on("leave")\n@every(5)\n@action("count", channel=False)\ndef f(ctx: Context) -> None: ...\n'
        "again = f"
    )
    collected = registry(made)
    assert [len(ones) for ones in collected.listeners.values()] == [0, 0, 1, 1] + [0] * 8
    assert [(timer.seconds, timer.plugin.name) for timer in collected.timers] == [(5, "plugin")]
    assert list(collected.actions) == ["count"]


def test_hello_says_which_actions_are_no_commands_and_an_override_stays_one() -> None:
    registry = Registry()
    registry.add(module('@action("quiet", command=False)\ndef f(ctx: Context) -> None: ...', "one"), "one")
    registry.add(module('@action("quiet", override=True)\ndef f(ctx: Context) -> None: ...', "two"), "two")
    registry.add(module('@action("loud")\ndef f(ctx: Context) -> None: ...', "three"), "three")
    loud, quiet = registry.describe()
    assert "command" not in loud
    assert quiet["command"] is False


def test_the_built_in_actions_that_are_no_commands() -> None:
    registry = Registry()
    for built_in in BUILT_IN:
        registry.add(built_in, "tornado_chat")
    silent = {one["name"] for one in registry.describe() if one.get("command") is False}
    assert silent == {
        *("send-message", "typing", "read", "channels", "history", "bans", "audit", "overview", "all-channels"),
        *("edit-message", "delete-message", "react", "pin", "pins", "changes", "mentions"),
        *(
            "create-channel",
            "open-direct",
            "set-channel",
            "set-picture",
            "members",
            "invite",
            "remove-member",
            "set-role",
        ),
        *("silence", "browse", "notify", "users", "may", "shared", "plugin-settings", "grow", "stop"),
        *("follow", "threads", "search"),
    }


@pytest.mark.parametrize("name", ["react", "search", "shared", "plugin-settings", "all-channels"])
def test_a_plugin_keeps_an_action_that_the_server_has_added_since_and_is_warned(name: str) -> None:
    registry = Registry()
    for built_in in BUILT_IN:
        registry.add(built_in, "tornado_chat")
    registry.add(module(f'@action("{name}")\ndef f(ctx: Context) -> None: ...', "mood"), "mood")
    assert registry.actions[name].owner == "mood"
    assert registry.actions[name].over is None
    [warning] = registry.warnings
    assert "mood.py:" in warning
    assert repr(name) in warning
    with pytest.raises(RegistryError):
        registry.add(module('@action("typing")\ndef f(ctx: Context) -> None: ...', "old"), "old")


OPTIONAL = """
@action("few")
def few(ctx: Context, one: int, two: int = 2, ref: str = "", action: str = "") -> None: ...

@action("some")
def some(ctx: Context, one: int, two: int = 2, three: int = 3) -> None: ...
"""


@pytest.mark.parametrize(
    ("name", "message", "bound"),
    [
        ("some", {"action": "some", "one": 1}, {"one": 1}),
        ("some", {"action": "some", "one": 1, "ref": "r"}, {"one": 1}),
        ("some", {"action": "some", "one": 1, "three": 0}, {"one": 1, "three": 0}),
        ("some", {"one": 1, "two": 0}, {"one": 1, "two": 0}),
        ("some", {"one": 1, "ref": "r", "two": 0}, {"one": 1, "two": 0}),
        ("some", {"action": "some", "two": 0}, "one is missing"),
        ("some", {"action": "some", "two": 0, "three": 1, "ref": "r"}, "one is missing"),
        ("few", {"action": "few", "one": 1, "ref": "r"}, {"one": 1, "ref": "r", "action": "few"}),
        ("few", {"one": 1}, {"one": 1}),
    ],
)
def test_a_message_is_bound_by_what_it_has_whatever_it_leaves_out(name: str, message: Any, bound: Any) -> None:
    actions = House(module(OPTIONAL)).registry.actions
    if isinstance(bound, str):
        with pytest.raises(Refused, match=bound):
            actions[name].bind(message)
    else:
        assert actions[name].bind(message) == bound
