"""Imports point one way; what each room may know is read from its source."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tornado_chat import client

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "tornado_chat"
ROOMS = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}
GUESTS = [
    *(path for path in (PACKAGE / "actions").glob("*.py") if path.name != "__init__.py"),
    *(ROOT / "plugins").glob("*.py"),
]
#: What plugins use of Tornado, for HTTP.
FOR_HTTP = {
    *("tornado.web.RequestHandler", "tornado.web.HTTPError"),
    *("tornado.httpclient.AsyncHTTPClient", "tornado.httpclient.HTTPRequest"),
}
#: A package, and those that it may import; `tornado_chat` is what plugins import.
MAY = {
    "version": set[str](),
    "config": {"version"},
    "chat": {"config"},
    "storage": {"config", "chat", "version"},
    "images": {"config", "chat"},
    "auth": {"config", "chat"},
    "routing": {"config", "chat"},
    "client": {"config", "chat"},
    "tornado_chat": {"config", "chat", "auth", "routing", "version"},
    "actions": {"tornado_chat"},
}
MAY["plugin_host"] = {"config", "chat", "routing", "tornado_chat", "actions"}
MAY["web"] = MAY["plugin_host"] | {"storage", "images", "auth", "plugin_host", "version"}
MAY["server"] = MAY["web"] | {"web"}
MAY["testing"] = MAY["server"] | {"client", "server"}
MAY["__main__"] = {"server"}
#: What some rooms alone need.
OPTIONAL = {
    "config.compiled": {"mypy_extensions"},  # for the type checker alone
    "testing.fixtures": {"pytest"},
    "images.drawing": {"PIL"},
    "storage.postgres.health": {"asyncpg"},
}
KNOW_TORNADO = ("web", "server", "client", "testing")


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Return the full names that a file imports, those for the type checker included."""

    def visit(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            for child in ast.iter_child_nodes(node):
                yield from visit(child)

    return tuple(visit(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def known(room: str) -> set[str]:
    """Return the rooms that a room imports; `tornado_chat` itself is the room `__init__`."""
    found = set()
    for name in imports(ROOMS[room]):
        parts = name.split(".")
        if parts[0] == "tornado_chat":
            own = [".".join(parts[1:end]) for end in range(len(parts), 1, -1)]
            found.add(next((n for o in own for n in (o, f"{o}.__init__") if n in ROOMS), "__init__"))
    return found


def known_through_others(room: str) -> set[str]:
    reached: set[str] = set()
    waiting = [room]
    while waiting:
        for name in known(waiting.pop()) - reached:
            reached.add(name)
            waiting.append(name)
    return reached


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def package(room: str) -> str:
    return "tornado_chat" if room == "__init__" else room.partition(".")[0]


def test_the_reading_of_imports_sees_what_is_there() -> None:
    assert {"chat.protocol", "chat.batching"} <= known("chat.connection")
    assert {"chat.channel", "chat.connection", "chat.protocol"} <= known_through_others("chat.hub")
    assert "chat.channel" in known("chat.announcements")  # for the type checker alone
    assert "actions.__init__" in known("plugin_host.loader")
    assert "tornado" in tops(ROOMS["web.app"])


def test_a_room_imports_from_its_package_and_those_below_it() -> None:
    for room in ROOMS:
        there = {package(other) for other in known(room)} - {package(room)}
        assert there <= MAY[package(room)], room


def test_no_room_knows_itself_through_others() -> None:
    for room in ROOMS:
        assert room not in known_through_others(room)


def test_tornado_is_known_around_the_socket_alone() -> None:
    for room, path in ROOMS.items():
        assert "tornado" not in tops(path) or package(room) in KNOW_TORNADO, room


def test_sql_is_known_to_the_storage_alone() -> None:
    for room, path in ROOMS.items():
        assert "sqlite3" not in tops(path) or package(room) == "storage", room


def test_the_server_needs_tornado_and_the_standard_library_alone() -> None:
    for room, path in ROOMS.items():
        optional = OPTIONAL.get(room, {"orjson", "uvloop", "jwt"})
        assert tops(path) <= {"tornado", "tornado_chat"} | sys.stdlib_module_names | optional, room


@pytest.mark.parametrize("path", GUESTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_actions_and_plugins_import_from_tornado_chat_alone(path: Path) -> None:
    for name in imports(path):
        top, *rest = name.split(".")
        assert top in sys.stdlib_module_names or top == "tornado_chat" or name in FOR_HTTP
        if top == "tornado_chat":
            if len(rest) == 2:  # what bots use, too
                assert (rest[0], rest[1] in client.__all__) == ("client", True), name
                continue
            assert len(rest) == 1
            assert rest[0] not in ROOMS, f"{name} is a room"


def test_a_plugin_can_import_all_that_is_offered_and_nothing_else_by_accident() -> None:
    import tornado_chat

    offered = {
        name.removeprefix("tornado_chat.") for path in GUESTS for name in imports(path) if "tornado_chat" in name
    } - {f"client.{name}" for name in client.__all__}
    assert offered <= set(tornado_chat.__all__)
    assert all(hasattr(tornado_chat, name) for name in tornado_chat.__all__)
