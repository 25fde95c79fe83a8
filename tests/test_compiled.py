"""The compiled build: ./scripts/test --compiled. It must do what the sources do, to the byte."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tornado_chat
from tests.corpus import lines
from tornado_chat.config import compiled, speed

ROOT, PACKAGE = Path(__file__).parent.parent, Path(tornado_chat.__file__).parent
only_compiled = pytest.mark.skipif(speed.BUILD == "pure", reason="this is the pure build: ./scripts/test --compiled")


def corpus(path: Path) -> list[str]:
    """Return what the server in a folder makes of the corpus."""
    environ = {**os.environ, "PYTHONPATH": str(path), "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.corpus"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()


@only_compiled
def test_the_compiled_build_writes_the_same_bytes_as_its_sources(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "tornado_chat", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    pure, fast = corpus(tmp_path), corpus(PACKAGE.parent)
    assert len(pure) > 1_000
    for number, (one, other) in enumerate(zip(pure, fast, strict=True)):
        assert one == other, number


@only_compiled
def test_all_that_is_listed_is_compiled_and_nothing_is_left_beside_the_package() -> None:
    found = {path.name.split(".")[0] for path in PACKAGE.rglob("*.so")}
    assert {"router", "connection", "protocol", "frames", "memory"} < found
    assert not list(PACKAGE.parent.glob("*__mypyc*")) or compiled.GROUP.startswith("tornado_chat.")


def test_the_corpus_is_the_same_each_time_and_reaches_all_actions() -> None:
    said = list(lines())
    assert said == list(lines())
    assert len(said) > 500


@pytest.mark.parametrize("command", ["editable_wheel", "develop"])
def test_the_compiled_build_is_never_made_where_the_sources_are(command: str) -> None:
    environ = {**os.environ, "TORNADO_CHAT_COMPILE": "1"}
    setup = [sys.executable, "setup.py", command]
    done = subprocess.run(setup, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "cannot be editable" in done.stderr


def test_what_the_compiled_build_lacks_is_said_in_a_line() -> None:
    environ = {**os.environ, "TORNADO_CHAT_COMPILE": "1", "PATH": "/nonexistent"}
    setup = [sys.executable, "setup.py", "--version"]
    done = subprocess.run(setup, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().endswith("apt install gcc")


@pytest.mark.skipif(not (ROOT / "tornado_chat").exists(), reason="the sources are elsewhere")
@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc: apt install gcc")
def test_nothing_is_compiled_while_pip_asks_what_the_build_needs(tmp_path: Path) -> None:
    (tmp_path / "mypyc").mkdir()
    (tmp_path / "mypyc" / "build.py").write_text("raise SystemExit('it compiles')")
    environ = {**os.environ, "TORNADO_CHAT_COMPILE": "1", "PYTHONPATH": str(tmp_path)}
    setup = [sys.executable, "setup.py", "egg_info", "--egg-base", str(tmp_path)]
    done = subprocess.run(setup, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
