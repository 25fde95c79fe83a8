"""What ./scripts/test does before the tests: which packages it installs, and on which Pythons it runs them.

And what ./scripts/cluster says of what it is given.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COMMANDS = ("bash", "dirname", "sed", "grep", "ls")  # that the scripts themselves call


def command(path: Path, words: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/bash\n{words}\n")
    path.chmod(0o755)


class Checkout:
    """A checkout of the scripts alone, on a machine with nothing installed; `ran` is what was called there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "path"
        self.ran = folder / "ran"
        shutil.copytree(ROOT / "scripts", folder / "scripts")
        shutil.copy(ROOT / "setup.cfg", folder)
        self.path.mkdir()
        for name in COMMANDS:
            (self.path / name).symlink_to(shutil.which(name) or pytest.skip(f"there is no {name}"))
        command(self.path / "id", "echo 0")
        command(self.path / "apt-get", f'echo apt-get "$@" >> {self.ran}')
        self.python(sys.version_info.minor, "python3")
        for name, extras in ((".venv", "test,browser,speed,jwt"), (".venv-plain", "test")):
            self.venv(name, extras)

    def python(self, minor: int, name: str) -> None:
        """Put a Python of version 3.minor on the path; all that it can do is say so."""
        command(self.path / name, f'case "$2" in *print*) echo 3.{minor} ;; esac')

    def venv(self, name: str, extras: str) -> None:
        command(self.folder / name / "bin" / "python", f'echo {name} "$@" >> {self.ran}')
        (self.folder / name / f".installed-{extras}").touch()

    def test(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run("test", *arguments, **environment)

    def run(self, script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(self.folder / "scripts" / script), *arguments],
            env={"PATH": str(self.path), **environment},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        self.calls = self.ran.read_text().splitlines() if self.ran.exists() else []
        return done


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_nothing_is_installed_unasked_and_what_is_skipped_and_how_to_install_it_is_said(checkout: Checkout) -> None:
    done = checkout.test("-k", "join")
    assert done.returncode == 0
    assert checkout.calls == [".venv -m pytest -k join"]
    assert "tests of slow and broken disks: need strace" in done.stderr
    assert "tests of the page, in Firefox: need firefox-esr" in done.stderr
    assert "./scripts/test --install, or: apt-get install strace " in done.stderr


@pytest.mark.parametrize(("arguments", "environment"), [(["--install"], {}), ([], {"CI": "true"})])
def test_with_install_and_in_ci_the_packages_are_installed(
    checkout: Checkout, arguments: list[str], environment: dict[str, str]
) -> None:
    checkout.test(*arguments, "-k", "join", **environment)
    assert checkout.calls[0] == "apt-get update -qq"
    assert any(call.startswith("apt-get install") and call.endswith(" firefox-esr") for call in checkout.calls)
    assert checkout.calls[-1] == ".venv -m pytest -k join"


def test_who_may_not_install_is_told_and_nothing_is_run(checkout: Checkout) -> None:
    command(checkout.path / "id", "echo 1000")
    done = checkout.test("--install")
    assert done.returncode == 1
    assert "needs root" in done.stderr
    assert checkout.calls == []


def test_the_tests_run_on_each_further_python_that_is_promised_and_there(checkout: Checkout) -> None:
    promised = {11, 12, 13} - {sys.version_info.minor}
    there, pyenv = sorted(promised)
    checkout.venv(f".venv-plain-3.{there}", "test")
    command(checkout.path / f"python3.{there}", "exit 0")
    done = checkout.test("--pythons", "-k", "join")
    assert done.returncode == 0
    assert checkout.calls[-1] == f".venv-plain-3.{there} -m pytest -k join"
    assert f"Python 3.{pyenv} is not on this machine" in done.stderr

    command(checkout.path / f"python3.{pyenv}", "exit 127")  # as pyenv's for a version that is not switched on
    command(checkout.path / "pyenv", f"echo {checkout.folder}/pyenv")
    command(checkout.folder / "pyenv" / "versions" / f"3.{pyenv}.1" / "bin" / f"python3.{pyenv}", "exit 0")
    checkout.venv(f".venv-plain-3.{pyenv}", "test")
    command(checkout.folder / f".venv-plain-3.{there}" / "bin" / "python", '[ "$1" != -m ] || exit 3')
    done = checkout.test("--pythons", "-k", "join")
    assert checkout.calls[-1] == f".venv-plain-3.{pyenv} -m pytest -k join"
    assert done.returncode == 3


def test_only_plain_measures_the_coverage_which_takes_long(checkout: Checkout) -> None:
    checkout.test()
    assert "--cov" not in checkout.calls[-1]
    checkout.venv(".venv-plain", "test")
    checkout.test("--plain")
    assert checkout.calls[-1].endswith("--cov --cov-report=term --cov-fail-under=95")


def test_the_compiled_build_needs_a_compiler_and_says_how_to_install_it_or_in_ci_does_so(checkout: Checkout) -> None:
    done = checkout.run("wheel", "--compiled")
    assert done.returncode == 1
    assert done.stderr == "The compiled build needs a C compiler and Python's headers: apt install gcc libc6-dev\n"
    assert checkout.calls == []
    checkout.run("wheel", "--compiled", CI="true")
    assert checkout.calls[0] == "apt-get update -qq"
    assert checkout.calls[1].endswith(" gcc libc6-dev")


@pytest.mark.parametrize("arguments", [["--compile"], ["dist", "dist2"], ["dist", "--faster"]])
def test_the_wheel_is_not_built_into_a_folder_that_is_called_like_an_option(
    checkout: Checkout, arguments: list[str]
) -> None:
    done = checkout.run("wheel", *arguments)
    assert done.returncode == 2
    assert done.stderr == f"./scripts/wheel [--compiled] [FOLDER] knows no '{arguments[-1]}'\n"
    assert checkout.run("wheel", "--help").stdout.startswith("Builds the wheel")


def test_the_wheel_is_compiled_wherever_that_is_said_and_needs_npm(checkout: Checkout) -> None:
    assert "needs a C compiler" in checkout.run("wheel", "dist", "--compiled").stderr
    done = checkout.run("wheel", "dist")
    assert (done.returncode, done.stderr) == (1, "The page is bundled by npm, and there is none: apt install npm\n")


@pytest.mark.parametrize("arguments", [["0"], ["10"], ["two"], [""], ["2", "3"], ["--port", "4"]])
def test_a_cluster_has_one_to_nine_nodes(checkout: Checkout, arguments: list[str]) -> None:
    done = checkout.run("cluster", *arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(("how many nodes? a number from 1 to 9", "one number and nothing else"))
    assert checkout.calls == []


def test_a_cluster_needs_postgresql_and_says_how_to_install_it(checkout: Checkout) -> None:
    (checkout.path / "ls").unlink()
    command(checkout.path / "ls", "exit 2")
    for name in ("sort", "tail"):
        command(checkout.path / name, "exit 0")
    done = checkout.run("cluster")
    assert done.returncode == 1
    assert done.stderr == "PostgreSQL is not installed: apt install postgresql\n"
    assert checkout.calls == []


def test_a_cluster_has_two_nodes_unless_another_number_is_given(checkout: Checkout) -> None:
    command(checkout.folder / "scripts" / "_postgres", "exit 0")
    checkout.venv(".venv", "speed,images,cluster")
    assert checkout.run("cluster").returncode == 0
    assert checkout.run("cluster", "5").returncode == 0
    assert checkout.calls == [".venv scripts/_cluster.py 2", ".venv scripts/_cluster.py 5"]
