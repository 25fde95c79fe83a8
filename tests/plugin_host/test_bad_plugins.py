"""One bad plugin never hurts another: what is wrong with it is named with file and line, and the rest is there."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.plugin_host.test_manager import HEAD, SAYS
from tests.server.cli.test_plugins import plugin
from tests.serving import UNMEASURED
from tornado_chat.config.settings import Settings, SettingsError, find_folder
from tornado_chat.plugin_host.files import LARGEST
from tornado_chat.plugin_host.loader import build_registry
from tornado_chat.web.app import make_app

NOTED = HEAD + "\n\n\n\n"  # what is marked stands in line 9
BAD: dict[str, tuple[str, str]] = {
    "every text": ('@every("1h")\ndef f(ctx): ...', ":9: ValueError: @every takes seconds above 0"),
    "every zero": ("@every(0)\ndef f(ctx): ...", ":9: ValueError: @every takes seconds"),
    "every nan": ('@every(float("nan"))\ndef f(ctx): ...', ":9: ValueError: @every takes seconds"),
    "every inf": ('@every(float("inf"))\ndef f(ctx): ...', ":9: ValueError: @every takes seconds"),
    "every true": ("@every(True)\ndef f(ctx): ...", ":9: ValueError: @every takes seconds"),
    "every bare": ("@every\ndef f(ctx): ...", ":9: TypeError: @every needs seconds, as in @every(60)"),
    "action bare": ("@action\ndef f(ctx): ...", ':9: TypeError: @action needs a name, as in @action("roll")'),
    "action empty": ("@action()\ndef f(ctx): ...", ":9: TypeError: @action needs a name"),
    "action words": ('@action("two words")\ndef f(ctx): ...', ":9: ValueError: an action's name is one word"),
    "action slash": ('@action("/roll")\ndef f(ctx): ...', ":9: ValueError: an action's name is one word"),
    "action alias": ('@action("roll", "")\ndef f(ctx): ...', ":9: ValueError: an action's name is one word"),
    "action hidden": ('@action("a\\u200bb")\ndef f(ctx): ...', ":9: ValueError: an action's name"),
    "action number": ("@action(5)\ndef f(ctx): ...", ":9: ValueError: an action's name is one word"),
    "on bare": ("@on\ndef f(ctx): ...", ':9: TypeError: @on needs an event, as in @on("join")'),
    "on list": ('@on(["join"])\ndef f(ctx): ...', ":9: TypeError: @on needs an event"),
    "on unknown": ('@on("arrive")\ndef f(ctx): ...', ":9: f(): there is no event 'arrive'"),
    "route bare": ("@route\nclass R: ...", ':9: TypeError: @route needs a path, as in @route("/in")'),
    "route number": ("@route(5)\nclass R: ...", ":9: TypeError: @route needs a path"),
    "route no handler": ('@route("/x")\nclass R: ...', ":9: R: @route marks a tornado.web.RequestHandler"),
    "class": ('@action("x")\nclass C: ...', ":9: TypeError: @action marks a function, not"),
    "constant": ('action("x")(5)', ":9: TypeError: @action marks a function, not 5"),
    "generator": ('@action("x")\ndef f(ctx):\n    yield', ":9: TypeError: @action marks a function without `yield`"),
    "async generator": ("@every(5)\nasync def f(ctx):\n    yield", ":9: TypeError: @every marks a function without"),
    "no ctx": ('@action("x")\ndef f(): ...', ":9: f(): it is called with a Context first"),
    "no ctx but fields": ('@action("x")\ndef f(sides: int = 6): ...', ":9: f(): it is called with a Context first"),
    "no ctx but a user": ('@action("x")\ndef f(user: User): ...', ":9: f(): it is called with a Context first"),
    "keywords": ('@action("x")\ndef f(*, sides: int): ...', ":9: f(): it is called with a Context first"),
    "listener without ctx": ('@on("join")\ndef f(): ...', ":9: f() is called with (ctx)"),
    "timer with more": ("@every(5)\ndef f(ctx, more): ...", ":9: f() is called with (ctx)"),
    "positional": ('@action("x")\ndef f(ctx, sides: int, /): ...', ":9: f(): sides is called by its name"),
    "power": ('@action("x", power="fly")\ndef f(ctx): ...', ":9: f(): there is no power 'fly'; there are audit, ban"),
    "default": (
        '@action("x")\ndef f(ctx, n: float = float("nan")): ...',
        ":9: f(): a default, a choice or its docstr",
    ),
    "default object": ('@action("x")\ndef f(ctx, n: int = object()): ...', ":9: f(): a default, a choice"),
    "choice": (
        'from typing import *\n@action("x")\ndef f(ctx, n: Literal[b"a"]): ...',
        ":10: f(): a default, a choice",
    ),
    "docstring": (
        '@action("x")\ndef f(ctx): ...\nf.__doc__ = "\\ud800"',
        ":9: f(): a default, a choice or its docstring",
    ),
    "same name": (
        '@action("x")\ndef f(ctx): ...\n@action("x")\ndef g(ctx): ...',
        ":11: g(): the file has the action 'x'",
    ),
    "same alias": ('@action("x", "x")\ndef f(ctx): ...', ":9: f(): the file has the action 'x' already"),
    "long": ('@action("x")\ndef f(ctx): ...\nf.__doc__ = "x" * 100_000', ":9: f(): its docstring and fields take"),
    "annotation": ('@action("x")\ndef f(ctx, n: "1 +"): ...', ":9: f(): SyntaxError"),
    "annotation fails": ('@action("x")\ndef f(ctx, n: "asyncio.nothing"): ...', ":9: f(): AttributeError"),
    "annotated": (
        'from typing import *\n@action("x")\ndef f(ctx, n: Annotated[int, []]): ...',
        "function that checks",
    ),
    "twice": (
        '@action("x")\ndef f(ctx): ...\n@action("y")\ndef f(ctx): ...',
        ":9: f is marked, but is no function of",
    ),
    "in a class": ('class C:\n    @action("x")\n    def f(self, ctx): ...', ":10: C.f is marked, but is no function"),
    "deleted": ('@action("x")\ndef f(ctx): ...\ndel f', ":9: f is marked, but is no function of the file"),
    "empty": ("", ":1: nothing in it is marked with @action"),
    "imports marked": ("from tornado_chat.actions.who import who", ":1: nothing in it is marked"),
    "exit": ("import sys\nsys.exit(1)", ":10: SystemExit: 1"),
    "key": ("raise KeyboardInterrupt", ":9: KeyboardInterrupt"),
    "cancelled": ("raise asyncio.CancelledError", ":9: CancelledError"),
    "generator exit": ("raise GeneratorExit", ":9: GeneratorExit"),
    "base": ("class Odd(BaseException): ...\nraise Odd('oh')", ":10: Odd: oh"),
    "unreadable": (
        "class Odd(Exception):\n    def __str__(self): raise KeyboardInterrupt\nraise Odd",
        ":11: Odd: (its text cannot be read)",
    ),
    "recursion": ("def f(): f()\nf()", "RecursionError"),
    "settings": (
        SAYS.removeprefix(HEAD).replace("say-it", "x") + "@dataclass\nclass Settings:\n    words: list[str]\n",
        "words: a field cannot be list[str]; use tuple[str, ...]",
    ),
    "active": (
        SAYS.removeprefix(HEAD).replace("say-it", "x")
        + "@dataclass\nclass Settings:\n    @property\n    def active(self): raise SystemExit(3)\n",
        ":16: SystemExit: 3",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "plugins"
    made.mkdir()
    return made


@pytest.mark.parametrize("kind", BAD)
def test_it_is_left_out_and_named_with_file_and_line_and_the_others_are_there(
    kind: str, folder: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    source, words = BAD[kind]
    (folder / "a_good.py").write_text(SAYS)
    (folder / "bad.py").write_text((NOTED + source) if source else "")
    (folder / "c_good.py").write_text(SAYS.replace("say-it", "say-that"))
    chat = make_app(Settings(plugins_dir=(folder,), data_dir=folder.parent / "data", history="memory"))
    registry = chat.plugins.registry
    assert {"say-it", "say-that", "roll"} <= set(registry.actions)
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert f"{folder / 'bad.py'}" in record.getMessage()
    assert words in record.getMessage()
    assert registry.plugins["bad"].state == "broken"
    assert plugin(folder, "check") == 1
    said = capsys.readouterr().out
    assert words in said
    assert said.count(": well (") == 2
    again = build_registry([folder], before=build_registry([folder]), anew=["bad"])
    assert again.plugins["bad"].error.endswith(registry.plugins["bad"].error.rpartition("]")[2])


@pytest.mark.parametrize(
    ("hint", "cure"),
    [
        ("list[str]", "tuple[str, ...]"), ("list", "tuple[str, ...]"), ("List[int]", "tuple[int, ...]"),
        ("Sequence[float]", "tuple[float, ...]"), ("set[str]", "tuple[str, ...]"), ("tuple[str]", "tuple[str, ...]"),
        ("tuple[str, int]", "tuple[str, ...]"), ("list[str] | None", "tuple[str, ...]"), ("tuple", "tuple[str, ...]"),
        ("dict[str, int]", "a dataclass with its fields"), ("Mapping[str, int]", "a dataclass"),
        ("bytes", "use str"), ("Kind", "use Literal['a', 1]"), ("int | str", "one type (or `X | None`)"),
        ("Any", "use str, int, float"), ("object", "use str, int, float"),
        ("tuple[list[str], ...]", "tuple[str, ...]"), ("Annotated[list[str], len]", "tuple[str, ...]"),
    ],
)  # fmt: skip
def test_a_type_that_no_field_can_have_names_its_cure(hint: str, cure: str, folder: Path) -> None:
    head = HEAD + "import enum\nfrom typing import *\n\nclass Kind(enum.Enum):\n    A = 'a'\n    B = 1\n\n"
    (folder / "bad.py").write_text(f'{head}@action("x")\ndef f(ctx: Context, n: {hint}) -> None: ...\n')
    error = build_registry([folder]).plugins["bad"].error
    assert "bad.py:12: f(): n: a field cannot be " in error
    assert cure in error


def test_what_editors_and_systems_leave_behind_is_not_loaded(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "says.py").write_text(SAYS)
    for name in (
        ".#says.py",
        "._says.py",
        "says.py~",
        "#says.py#",
        ".says.py.swp",
        "_says.py",
        "says.pyc",
        "says.py.bak",
    ):
        (folder / name).write_text("1 / 0")
    (folder / ".#link.py").symlink_to("nowhere")
    assert list(build_registry([folder]).plugins) == ["says"]
    assert caplog.records == []


@pytest.mark.parametrize("name", ["says (2).py", "says.bak.py", "says copy.py", "-says.py"])
def test_a_copy_of_a_file_is_no_plugin_and_said_to_be_none(
    name: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "says.py").write_text(SAYS)
    (folder / name).write_text(SAYS)
    registry = build_registry([folder])
    assert registry.actions["say-it"].owner == "says"
    (record,) = caplog.records
    assert f"{folder / name}: a plugin's file is named with letters" in record.getMessage()


def test_marks_that_are_well_are_taken(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "well.py").write_text(
        HEAD
        + """
import functools

@functools.cache
@action("cached")
def cached(ctx): ...

@action("würfeln", "वोट", "a.b:c")
def roll(ctx, sides: int | None = None): ...

@action("any")
def anything(*args): ...

@action("context")
def context(context: object, /, n: int): ...

async def made(ctx): ...

action("made")(made)

class Proxy:
    def __getattribute__(self, name):
        raise RuntimeError("nothing is bound now")

proxy = Proxy()
"""
    )
    (folder / "drawn.py").write_text('"""What it shows is in drawn.js."""\n')
    (folder / "drawn.js").write_text("export function setup() {}\n")
    registry = build_registry([folder])
    assert caplog.records == []
    assert {"cached", "würfeln", "वोट", "a.b:c", "any", "context", "made"} <= set(registry.actions)
    assert "drawn" in registry.ui()


def test_two_with_an_action_of_one_name_leave_the_second_out_and_both_files_are_named(
    folder: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        (folder / f"{name}.py").write_text(SAYS)
    registry = build_registry([folder])
    assert registry.actions["say-it"].owner == "a"
    (record,) = caplog.records
    assert "plugin b is left out" in record.getMessage()
    for words in ("'say-it'", str(folder / "a.py"), str(folder / "b.py"), "override=True"):
        assert words in record.getMessage()
    assert plugin(folder, "check") == 1
    assert "override=True" in capsys.readouterr().out


def test_a_path_that_is_no_path_behind_its_plugins_name_is_named_and_none_reaches_another_plugin(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    head = HEAD + "from tornado.web import RequestHandler\n"
    for name, path in (("thief", "/x|.*"), ("flags", "/(?i)x"), ("closes", "/a)(b")):
        (folder / f"{name}.py").write_text(f'{head}@route("{path}")\nclass R(RequestHandler): ...\n')
    registry = build_registry([folder])
    assert [one.plugin.name for one in registry.routes] == ["thief"]
    assert not registry.routes[0].pattern.fullmatch("/plugins/webhook/in/den")
    assert sorted(record.getMessage().split()[1] for record in caplog.records) == ["closes", "flags"]


def test_settings_that_the_operator_got_wrong_still_end_the_start(folder: Path) -> None:
    (folder / "must.py").write_text(SAYS + "@dataclass\nclass Settings:\n    must: int\n")
    with pytest.raises(SettingsError, match="must is missing"):
        build_registry([folder])


def test_ctrl_c_ends_the_start_though_a_plugin_is_being_read(folder: Path) -> None:
    (folder / "slow.py").write_text(
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nfor n in range(10**9): ...\n"
    )
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, where a shell runs this with &
    try:
        with pytest.raises(KeyboardInterrupt):
            build_registry([folder])
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


# C5: those that come with the server


def names(**how: Any) -> set[str]:
    settings = Settings(**how)
    return set(build_registry(settings.plugins_dir, shipped=settings.shipped_plugins).plugins)


def test_a_folder_of_plugins_adds_to_those_that_come_with_the_server(folder: Path) -> None:
    (folder / "says.py").write_text(SAYS)
    shipped = {path.stem for path in find_folder("plugins").glob("*.py")}
    assert names() == shipped
    assert names(plugins_dir=(folder,)) == {*shipped, "says"}
    assert names(plugins_dir=(folder,), no_shipped_plugins=True) == {"says"}
    assert names(no_shipped_plugins=True) == set()
    link = folder.parent / "link"
    link.symlink_to(find_folder("plugins"))
    for same in (find_folder("plugins"), link, Path(os.path.relpath(find_folder("plugins")))):
        assert names(plugins_dir=(same, folder)) == {*shipped, "says"}
    assert build_registry([folder, Path(os.path.relpath(folder))]).problems == []


def test_ones_own_file_of_the_same_name_wins_with_a_line_in_the_log(
    folder: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("INFO")
    (folder / "dice.py").write_text(SAYS)
    shipped = find_folder("plugins")
    registry = build_registry([folder], shipped=shipped)
    assert registry.plugins["dice"].file == str(folder / "dice.py")
    assert "roll" not in registry.actions
    assert caplog.messages == [f"plugin dice: {folder / 'dice.py'} is used, not the shipped one"]
    assert registry.problems == []
    again = build_registry([folder], before=registry, shipped=shipped)
    assert again.plugins == registry.plugins
    (folder / "dice.py").unlink()
    assert "roll" in build_registry([folder], before=again, shipped=shipped).actions


def test_a_shipped_plugin_gives_way_to_ones_own_with_the_same_action_until_that_is_gone(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    (folder / "games.py").write_text(SAYS.replace("say-it", "vote"))
    shipped = find_folder("plugins")
    registry = build_registry([folder], shipped=shipped)
    assert registry.actions["vote"].owner == "games"
    assert "poll" not in registry.actions
    assert (registry.plugins["poll"].state, registry.plugins["poll"].error) == ("replaced", "")
    (line,) = caplog.messages
    assert "the shipped plugin poll is left out" in line
    assert "games.py" in line
    again = build_registry([folder], before=registry, shipped=shipped)
    assert again.plugins == registry.plugins
    (folder / "games.py").write_text(SAYS.replace("say-it", "vote").replace('"vote"', '"vote", override=True'))
    over = build_registry([folder], before=again, shipped=shipped)
    assert over.actions["vote"].owner == "games"
    assert over.actions["poll"].owner == "poll"
    (folder / "games.py").write_text(SAYS)
    assert build_registry([folder], before=over, shipped=shipped).actions["vote"].owner == "poll"


def test_one_that_comes_while_the_server_runs_takes_the_place_of_the_shipped_one(folder: Path) -> None:
    shipped = find_folder("plugins")
    registry = build_registry([folder], shipped=shipped)
    (folder / "games.py").write_text(SAYS.replace("say-it", "vote"))
    after = build_registry([folder], before=registry, shipped=shipped)
    assert after.actions["vote"].owner == "games"
    assert after.plugins["poll"].state == "replaced"


def test_list_and_check_say_what_gave_way_and_that_is_no_fault(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tornado_chat.__main__ import main

    (folder / "games.py").write_text(SAYS.replace("say-it", "vote"))
    flags = ["--plugins-dir", str(folder), "--data-dir", str(folder.parent / "data")]
    assert main(["plugin", "list", *flags]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["poll", "replaced", str(find_folder("plugins") / "poll.py")] in lines
    assert ["actions:", "roll"] in lines
    assert main(["plugin", "check", *flags]) == 0
    assert "poll.py: left out: two files have the action 'vote'" in capsys.readouterr().out


def test_two_files_of_one_name_are_a_problem_that_the_check_shows(
    folder: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    from tornado_chat.__main__ import main

    other = folder.parent / "other"
    other.mkdir()
    for one in (folder, other):
        (one / "says.py").write_text(SAYS)
    flags = ["--plugins-dir", str(folder), "--plugins-dir", str(other), "--no-shipped-plugins"]
    assert main(["plugin", "check", *flags]) == 1
    said = capsys.readouterr().out
    assert f"two plugins are called 'says': {folder / 'says.py'}, which is used, and {other / 'says.py'}" in said


@pytest.mark.parametrize("name", ["class", "async", "if", "lambda"])
def test_new_refuses_a_word_of_pythons_own(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert plugin(folder, "new", name) == 2
    assert f"{name} is a word of Python's own" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_new_refuses_the_name_of_a_shipped_plugin_which_it_would_replace(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tornado_chat.__main__ import main

    assert main(["plugin", "new", "dice", "--plugins-dir", str(folder)]) == 2
    assert "there is a plugin dice already" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["x.py", "x.js"])
@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "large"])
def test_a_file_that_cannot_be_read_to_its_end_is_left_out(
    name: str, kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "x.py").write_text(SAYS.replace("say-it", "x"))
    (tmp_path / "good.py").write_text(SAYS)
    path = tmp_path / name
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"#" * (LARGEST + 1))
    registry = build_registry([tmp_path])
    assert "say-it" in registry.actions
    assert registry.plugins["x"].state == "broken"
    assert str(path) in caplog.text


def test_a_file_name_that_is_no_text_is_left_out_and_its_state_can_be_stored(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/\xff.py", "w") as file:
        file.write(SAYS)
    registry = build_registry([tmp_path])
    (broken,) = (plugin for plugin in registry.plugins.values() if plugin.state == "broken")
    json.dumps([broken.name, broken.error], ensure_ascii=False).encode()


#: Prints how a folder was loaded, and the context of what a handler of the log raises: it must not be the plugin's.
LOADING = """
import logging, sys
from pathlib import Path
from tornado_chat.plugin_host.loader import build_registry

folder = Path(sys.argv[1])
logging.getLogger("tornado_chat").setLevel("CRITICAL")
registry = build_registry([folder])
plugin = registry.plugins["x"]
print("say-it" in registry.actions, plugin.state, "x.py" in plugin.error)

class Failing(logging.Handler):
    def emit(self, record):
        raise OSError("the log cannot be written")

logging.getLogger("tornado_chat").setLevel("ERROR")
logging.getLogger("tornado_chat").addHandler(Failing())
try:
    build_registry([folder])
except OSError as error:
    print(type(error.__context__) if error.__context__ is not None else None)
"""


@pytest.mark.parametrize(
    "body",
    [
        "class Meta(type):\n    __name__ = property(harm)\nclass E(Exception, metaclass=Meta): ...\nraise E",
        "class E(SyntaxError):\n    filename = property(harm)\nraise E",
        "class E(Exception):\n    __class__ = property(harm)\nraise E",
        "class E(Exception):\n    __str__ = harm\nraise E",
        "class E(Exception):\n    owners = property(harm)\n@action('x')\ndef x(ctx): ...\n"
        "class S(str):\n    def __eq__(self, other): raise E\n    __hash__ = str.__hash__\nx.__module__ = S()",
    ],
)
def test_what_loading_raises_may_do_harm_when_it_is_looked_at(body: str, tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text(HEAD + "def harm(*_):\n    raise SystemExit(3)\n" + body)
    (tmp_path / "good.py").write_text(SAYS)
    # In a process of its own: pytest looks at what a failure of the test was raised in the course of.
    command = [sys.executable, "-c", LOADING, str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=UNMEASURED)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["True", "broken", "True", "None"]
