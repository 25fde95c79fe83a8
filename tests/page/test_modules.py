"""The page's modules that know no DOM, on node's own test runner; and the vendored files."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ASSETS = Path(__file__).parents[2] / "public" / "assets"


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node: apt install nodejs")
def test_the_modules_pass_their_own_tests() -> None:
    tests = sorted(str(path) for path in Path(__file__).parent.glob("*.test.mjs"))
    done = subprocess.run(["node", "--test", *tests], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_every_vendored_file_is_listed_as_it_is() -> None:
    listed = dict(
        re.findall(r"^\| `(\S+)` \|.*`([0-9a-f]{64})` \|$", (ASSETS / "vendor/VENDOR.md").read_text(), re.M)
    )
    files = {path.name: path.read_bytes() for path in (ASSETS / "vendor").glob("*.js")}
    assert listed == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def test_nothing_in_the_page_names_another_host() -> None:
    for path in [*ASSETS.parent.rglob("*.html"), *ASSETS.rglob("*.css"), *ASSETS.rglob("*.webmanifest")]:
        assert not re.search(r"(?:https?:)?//[a-z]", path.read_text()), path
