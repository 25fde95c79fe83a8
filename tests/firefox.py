"""Firefox for the page's tests, driven by WebDriver BiDi, which it speaks itself: no geckodriver."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from tornado.websocket import WebSocketClientConnection, websocket_connect

PLACES = (Path("/usr/bin/firefox-esr"), Path("/usr/bin/firefox"))
FIREFOX = next((path for path in PLACES if path.exists()), None)
WHY_NOT = f"there is none of {', '.join(map(str, PLACES))}: apt install firefox-esr"
PATIENCE = 60.0  # seconds
SLOW = 60.0  # seconds for Firefox to do what it is told, beside other work
KEYS = {"Enter": "\ue006", "Escape": "\ue00c", "Tab": "\ue004", "Backspace": "\ue003", "F2": "\ue032"}
KEYS |= {"Shift": "\ue008", "Control": "\ue009", "Alt": "\ue00a"}
KEYS |= {"ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015"}
# The middle of the first element in sight that a selector finds and that has the text; null: there is none.
FIND = """(selector, text) => {
  const found = [...document.querySelectorAll(selector)].find((one) =>
    one.checkVisibility({visibilityProperty: true}) && (one.innerText || one.value || "").includes(text));
  if (!found) return null;
  found.scrollIntoView({block: "nearest"});
  const {left, top, width, height} = found.getBoundingClientRect();
  return [Math.round(left + width / 2), Math.round(top + height / 2)];
}"""


class Failed(Exception):
    """What Firefox says of a command, or the page of a script, that failed."""


class Firefox:
    """One Firefox without a window. `complaints`: the errors and warnings in its pages' consoles."""

    def __init__(self, profile: Path) -> None:
        self.profile = profile
        self.complaints: list[str] = []
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._socket: WebSocketClientConnection | None = None
        self._closed = asyncio.Event()
        address = profile / "WebDriverBiDiServer.json"
        command = [
            str(FIREFOX),
            "--headless",
            "--no-remote",
            "--profile",
            str(profile),
            "--remote-debugging-port",
            "0",
        ]
        command.append("--remote-allow-system-access")  # for the colour scheme
        # A home of its own: as root it starts in nobody else's.
        where = {**os.environ, "HOME": str(profile)}
        self._process = subprocess.Popen(command, env=where, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while not (address.exists() and address.read_text().endswith("}")):
            assert self._process.poll() is None, "firefox ended"
            assert time.monotonic() < deadline, "firefox does not listen"
            time.sleep(0.02)
        self._port = json.loads(address.read_text())["ws_port"]

    async def connect(self) -> None:
        """Begin the session."""
        url = f"ws://127.0.0.1:{self._port}/session"
        self._socket = await websocket_connect(url, on_message_callback=self._hear, max_message_size=2**26)
        await self.command("session.new", capabilities={})
        await self.command("session.subscribe", events=["log.entryAdded"])

    async def end(self) -> None:
        """End the session and the browser."""
        assert self._socket is not None
        await self.command("browser.close")
        await asyncio.to_thread(self._process.wait, PATIENCE)
        await asyncio.wait_for(self._closed.wait(), PATIENCE)
        self._socket.close()

    def kill(self) -> None:
        """End the browser, whatever has become of the session."""
        self._process.kill()
        self._process.wait()

    async def command(self, method: str, **params: Any) -> Any:
        """Have Firefox do something; return its result."""
        assert self._socket is not None
        number = next(self._ids)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.write_message(json.dumps({"id": number, "method": method, "params": params}))
        async with asyncio.timeout(SLOW):
            return await answer

    def _hear(self, text: str | bytes | None) -> None:
        if text is None:
            self._closed.set()
            return
        said = json.loads(text)
        if said["type"] == "event":
            if said["params"]["level"] in ("error", "warn"):
                self.complaints.append(str(said["params"]["text"]))
        elif said["type"] == "success":
            self._waiting.pop(said["id"]).set_result(said["result"])
        elif said["type"] == "error":
            self._waiting.pop(said["id"]).set_exception(Failed(said["message"]))

    async def prefer(self, dark: bool) -> None:
        """Have all pages prefer dark colours, or light ones."""
        window = (await self.command("browsingContext.getTree", **{"moz:scope": "chrome"}))["contexts"][0]["context"]
        preference = f'"layout.css.prefers-color-scheme.content-override", {0 if dark else 1}'
        where = {"target": {"context": window}, "awaitPromise": False}
        await self.command("script.evaluate", expression=f"Services.prefs.setIntPref({preference})", **where)

    async def visitor(self, base: str) -> Visitor:
        """Return someone who was never here, with storage of their own."""
        return Visitor(self, base, (await self.command("browser.createUserContext"))["userContext"])


class Visitor:
    """A person with tabs, which share what the browser stores."""

    def __init__(self, firefox: Firefox, base: str, context: str) -> None:
        self.firefox = firefox
        self.base = base
        self._context = context

    async def open(self, address: str = "/", language: str = "en") -> Tab:
        """Open the page in a window of its own, as a tab behind another draws nothing."""
        made = await self.firefox.command("browsingContext.create", type="window", userContext=self._context)
        tab = Tab(self.firefox, made["context"])
        await self.firefox.command("emulation.setLocaleOverride", locale=language, contexts=[tab.context])
        await tab.go(self.base + address)
        return tab

    async def leave(self) -> None:
        """Close all tabs, and forget what was stored."""
        await self.firefox.command("browser.removeUserContext", userContext=self._context)


class Tab:
    """A page; what is asked of it waits until it can be done."""

    def __init__(self, firefox: Firefox, context: str) -> None:
        self.firefox = firefox
        self.context = context

    async def command(self, method: str, **params: Any) -> Any:
        return await self.firefox.command(method, context=self.context, **params)

    async def go(self, url: str) -> None:
        await self.command("browsingContext.navigate", url=url, wait="complete")

    async def reload(self) -> None:
        await self.command("browsingContext.reload", wait="complete")

    async def close(self) -> None:
        await self.command("browsingContext.close")

    async def evaluate(self, expression: str) -> Any:
        """Return the value of an expression, which may await, as JSON can say it."""
        whole = f"(async () => JSON.stringify({expression}) ?? 'null')()"
        where = {"target": {"context": self.context}, "awaitPromise": True, "userActivation": True}
        done = await self.firefox.command("script.evaluate", expression=whole, **where)
        if done["type"] == "exception":
            raise Failed(done["exceptionDetails"]["text"])
        return json.loads(done["result"]["value"])

    async def wait_for(self, condition: str, what: str = "") -> Any:
        """Wait until an expression is true (a page that is being loaded says nothing); return its value."""
        deadline = time.monotonic() + PATIENCE
        said: Any = None
        while not said:
            try:
                said = await self.evaluate(condition)
            except Failed as failed:
                said, trouble = None, failed
            else:
                trouble = None
            if not said:
                if time.monotonic() > deadline:
                    shown = await self.evaluate("document.body.innerText")
                    raise AssertionError(f"{what or condition} is waited for, {trouble or shown!r} is there")
                await asyncio.sleep(0.03)
        return said

    async def shows(self, selector: str, text: str = "") -> tuple[int, int]:
        """Wait until an element is in sight; return where its middle is."""
        left, top = await self.wait_for(f"({FIND})({json.dumps(selector)}, {json.dumps(text)})", f"{selector} {text}")
        return left, top

    async def hides(self, selector: str, text: str = "") -> None:
        """Wait until no such element is in sight."""
        await self.wait_for(f"!({FIND})({json.dumps(selector)}, {json.dumps(text)})", f"no {selector} {text}")

    async def click(self, selector: str, text: str = "") -> None:
        left, top = await self.shows(selector, text)
        moves: list[dict[str, Any]] = [{"type": "pointerMove", "x": left, "y": top}]
        moves += [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        await self.command("input.performActions", actions=[{"type": "pointer", "id": "mouse", "actions": moves}])

    async def press(self, *chords: str) -> None:
        """Press keys, such as "Enter", "a" or "Alt+ArrowUp"."""
        strokes = []
        for chord in chords:
            keys = [KEYS.get(key, key) for key in ([chord] if len(chord) == 1 else chord.split("+"))]
            strokes += [{"type": "keyDown", "value": key} for key in keys]
            strokes += [{"type": "keyUp", "value": key} for key in reversed(keys)]
        await self.command("input.performActions", actions=[{"type": "key", "id": "keys", "actions": strokes}])

    async def fill(self, selector: str, text: str) -> None:
        """Write in a field, in the place of what is there."""
        await self.click(selector)
        await self.press("Control+a", "Backspace", *text)

    async def screenshot(self, file: Path) -> None:
        shot = await self.command("browsingContext.captureScreenshot")
        file.write_bytes(base64.b64decode(shot["data"]))
