"""What ./scripts/bench measures beside the working tree, and what it says of it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench import builds, comparisons, instructions, servers
from bench.builds import TREE, Build
from bench.workloads import WORKLOADS

COMMIT = Build("abc1234", about="Make it slow")
COMPILED = Build("compiled")
W3, W4, W5 = (next(one for one in WORKLOADS if one.key == key) for key in ("W3", "W4", "W5"))


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose first commit has nothing, and whose second has a tornado_chat and a benchmark."""
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    root = tmp_path / "root"
    for path in ("README", "bench/load.c", "tornado_chat/__main__.py"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("committed")
    git(root, "init", "--quiet")
    for path in ("README", "."):
        git(root, "add", path)
        git(root, "commit", "--quiet", "--message", f"Add {path}")
    (root / "tornado_chat" / "__main__.py").write_text("edited")
    monkeypatch.setattr(builds, "ROOT", root)
    return root


def test_a_commit_is_laid_out_beside_the_working_tree_and_removed(checkout: Path) -> None:
    with builds.committed("HEAD") as build:
        assert (build.folder / "tornado_chat" / "__main__.py").read_text() == "committed"
        assert (build.folder / "bench" / ".build").resolve() == servers.BUILD.resolve()
        assert build.about == "Add ."
        assert build.server("sqlite").name == f"tornado_chat, {build.title}, sqlite, refs"
    assert not build.folder.exists()
    assert (checkout / "tornado_chat" / "__main__.py").read_text() == "edited"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nobody", "--against nobody: there is no such commit in this checkout"),
        ("--all", "--against --all: there is no such commit in this checkout"),
        ("", "--against : there is no such commit in this checkout"),
        ("HEAD:README", "--against HEAD:README: there is no such commit in this checkout"),
        ("HEAD~1", "--against HEAD~1: there was no tornado_chat then"),
    ],
)
def test_what_is_no_commit_to_measure_is_said_in_a_line(
    checkout: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    assert bench.main(["--only", "W3", f"--against={name}"]) == 2
    assert capsys.readouterr() == ("", f"bench: {said}\n")


def test_without_a_checkout_or_git_that_is_said_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(builds, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert bench.main(["--only", "W3", "--against", "HEAD"]) == 2
    assert capsys.readouterr().err.startswith("bench: --against needs a checkout of git: ")
    monkeypatch.setenv("PATH", "/nonexistent")
    assert bench.main(["--only", "W3", "--against", "HEAD"]) == 2
    assert capsys.readouterr().err == "bench: --against needs git: apt install git\n"


@pytest.mark.parametrize("arguments", [["--against", "HEAD"], ["--compiled"]])
def test_hooks_and_clusters_are_not_compared(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main(["--only", "hooks,cluster", *arguments])
    assert capsys.readouterr().err.endswith("--against and --compiled go with W1 to W6 and instructions\n")


def test_without_a_compiler_the_compiled_build_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builds, "BUILD", tmp_path / "build")
    monkeypatch.setattr(builds, "PACKAGES", ("tornado",))
    monkeypatch.setattr(servers, "environment", lambda more: {"PATH": str(tmp_path)})
    for name in ("bash", "dirname"):
        (tmp_path / name).symlink_to(shutil.which(name) or pytest.skip(f"there is no {name}"))
    with pytest.raises(servers.Missing, match=r"^The compiled build needs a C compiler .*: apt install gcc[^\n]*$"):
        builds.compiled()
    assert not (tmp_path / "build" / "compiled" / "built-of").exists()


def test_each_form_is_measured_with_each_history_where_messages_are_sent() -> None:
    options = bench.parse(["--history", "sqlite", "--peers", "go"])
    names = [one.name for one in bench.servers_of(W3, [TREE, COMPILED], COMMIT, options)]
    forms = ["tornado_chat", "tornado_chat, compiled", "tornado_chat, abc1234"]
    assert names == [
        *forms,
        "tornado_chat, tornado only",
        *(f"{form}, {history}, refs" for history in ("memory", "sqlite") for form in forms),
        "go",
    ]
    assert [one.name for one in bench.servers_of(W5, [TREE, COMPILED], COMMIT, options)] == [*forms, "go"]


COUNT = """\
import ctypes, runpy, types
ctypes.CDLL = lambda path: types.SimpleNamespace(start=list, stop=list)
runpy.run_module("bench.messages", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("more", [[], ["--refs"]])
def test_messages_are_counted_from_frames_to_frames(more: list[str]) -> None:
    command = [sys.executable, "-c", COUNT, "800", *more]
    done = subprocess.run(command, cwd=servers.ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def rates(*rounds: float, first: int = 1) -> list[dict[str, float]]:
    return [
        {"round": number, "per_second": rate, "cpu_us": 1e6 / rate, "p50_ms": 1, "p99_ms": 2}
        for number, rate in enumerate(rounds, first)
    ]


def test_a_commit_is_compared_with_what_was_measured_in_the_same_round() -> None:
    found = {"tornado_chat": rates(100, 200, 900), "tornado_chat, abc1234": rates(100, 600, first=2)}
    table = comparisons.against([W3], [TREE], COMMIT, False, {"W3": found})
    assert "### against abc1234" in table
    assert "| W3 | tornado_chat | deliveries/s | 350 | 550 | 1.75 (1.50–2.00) |" in table
    assert "| W3 | tornado_chat | server CPU µs each | 5,833.33 | 3,055.56 | 1.75 (1.50–2.00) |" in table
    assert comparisons.against([W5], [TREE], COMMIT, False, {"W5": {}}) == ""


def test_what_is_read_first_has_a_column_for_each_form_and_no_line_without_figures() -> None:
    found = {
        "W3": {
            "tornado_chat": rates(90, 80),
            "tornado_chat, compiled": rates(150, 140),
            "go": rates(100, 100),
            "tornado_chat, memory, refs": rates(60),
            "tornado_chat, abc1234, memory, refs": rates(50),
        },
        "W4": {"tornado_chat": rates(100), "bun": rates(120)},
        "W5": {"tornado_chat": [{"round": 1, "kb_each": 3.04, "upgrades_per_second": 5}]},
    }
    table = comparisons.in_short([TREE, COMPILED], COMMIT, found)
    assert table.splitlines()[4:] == [
        "|  | tornado_chat | tornado_chat, compiled |",
        "| :--- | ---: | ---: |",
        "| W3: deliveries/s, × Go | 0.85 (0.80–0.90) | 1.45 (1.40–1.50) |",
        "| W3 with refs: deliveries/s, × abc1234 | 1.20 | – |",
        "| W4: CPU a delivery, × Bun's (less is better) | 1.20 | – |",
        "| W5: KB an idle connection | 3.0 | – |",
        "",
    ]
    assert comparisons.in_short([TREE], None, {}) == ""


def test_instructions_say_what_each_form_takes_of_what_the_first_does(tmp_path: Path) -> None:
    (tmp_path / "bench").mkdir()
    other = Build("abc1234", folder=tmp_path)
    with pytest.raises(servers.Missing, match=r"^instructions: "):
        instructions.prepare([other])
    for name in instructions.COUNTED:
        shutil.copy(servers.HERE / name, tmp_path / "bench")
    (tmp_path / "bench" / "upgrades.py").write_text("")
    lines = instructions.table([(TREE, {"a message": 1_000}), (other, {"a message": 1_250})]).splitlines()
    assert "|  | tornado_chat | tornado_chat, abc1234 |" in lines
    assert "| a message | 1,000 | 1,250 (1.25) |" in lines
    assert "* tornado_chat, abc1234 has another bench/upgrades.py: it may count something else." in lines
    assert not any("bench/messages.py" in line for line in lines)
