"""Imports point one way; what each room may know is read from its source."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "tornado_chat"
ROOMS = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}
GUESTS = [
    *(path for path in (PACKAGE / "actions").glob("*.py") if path.name != "__init__.py"),
    *(ROOT / "plugins").glob("*.py"),
]
KNOW_TORNADO = {
    "chat_socket",
    "credentials",
    "http_server",
    "pages",
    "listener",
    *("websocket", "wire", "tls", "web", "safe", "health", "signing", "keepalive"),
    *(
        "identity",
        "tokens",
        "routes",
        "client.client",
        "client.calls",
        "client.credentials",
        "client.reconnect",
        "__main__",
        "testing.sockets",
        "testing.echo",
    ),
}
#: What plugins use of Tornado, for HTTP.
FOR_HTTP = {
    *("tornado.web.RequestHandler", "tornado.web.HTTPError"),
    *("tornado.httpclient.AsyncHTTPClient", "tornado.httpclient.HTTPRequest"),
}
# A room, and the rooms that it must not know: not itself, nor through another.
ABOVE = {
    "errors": set(ROOMS),
    "messages": set(ROOMS),
    "characters": set(ROOMS),
    "names": set(ROOMS) - {"errors", "characters"},
    "marks": set(ROOMS),
    "protocol": set(ROOMS) - {"errors", "messages", "speed"},
    "frames": set(ROOMS) - {"frames"},
    "schema": {"registry", "connection", "channel", "hub", "router", "context"},
    "fence": {"registry", "connection", "channel", "hub", "router", "context"},
    "registry": {"connection", "channel", "hub", "router", "context"},
    "connection": {"channel", "hub", "registry", "router"},
    "channel": {"hub", "registry", "router"},
    "hub": {"registry", "router", "hooks", "sieve"},
    "sieve": {"router", "loader", "lifecycle", "hooks"},
    "hooks": {"router", "loader", "lifecycle"},
    "router": {"web", "loader", "keepalive", "identity", "websocket", "__main__"}
    | {room for room in ROOMS if room.startswith("testing")},
}


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Return the full names that a file imports when it runs (not those for the type checker alone)."""

    def visit(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.orelse:
                yield from visit(child)
        elif isinstance(node, ast.Import):
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


def test_the_reading_of_imports_sees_what_is_there() -> None:
    assert {"protocol", "flusher"} <= known("connection")
    assert {"channel", "connection", "protocol"} <= known_through_others("hub")
    assert "hub" not in known("channel")  # for the type checker alone
    assert "actions.__init__" in known("loader")
    assert "logs" in known("__main__")
    assert "tornado" in tops(ROOMS["web"])


@pytest.mark.parametrize("room", ABOVE)
def test_a_room_does_not_know_what_is_above_it(room: str) -> None:
    assert not known_through_others(room) & ABOVE[room]


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_no_room_knows_itself_through_others(room: str) -> None:
    assert room not in known_through_others(room)


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_only_the_rooms_around_the_socket_know_tornado(room: str) -> None:
    known = {name for name in imports(ROOMS[room]) if name.split(".")[0] == "tornado"}
    if room == "frames":
        known.discard("tornado.util._websocket_mask")  # a function in C, of bytes
    assert not known or room in KNOW_TORNADO


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_the_server_needs_tornado_and_the_standard_library_alone(room: str) -> None:
    optional = {"pytest"} if room == "testing.fixtures" else {"orjson", "uvloop", "jwt"}
    assert tops(ROOMS[room]) <= {"tornado", "tornado_chat"} | sys.stdlib_module_names | optional


@pytest.mark.parametrize("path", GUESTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_actions_and_plugins_import_from_tornado_chat_alone(path: Path) -> None:
    for name in imports(path):
        top, *rest = name.split(".")
        assert top in sys.stdlib_module_names or top == "tornado_chat" or name in FOR_HTTP
        if top == "tornado_chat":
            assert len(rest) == 1
            assert rest[0] not in ROOMS, f"{name} is a room"


def test_a_plugin_can_import_all_that_is_offered_and_nothing_else_by_accident() -> None:
    import tornado_chat

    offered = {
        name.removeprefix("tornado_chat.") for path in GUESTS for name in imports(path) if "tornado_chat" in name
    }
    assert offered <= set(tornado_chat.__all__)
    assert all(hasattr(tornado_chat, name) for name in tornado_chat.__all__)
