"""Find and load plugins. (Not `plugins.py`: an installed tornado_chat has a package of that name.)"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from tornado_chat.actions import BUILT_IN
from tornado_chat.registry import NameTaken, Registry

log = logging.getLogger("tornado_chat")


def build_registry(folders: Iterable[Path]) -> Registry:
    """Return the built-in actions and those of every plugin; NameTaken where two own a name.

    A plugin that cannot be loaded is left out and named in the log, with file and line.
    """
    registry = Registry()
    for module in BUILT_IN:
        registry.add(module, "tornado_chat")
    for path in find_plugins(folders):
        try:
            registry.add(load(path), path.stem)
        except NameTaken:
            raise
        except (Exception, SystemExit) as error:
            log.error("plugin %s is left out: %s", path.stem, _explain(error, path))
    return registry


def find_plugins(folders: Iterable[Path]) -> list[Path]:
    """Return the plugins' files, by name in each folder; files that begin with an underscore are none."""
    return [path for folder in folders for path in sorted(folder.glob("*.py")) if path.name[0] != "_"]


def load(path: Path) -> ModuleType:
    """Return a fresh module of a plugin's file, compiled from its source (a stale .pyc is never read)."""
    module = ModuleType(f"tornado_chat_plugin_{path.stem}")
    module.__file__ = str(path)
    code = compile(path.read_bytes(), path, "exec")
    sys.modules[module.__name__] = module  # dataclasses look their own module up
    try:
        exec(code, vars(module))
    finally:
        del sys.modules[module.__name__]
    return module


def _explain(error: BaseException, path: Path) -> str:
    line = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    where = f"{path}:{line}" if line else str(path)
    return f"{where}: {type(error).__name__}: {error}"
