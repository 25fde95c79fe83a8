"""The page's files: held in memory, compressed once, found by their names and never by a path."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import posixpath
import re
import time
from dataclasses import dataclass
from pathlib import Path

from tornado_chat.config.mark import png_size, read_mark

LOOK_EVERY = 1.0  # seconds between two looks at the disk
MOST_LANGUAGES = 20  # that are looked at in an Accept-Language header
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
VERSIONED = re.compile(r"v-([0-9a-f]{12})/(.+)", re.DOTALL)
MODULE = re.compile(r"(?:[\w-]+/)*[\w-]+\.js")
SCRIPT = re.compile(rb'<script type="module" src="(assets/[^"]+)">')
TITLE = b"<title>tornado_chat"
NAME = b'<meta name="application-name" content="tornado_chat">'
ICON = b'<link rel="icon" href="assets/icon.svg" type="image/svg+xml">'
TOUCH_ICON = b'href="assets/icon-192.png"'
MANIFEST = "assets/manifest.webmanifest"
MARK = "assets/server-mark"  # what the server's own picture is called on the page, before its suffix
INSTALLABLE = 192  # px: a smaller PNG is no icon of an installed page
LANGUAGE = re.compile(r"assets/i18n/([a-z]+)\.js")
IMPORT = re.compile(rb'(?:^|;)(?:import|export)\b[^"\n;(]*"(\.[^"]+)"', re.MULTILINE)


@dataclass(frozen=True)
class Asset:
    """One file; `gzipped` is None where that is not smaller. `stamp`: what the disk said of it when it was read."""

    type: str
    body: bytes
    gzipped: bytes | None
    digest: str
    stamp: tuple[int, int]


class Assets:
    """The files of a folder: pages (index.html, admin.html), and those under assets/."""

    def __init__(self, folder: Path, name: str = "tornado_chat", mark: Path | None = None) -> None:
        self._folder = folder
        self._name = name
        self._mark = {} if mark is None else _mark_files(*read_mark(mark))
        self._files: dict[str, Asset] = {}
        self._looked = 0.0
        self._look()

    def page(self, name: str = "index", languages: str = "") -> Asset:
        """Return a page, which names its files by their version; what has changed on the disk is read first.

        `languages` is an Accept-Language header. The page preloads the texts that its script will choose by it.
        """
        if time.monotonic() - self._looked > LOOK_EVERY:
            self._look()
        wanted = (
            re.split("[-;]", one)[0].strip().lower() for one in languages.split(",", MOST_LANGUAGES)[:MOST_LANGUAGES]
        )
        return self._pages[name, next((one for one in wanted if one in self._languages), "en")]

    def find(self, path: str) -> tuple[Asset | None, bool]:
        """Return a file under assets/, or None, and whether browsers may keep this address of it for ever.

        Addresses are v-VERSION/app.js and app.js. A page that was loaded before an update names another version: it
        gets the file as it is now, or, where the module has gone, one that reloads the page.
        """
        versioned = VERSIONED.fullmatch(path)
        name = versioned[2] if versioned else path
        current = versioned is not None and versioned[1] == self.version
        file = self._files.get("assets/" + name)
        if file is None and versioned and not current and MODULE.fullmatch(name):
            file = RELOAD
        return file, current

    def _look(self) -> None:
        self._looked = time.monotonic()
        files = {}
        for path in sorted(self._folder.rglob("*")):
            if path.is_file():
                name, stat = path.relative_to(self._folder).as_posix(), path.stat()
                stamp, file = (stat.st_mtime_ns, stat.st_size), self._files.get(name)
                if file is None or file.stamp != stamp:
                    file = read(path.suffix, path.read_bytes(), stamp)
                files[name] = file
        if MANIFEST in files:
            files[MANIFEST] = self._manifest(files[MANIFEST])
        files |= self._mark
        if files != self._files:
            self._files = files
            digests = "".join(f"{name} {file.digest}\n" for name, file in files.items())
            self.version = hashlib.sha256(digests.encode()).hexdigest()[:12]
            here = f'"assets/v-{self.version}/'.encode()
            self._languages = {"en"} | {found[1] for found in map(LANGUAGE.fullmatch, files) if found}
            self._pages = {
                (name, language): read(
                    ".html", self._branded(self._preload(name, language)).replace(b'"assets/', here)
                )
                for name in (name.removesuffix(".html") for name in files if name.endswith(".html"))
                for language in self._languages
            }

    def _branded(self, page: bytes) -> bytes:
        """Return a page with the server's name and mark."""
        name = html.escape(self._name).encode()
        head = NAME.replace(b"tornado_chat", name)
        page = page.replace(TITLE, b"<title>" + name)
        mark = next(iter(self._mark), "").encode()
        if mark:
            head += b'\n<meta name="server-mark" content="' + mark + b'">'
            page = page.replace(ICON, b'<link rel="icon" href="' + mark + b'">')
            if mark.endswith(b".png"):
                page = page.replace(TOUCH_ICON, b'href="' + mark + b'"')
        return page.replace(NAME, head)

    def _manifest(self, file: Asset) -> Asset:
        """Return what an installed page is called, and its icons."""
        told = json.loads(file.body)
        if self._name != "tornado_chat":
            told["name"] = told["short_name"] = self._name
        for name, mark in list(self._mark.items())[:1]:
            size = png_size(mark.body) if name.endswith(".png") else None
            if size is None or min(size) >= INSTALLABLE:
                sizes = "any" if size is None else "{}x{}".format(*size)
                told["icons"] = [{"src": posixpath.basename(name), "sizes": sizes, "type": mark.type}]
        return read(".webmanifest", json.dumps(told).encode(), file.stamp)

    def _preload(self, name: str, language: str) -> bytes:
        """Return a page that names the modules its script imports, so that a browser asks for all of them at once."""
        page = self._files[f"{name}.html"].body
        script = SCRIPT.search(page)
        if script is None:
            return page
        texts = [f"assets/i18n/{language}.js", f"assets/i18n/{name}/{language}.js"]
        found = [script[1].decode(), *(path for path in texts if path in self._files)]
        for name in found:
            for path in IMPORT.findall(self._files[name].body if name in self._files else b""):
                module = posixpath.normpath(posixpath.join(posixpath.dirname(name), path.decode()))
                if module not in found:
                    found.append(module)
        links = "".join(f'<link rel="modulepreload" href="{name}">\n' for name in found[1:])
        return page[: script.start()] + links.encode() + page[script.start() :]


def read(suffix: str, body: bytes, stamp: tuple[int, int] = (0, 0)) -> Asset:
    """Return a file of that content, compressed."""
    gzipped = gzip.compress(body, mtime=0)
    digest = hashlib.sha256(body).hexdigest()[:32]
    kind = TYPES.get(suffix, "application/octet-stream")
    return Asset(kind, body, gzipped if len(gzipped) < len(body) else None, digest, stamp)


def _mark_files(suffix: str, body: bytes) -> dict[str, Asset]:
    """Return the server's mark by its path, and the same with a dot, for the icon of a tab with something unread."""
    mark = read(suffix, body)
    data = f"data:{mark.type};base64,{base64.b64encode(body).decode()}"
    unread = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<image width="32" height="32" href="{data}"/><circle cx="25" cy="7" r="7" fill="#e03131"/></svg>'
    )
    return {f"{MARK}{suffix}": mark, f"{MARK}-unread.svg": read(".svg", unread.encode())}


# Not while the page starts: a proxy that keeps an old page would have it reload for ever.
RELOAD = read(
    ".js", b'if (document.querySelector("#app > :not(.starting)")) location.reload();\nawait new Promise(() => {});\n'
)
