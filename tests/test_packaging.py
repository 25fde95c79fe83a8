"""The wheel, installed where nothing else is, serves the page and the plugins from any folder."""

import configparser
import json
import re
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_the_lockfile_names_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert not re.search(r"https?://(?!opencollective\.com|github\.com)", (ROOT / "package-lock.json").read_text())


def test_the_wheel_has_no_package_of_the_tests_and_the_gallery() -> None:
    cfg = configparser.ConfigParser()
    cfg.read(ROOT / "setup.cfg")
    packages = cfg["options"]["packages"].split()
    assert all(re.fullmatch(r"tornado_chat(\.\w+)*", package) for package in packages)
    assert not list((ROOT / "public").rglob("*gallery*"))


@pytest.mark.long
@pytest.mark.parametrize("release", [False, True])
def test_the_wheel_serves_the_page_and_the_plugins_from_another_folder(tmp_path: Path, release: bool) -> None:
    def run(*command: object) -> str:
        done = subprocess.run(list(map(str, command)), cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout

    source = tmp_path / "source"  # a build leaves files behind
    run("git", "clone", "--quiet", ROOT, source)
    if release:
        shutil.which("npm") or pytest.skip("there is no npm: apt install npm")
        run(source / "scripts" / "wheel", tmp_path)
    else:
        run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, source)
    for wheel in tmp_path.glob("*.whl"):
        folders = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
        assert [name for name in folders if not name.endswith(".dist-info")] == ["tornado_chat"]
    run(sys.executable, "-m", "venv", tmp_path / "empty")
    python = tmp_path / "empty" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", *tmp_path.glob("*.whl"))
    assert {one["name"] for one in json.loads(run(python, "-m", "pip", "list", "--format", "json"))} <= {
        "pip", "setuptools", "tornado", "tornado_chat", "tornado-chat",
    }  # fmt: skip

    command = [str(python), "-m", "tornado_chat", "--port", "0", "--data-dir", str(tmp_path / "data")]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            assert server.stdout is not None
            address = re.search(r"http://\S+", server.stdout.readline())
            assert address is not None
            page = urllib.request.urlopen(address[0]).read().decode()
            assets = re.findall(r'(?:src|href)="(assets/[^"]+)"', page)
            assert (len(assets) < 25) == release
            for asset in [*assets, "assets/vendor/LICENSES"]:
                assert urllib.request.urlopen(address[0] + asset).status == 200
        finally:
            server.terminate()
        assert server.wait(10) == 0
    assert "roll" in run(python, "-c", (
        "from tornado_chat.plugin_host.loader import build_registry;"
        "from tornado_chat.config.settings import Settings;"
        "print(*build_registry((), shipped=Settings().shipped_plugins).actions)"
    ))  # fmt: skip
