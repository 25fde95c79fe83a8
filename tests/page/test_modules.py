"""The page's modules that know no DOM, on node's own test runner; and the vendored files."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tornado_chat.web.assets import Assets

ASSETS = Path(__file__).parents[2] / "public" / "assets"


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node: apt install nodejs")
def test_the_modules_pass_their_own_tests(request: pytest.FixtureRequest) -> None:
    tests = sorted(path.as_uri() for path in Path(__file__).parent.glob("*.test.mjs"))
    run = "for (const test of process.argv.slice(1)) await import(test)"  # in one process: --test starts one for each
    command = ["node", "--input-type=module", "--eval", run, *tests]
    environment = os.environ | ({"LONG": "1"} if request.config.getoption("--long") else {})
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"^(?:ok|. ✔|✔) ", done.stdout, re.M)) > 60


IMPORTED = re.compile(r'(?:from|import) "(\.[^"]+)"')
IMPORTED_LATER = re.compile(r'import\("(\.[^"]+)"\)')


def with_its_imports(script: str) -> list[Path]:
    """Return a module and those that it imports at once, directly or not."""
    found = [ASSETS / script]
    for module in found:
        found += [path for path in named_in(module, IMPORTED) if path not in found]
    return found


def named_in(module: Path, imports: re.Pattern[str]) -> list[Path]:
    return list(dict.fromkeys((module.parent / path).resolve() for path in imports.findall(module.read_text())))


def test_the_page_preloads_just_the_modules_that_its_script_imports() -> None:
    for name, script in (("index", "app.js"), ("admin", "admin.js")):
        found = with_its_imports(script)
        held = Assets(ASSETS.parent)
        texts = {"index": ["i18n/{}.js"], "admin": ["i18n/{}.js", "i18n/admin/{}.js"]}[name]
        for accepted, language in (("", "en"), ("fr, zh-CN;q=0.9, en;q=0.8", "zh"), ("en-GB,zh", "en")):
            page = held.page(name, accepted).body
            preloaded = re.findall(rb'rel="modulepreload" href="assets/v-\w+/([^"]+)"', page)
            expected = [ASSETS / path.format(language) for path in texts] + found[1:]
            assert [ASSETS / path.decode() for path in preloaded] == expected


def test_the_dialogs_load_what_of_them_is_also_imported_later_as_a_release_has_it_in_files_of_its_own() -> None:
    dialogs = with_its_imports("ui/dialogs/index.js")
    later = {path for module in with_its_imports("app.js") + dialogs for path in named_in(module, IMPORTED_LATER)}
    assert set(named_in(dialogs[0], IMPORTED_LATER)) == later.intersection(dialogs[1:])


def test_the_first_load_is_at_most_104_kb() -> None:
    """Ten are the styles (day, night, phones, print), four channels, three the door, nine changing messages."""
    held = Assets(ASSETS.parent)
    named = re.findall(rb'(?:src|href)="assets/v-\w+/([^"]+(?:js|css|svg|webmanifest))"', held.page().body)
    files = [held.page(), *(held.find(name.decode())[0] for name in named)]
    assert len(files) > 45
    assert sum(len(file.gzipped or file.body) for file in files) <= 104_900


def test_every_vendored_file_is_listed_as_it_is() -> None:
    listed = dict(
        re.findall(r"^\| `(\S+)` \|.*`([0-9a-f]{64})` \|$", (ASSETS / "vendor/VENDOR.md").read_text(), re.M)
    )
    files = {path.name: path.read_bytes() for path in (ASSETS / "vendor").glob("*.js")}
    assert listed == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def test_the_licence_of_each_vendored_package_is_there_in_full() -> None:
    table = (ASSETS / "vendor/VENDOR.md").read_text()
    packages = {*re.findall(r"^\| `\S+` \| (\S+), `\S+` \| (\S+) \|", table, re.M)}
    assert len(packages) == 3
    texts = (ASSETS / "vendor/LICENSES").read_text()
    for name, version in {*packages, *re.findall(r"from (\S+) (\S+) \((?:ISC|MIT)\)", table)}:
        assert re.search(rf"^=+\n{re.escape(name)} {re.escape(version)} .*\n=+\n[\s\S]*?Copyright", texts, re.M), name


SCRIPTS = [path for path in ASSETS.rglob("*.js") if not path.name.startswith("emoji_")]
TOO_NEW = [  # later than the browsers that the README names; a module that cannot be parsed leaves the page blank
    r"\(\?<[=!]",  # lookbehind
    r"/[dgimsuy]*v[dgimsuy]*\.(?:test|exec)\(",  # sets in patterns
    r"\bstatic \{",
    r"\bimport\b[^;]*\bwith \{",
    r"\busing \w+ =",
    r"\.(?:toSorted|toReversed|toSpliced|isWellFormed|difference|intersection)\(",
    r"\b(?:groupBy|withResolvers|fromAsync|canParse|AbortSignal\.any|Promise\.try|RegExp\.escape)\b",
]


@pytest.mark.parametrize("pattern", TOO_NEW)
def test_the_scripts_have_nothing_that_leaves_a_browser_of_the_readme_with_a_blank_page(pattern: str) -> None:
    plugins = list((ASSETS.parents[1] / "plugins").glob("*.js"))
    assert [path.name for path in SCRIPTS + plugins if re.search(pattern, path.read_text())] == []


def test_the_styles_know_a_beginning_and_an_end_not_left_and_right() -> None:
    physical = re.compile(
        r"(?:^|[-\s;{])(?:left|right)(?:-\w+)?\s*:|:\s*(?:left|right)\b"
        r"|(?:margin|padding|inset)\s*:\s*[^\s;]+ ([^\s;]+) [^\s;]+ (?!\1;)[^\s;]+;",
        re.MULTILINE,
    )
    for path in ASSETS.rglob("*.css"):
        assert not [found[0] for found in physical.finditer(path.read_text())], path.name
    for path in SCRIPTS + list((ASSETS.parents[1] / "plugins").glob("*.js")):
        if "vendor" not in path.parts:
            assert not re.search(
                r"(?:margin|padding|border)(?:Left|Right)|textAlign: .(?:left|right)", path.read_text()
            )


def test_nothing_in_the_page_names_another_host() -> None:
    for path in [*ASSETS.parent.rglob("*.html"), *ASSETS.rglob("*.css"), *ASSETS.rglob("*.webmanifest")]:
        assert not re.search(r"(?:https?:)?//[a-z]", path.read_text()), path
