"""The page's files in memory."""

import json
import os
import struct
from pathlib import Path

import pytest

from tornado_chat.config.mark import MAX_BYTES, PNG, read_mark
from tornado_chat.config.settings import find_folder
from tornado_chat.web import assets
from tornado_chat.web.assets import Assets


def make(folder: Path) -> Assets:
    (folder / "assets").mkdir()
    (folder / "index.html").write_text('<script src="assets/app.js"></script>')
    (folder / "assets/app.js").write_text("one")
    return Assets(folder)


def test_a_file_that_changed_is_read_again_under_a_new_address_when_the_page_is(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(assets, "LOOK_EVERY", -1.0)
    found = make(tmp_path)
    before, page = found.version, found.page()
    assert found.page() is page
    assert f'"assets/v-{before}/app.js"' in page.body.decode()
    assert found.find(f"v-{before}/app.js")[1]
    (tmp_path / "assets/app.js").write_text("two!")
    (tmp_path / "assets/new.txt").write_text("new")
    assert found.page() is not page
    assert found.find(f"v-{found.version}/app.js") == (found.find("app.js")[0], True)
    assert not found.find(f"v-{before}/app.js")[1]
    assert found.find("app.js")[0].body == b"two!"
    assert found.find("new.txt")[0].type == "application/octet-stream"
    assert found.find(f"v-{before}/gone.js") == (assets.RELOAD, False)
    assert found.find(f"v-{before}/gone.png")[0] is found.find(f"v-{found.version}/gone.js")[0] is None
    assert found.find("gone.js") == (None, False)
    (tmp_path / "assets/new.txt").unlink()
    found.page()
    assert found.find("new.txt")[0] is None


def test_the_disk_is_looked_at_once_a_second_at_most(tmp_path) -> None:
    found = make(tmp_path)
    page = found.page()
    (tmp_path / "assets/app.js").write_text("two!")
    assert found.page() is page


def test_what_is_not_smaller_compressed_is_not_compressed(tmp_path) -> None:
    found = make(tmp_path)
    assert found.find("app.js")[0].gzipped is None


def test_a_page_tells_the_name_of_the_server(tmp_path) -> None:
    (tmp_path / "index.html").write_text('<meta name="application-name" content="tornado_chat">')
    named = Assets(tmp_path, 'A & "B"').page().body
    assert named == b'<meta name="application-name" content="A &amp; &quot;B&quot;">'
    assert b"tornado_chat" in Assets(tmp_path).page().body


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'


def png(width: int, height: int) -> bytes:
    return PNG + struct.pack(">I4sII", 13, b"IHDR", width, height)


@pytest.mark.parametrize(
    ("name", "body", "icons", "touch"),
    [
        (".svg", SVG, [{"src": "server-mark.svg", "sizes": "any", "type": "image/svg+xml"}], "icon-192.png"),
        ("", png(256, 192), [{"src": "server-mark.png", "sizes": "256x192", "type": "image/png"}], "server-mark.png"),
        ("_", png(64, 64), None, "server-mark.png"),
    ],
)
def test_the_mark_of_a_server_is_an_icon_everywhere(tmp_path, name, body, icons, touch) -> None:
    (tmp_path / f"mark{name}").write_bytes(body)
    found = Assets(find_folder("public"), "Café", tmp_path / f"mark{name}")
    page, here = found.page().body.decode(), f"assets/v-{found.version}/"
    mark = f"server-mark{'.svg' if body is SVG else '.png'}"
    assert f'<meta name="server-mark" content="{here}{mark}">' in page
    assert f'<link rel="icon" href="{here}{mark}">' in page
    assert f'<link rel="apple-touch-icon" href="{here}{touch}">' in page
    assert found.find(mark)[0].body == body
    assert b"<circle" in found.find("server-mark-unread.svg")[0].body
    both = (found, Assets(find_folder("public")))
    told, ours = (json.loads(one.find("manifest.webmanifest")[0].body) for one in both)
    assert (told["name"], ours["name"]) == ("Café", "Chat")
    assert told["icons"] == (icons or ours["icons"])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "neither"),
        (b"<svg/>", "xmlns"),
        (b"<html xmlns='http://www.w3.org/1999/xhtml'/>", "neither"),
        (SVG[:-1], "neither"),
        (b"GIF89a", "neither"),
        (PNG, "not a whole PNG"),
        (png(0, 5), "not a whole PNG"),
        (SVG + b" " * MAX_BYTES, "larger than 256 KiB"),
        (None, "No such file"),
    ],
)
def test_what_cannot_be_a_mark_is_refused(tmp_path, body, said) -> None:
    if body is not None:
        (tmp_path / "mark").write_bytes(body)
    with pytest.raises(ValueError, match=said):
        read_mark(tmp_path / "mark")


def test_a_pipe_is_no_mark_and_nobody_waits_for_it(tmp_path) -> None:
    os.mkfifo(tmp_path / "mark")
    with pytest.raises(ValueError, match="not a file"):
        read_mark(tmp_path / "mark")
