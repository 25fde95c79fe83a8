"""The page's files in memory."""

from pathlib import Path

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
