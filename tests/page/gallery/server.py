"""Serves the gallery beside a chat, with the headers and the Content-Security-Policy of the page itself."""

from __future__ import annotations

from pathlib import Path

from tornado.web import HTTPError

from tornado_chat.config.settings import Settings, find_folder
from tornado_chat.web.app import Chat, make_app
from tornado_chat.web.base import Safe

HERE = Path(__file__).parent
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".webp": "image/webp"}


class Gallery(Safe):
    """A file of the gallery, as it is on the disk now; `plugins/…` are the UIs of the plugins that are shipped.

    `sheets` names the style sheets of the page, so that none is missing.
    """

    def get(self, path: str) -> None:
        if path == "sheets":
            sheets = (find_folder("public") / "assets/css").glob("*.css")
            self.write({"names": sorted(sheet.name for sheet in sheets)})
            return
        folder, name = (find_folder("plugins"), path[8:]) if path.startswith("plugins/") else (HERE, path)
        file = (folder / (name or "index.html")).resolve()
        if folder.resolve() not in file.parents or file.suffix not in TYPES or not file.is_file():
            raise HTTPError(404)
        self.set_header("Content-Type", TYPES[file.suffix] + ("" if file.suffix == ".webp" else "; charset=UTF-8"))
        self.set_header("Cache-Control", "no-store")
        self.write(file.read_bytes())


def with_gallery(settings: Settings) -> Chat:
    """Return a chat that also answers `/gallery/`."""
    chat = make_app(settings)
    chat.add_handlers(".*", [(r"/gallery/(.*)", Gallery)])
    return chat
