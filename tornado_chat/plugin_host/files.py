"""Where plugins come from: files in folders and installed packages; how one is loaded, and what went wrong."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from traceback import walk_tb
from types import ModuleType

from tornado_chat.routing import decorators
from tornado_chat.routing.registry import NameTaken, RegistryError
from tornado_chat.routing.supervision import FAULTS, describe, plain, trace_of

GROUP = "tornado_chat.plugins"  # of entry points
NAME = re.compile(r"\w[\w-]*")
LARGEST = 512 * 1024  # bytes of a file: compiling as much takes a quarter of a second


@dataclasses.dataclass(slots=True, frozen=True)
class Source:
    """Where a plugin comes from; `stamp` changes when its file is changed. `shipped`: with the server."""

    name: str
    file: str
    stamp: object
    load: Callable[[], ModuleType]
    shipped: bool = False


def find_plugins(folders: Iterable[Path], shipped: Path | None = None) -> list[Source]:
    """Return the shipped folder's files, those of the others in their order, then the packages that offer a plugin.

    Files that begin with an underscore or a dot are none. A name may come twice: see `choose`.
    """
    folders = list(folders)
    found: list[Source] = []
    if shipped is not None and not any(_same(shipped, folder) for folder in folders):
        found += _files(shipped, True)
    for at, folder in enumerate(folders):
        if any(_same(folder, before) for before in folders[:at]):
            continue  # given twice, or by a link
        found += _files(folder, _same(shipped, folder) if shipped is not None else False)
    return [*found, *(Source(one.name, one.value, one.value, partial(_load_entry, one)) for one in _entries())]


def choose(sources: Iterable[Source]) -> dict[str, Source]:
    """Return by name which source of each plugin counts: the first, but a shipped one gives way to any other."""
    chosen: dict[str, Source] = {}
    for source in sources:
        known = chosen.get(source.name)
        if known is None or (known.shipped and not source.shipped):
            chosen[source.name] = source
    return chosen


def _same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _files(folder: Path, shipped: bool) -> Iterator[Source]:
    for path in sorted(folder.glob("*.py")):
        if path.name[0] not in "._":  # what editors and systems leave behind: .#dice.py, ._dice.py
            # A name that is no UTF-8 is one that no plugin can have; see `load`.
            yield Source(plain(path.stem), plain(str(path)), _stamp(path), partial(load, path), shipped)


@cache
def _entries() -> list[EntryPoint]:
    return sorted(entry_points(group=GROUP), key=lambda entry: entry.name)


def _stamp(path: Path) -> object:
    stamp: list[int] = []
    for file in (path, path.with_suffix(".js")):
        with contextlib.suppress(OSError):
            found = file.stat()
            stamp += (found.st_mtime_ns, found.st_size, found.st_ino)
    return tuple(stamp)


def read(path: Path) -> bytes:
    """Return the content of a plugin's file; RegistryError if it is no regular file or larger than LARGEST."""
    if not path.is_file():  # a pipe or a device: reading it may never end
        raise RegistryError(f"{path} is no regular file")
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise RegistryError(f"{path} is larger than {LARGEST // 1024} KiB, the most that a plugin's file may have")
    return content


def load(path: Path) -> ModuleType:
    """Return a fresh module of a plugin's file, compiled from its source (a stale .pyc is never read)."""
    if not NAME.fullmatch(path.stem):  # a copy, say: `dice (2).py`, `dice.bak.py`
        raise RegistryError(f"{path}: a plugin's file is named with letters, digits, _ and -; rename it or remove it")
    source = read(path)
    module = ModuleType(f"tornado_chat_plugin_{path.stem}")
    module.__file__ = str(path)
    code = compile(source, path, "exec")
    sys.modules[module.__name__] = module  # dataclasses look their own module up
    try:
        with decorators.recorded() as made:
            exec(code, vars(module))
    finally:
        sys.modules.pop(module.__name__, None)
    _check_marks(module, made)
    return module


def _load_entry(entry: EntryPoint) -> ModuleType:
    with decorators.recorded() as made:
        module = entry.load()
    if not isinstance(module, ModuleType):
        raise TypeError(f"an entry point of {GROUP} names a module, not {entry.value}")
    _check_marks(module, made)
    return module


@contextlib.contextmanager
def interrupts() -> Iterator[list[int]]:
    """Yield a list that is not empty once Ctrl-C was pressed: a plugin may raise KeyboardInterrupt by itself."""
    came: list[int] = []

    def handle(number: int, frame: object) -> None:
        came.append(number)
        raise KeyboardInterrupt

    # In a server that runs SIGINT is the loop's.
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    ours = ours and threading.current_thread() is threading.main_thread()
    if ours:
        signal.signal(signal.SIGINT, handle)
    try:
        yield came
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _check_marks(module: ModuleType, made: list[tuple[object, decorators.Mark]]) -> None:
    """Raise RegistryError where something was marked that the module does not hold any more, or nothing is at all."""
    file = module.__file__ or module.__name__
    held = {
        id(mark)
        for one in vars(module).values()
        for mark in decorators.marks_of(one)
        if getattr(one, "__module__", None) == module.__name__
    }
    for marked, mark in made:
        if getattr(marked, "__module__", None) == module.__name__ and id(mark) not in held:
            name = getattr(marked, "__qualname__", "?")
            raise RegistryError(
                f"{file}:{mark.line}: {name} is marked, but is no function of the file when it has been read: "
                "it stands in another function or class, or something below has the same name"
            )
    if not held and not Path(file).with_suffix(".js").is_file():
        raise RegistryError(
            f"{file}:1: nothing in it is marked with @action, @on, @every or @route, but for what it imports; "
            "the name of a file that is no plugin begins with _"
        )


def explain(error: BaseException, file: str) -> str:
    """Return what went wrong in a plugin's file, with its line."""
    if type(error) in (RegistryError, NameTaken):
        return plain(str(error))  # which says where
    try:
        where = plain(_place(error, file))
    except FAULTS:  # the error raises where it is looked at
        where = file
    return f"{where}: {describe(error)}"


def _place(error: BaseException, file: str) -> str:
    is_syntax = issubclass(type(error), SyntaxError)
    line = error.lineno if is_syntax and error.filename == file else None  # type: ignore[attr-defined]
    deepest = ""
    for frame, number in walk_tb(trace_of(error)):
        name = frame.f_code.co_filename
        if name == file:
            line = number
        elif not name.startswith(("<", os.path.dirname(__file__))):
            deepest = f"{name}:{number}"  # of a package, whose file is not known
    return f"{file}:{line}" if line else file if os.path.exists(file) or not deepest else deepest
