"""The forms in which tornado_chat is measured: the working tree, the compiled build of it, and another commit."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from importlib import metadata
from pathlib import Path

from bench.servers import BUILD, HERE, ROOT, Missing, Server, run

#: Everything is on, as on a server: limits, the shipped plugins, guests' identities and memberships. Only the rates
#: are higher, as all clients have one address: nothing is refused, and each call is counted all the same.
FLAGS = tuple(
    word
    for name in ("message-rate", "join-rate", "connect-rate", "max-connections")
    for word in (f"--{name}", "/".join([str(10**9)] * 3))
)
SOURCES = ("LICENSE", "README.md", "pyproject.toml", "setup.cfg", "setup.py", "plugins", "public", "tornado_chat")
PACKAGES = ("tornado", "orjson", "uvloop")


@dataclass(frozen=True)
class Build:
    """One form. `folder`: where its Python finds it, and the benchmark's modules that run inside of a server."""

    title: str = ""
    python: str = sys.executable
    folder: Path = ROOT
    about: str = ""

    @property
    def name(self) -> str:
        """Return what it is called in tables."""
        return f"tornado_chat, {self.title}" if self.title else "tornado_chat"

    def server(self, history: str = "") -> Server:
        """Return it as a server; given a history, each message has a random ref, as a careful client sends it."""
        name = f"{self.name}, {history}, refs" if history else self.name
        command = partial(_command, self.python, history or "memory")
        return Server(name, command, partial(_prepared, self), folder=self.folder, with_refs=bool(history))


_VERSIONS = """\
import platform, tornado
print("Python", platform.python_version())
print("tornado", tornado.version)"""


@cache
def _prepared(build: Build) -> str:
    if (build.folder / "tornado_chat").exists():  # or its first start would need memory that others do not need
        run([build.python, "-m", "compileall", "-q", "tornado_chat"], cwd=build.folder)
    version = run([build.python, "-m", "tornado_chat", "--version"], cwd=build.folder).removeprefix("tornado_chat ")
    packages = ", ".join(run([build.python, "-c", _VERSIONS], cwd=build.folder).splitlines())
    return ", ".join(filter(None, (build.about, version, packages)))


def _command(python: str, history: str, port: int, data: Path) -> list[str]:
    options = ["--port", str(port), "--data-dir", str(data), "--history", history]
    return [python, "-m", "tornado_chat", *options, *FLAGS]


TREE = Build()
PLAIN = Build("tornado only", str(Path(sys.prefix + "-plain") / "bin" / "python"))


def compiled() -> Build:
    """Build what `scripts/wheel --compiled` builds, into an environment of its own; Missing if that cannot be."""
    home = BUILD / "compiled"
    python, away, stamp = home / "venv" / "bin" / "python", home / "away", home / "built-of"
    state = _state()
    if not stamp.exists() or stamp.read_text() != state:
        shutil.rmtree(home, ignore_errors=True)
        away.mkdir(parents=True)
        (away / "bench").symlink_to(HERE)  # and no tornado_chat beside it, which would be run instead
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "source"
            source.mkdir()
            for name in SOURCES:
                copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
                copy(ROOT / name, source / name)
            build = '. scripts/_venv && need_compiler "$0" && build_wheel "$0" "$1" "$1" 1'
            run(["bash", "-c", build, sys.executable, str(source)], cwd=ROOT, timeout=1_200)
            run([sys.executable, "-m", "venv", str(home / "venv")])
            wheels = [*map(str, source.glob("*.whl")), *(f"{name}=={metadata.version(name)}" for name in PACKAGES)]
            run([str(python), "-m", "pip", "install", "--quiet", *wheels])
        stamp.write_text(state)
    return Build("compiled", str(python), away)


def _state() -> str:
    """Return what changes when anything does that the compiled build is made of."""
    state = hashlib.sha256(sys.version.encode())
    for name in PACKAGES:
        state.update(metadata.version(name).encode())
    for name in SOURCES:
        for path in sorted([ROOT / name, *(ROOT / name).rglob("*")]):
            if path.is_file() and path.suffix != ".pyc":
                state.update(str(path).encode() + path.read_bytes())
    return state.hexdigest()


@contextlib.contextmanager
def committed(name: str) -> Iterator[Build]:
    """Give a commit of this checkout, which this Python runs like the working tree; Missing if there is none."""
    if shutil.which("git") is None:
        raise Missing("--against needs git: apt install git")
    try:
        run(["git", "rev-parse", "--git-dir"], cwd=ROOT)
    except Missing as error:
        raise Missing(f"--against needs a checkout of git: {error}") from None
    try:
        commit = run(["git", "rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"], cwd=ROOT)
    except Missing:
        raise Missing(f"--against {name}: there is no such commit in this checkout") from None
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        tree, archive = Path(folder) / "tree", Path(folder) / "tree.zip"
        run(["git", "archive", "--output", str(archive), commit], cwd=ROOT)
        shutil.unpack_archive(archive, tree)
        if not (tree / "tornado_chat" / "__main__.py").exists():
            raise Missing(f"--against {name}: there was no tornado_chat then")
        if (tree / "bench").exists():
            (tree / "bench" / BUILD.name).symlink_to(BUILD)
        short, _, subject = run(["git", "log", "-1", "--format=%h %s", commit], cwd=ROOT).partition(" ")
        yield Build(short, folder=tree, about=subject)
