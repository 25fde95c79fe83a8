"""The page and what it is made of, served from memory."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tornado.web import HTTPError

from tornado_chat.web.assets import Asset, Assets
from tornado_chat.web.base import Safe

FOR_EVER = "public, max-age=31536000, immutable"
WITH_A_POLICY = re.compile(r".*(?:\.html|\.svg|worker\.js)", re.DOTALL)  # a worker's policy is that of its own file

MARK = re.compile(r"(?:v-\w+/)?server-mark(?:-unread)?\.svg")  # the operator's, not ours
NOTHING_RUNS = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


class NotFound(Safe):
    """Answers every other path, whatever the method."""

    def prepare(self) -> None:
        raise HTTPError(404)


class Static(Safe):
    """Serves a file in memory: compressed if the client accepts that, or 304 if the client has it."""

    def answer(self, asset: Asset, keep: str) -> None:
        """Answer with a file. keep: the Cache-Control header."""
        self.set_header("Cache-Control", keep)
        self.set_header("Content-Type", asset.type)
        self.set_header("ETag", f'W/"{asset.digest}"')
        self.add_header("Vary", "Accept-Encoding")
        if self.check_etag_header():
            self.set_status(304)
            return
        body = asset.body
        if asset.gzipped and "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            body = asset.gzipped
        self.write(body)


class Page(Static):
    """The page, or the administrator's page."""

    assets: Assets

    def get(self, name: str | None) -> None:
        self.add_header("Vary", "Accept-Language")
        page = self.assets.page(name or "index", self.request.headers.get("Accept-Language", ""))
        self.answer(page, "no-cache")  # asked for each time, 304 while it is the same

    head = get


class File(Static):
    """The files of the page. One whose address names its version never changes."""

    assets: Assets

    def get(self, path: str) -> None:
        asset, for_ever = self.assets.find(path)
        if asset is None:
            raise HTTPError(404)
        if not WITH_A_POLICY.fullmatch(path):
            self.drop_document_headers()
        if MARK.fullmatch(path):
            self.set_header("Content-Security-Policy", NOTHING_RUNS)
        if path == "worker.js":
            self.set_header("Service-Worker-Allowed", "../")  # it works for the page, which is above it
        self.answer(asset, FOR_EVER if for_ever else "no-cache")

    head = get


class PluginUI(Static):
    """The JavaScript of plugins. It lies among the page's files so that it can import them by relative paths.

    `files`: those in use, by name, which contains a hash.
    """

    files: Mapping[str, Asset]

    def get(self, name: str) -> None:
        asset = self.files.get(name)
        if asset is None:
            raise HTTPError(404)
        self.drop_document_headers()
        self.answer(asset, FOR_EVER)

    head = get
