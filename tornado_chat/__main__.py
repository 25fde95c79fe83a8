"""The command line: settings -> server -> run until SIGTERM, SIGHUP or Ctrl-C, then drain."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import platform
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import tornado
from tornado.ioloop import PeriodicCallback

from tornado_chat import commands, console, healthcheck, logs, plugin_commands, speed
from tornado_chat.certificate import Certificate
from tornado_chat.errors import Close
from tornado_chat.history.opening import DatabaseError
from tornado_chat.http_server import Server
from tornado_chat.keepalive import new_loop
from tornado_chat.listener import UNIX, listen, place, raise_open_files
from tornado_chat.metrics import LAG
from tornado_chat.registry import RegistryError
from tornado_chat.settings import Settings, SettingsError
from tornado_chat.sources import load, passed_over
from tornado_chat.version import VERSION
from tornado_chat.web import Chat, make_app

DRAIN = 4.0  # seconds that the disk has for what is under way, and then the clients for their goodbye
SWITCH = 0.0005  # seconds that the loop may keep the interpreter from the thread that writes; Python's 5 ms halve it
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)  # SIGHUP: the terminal was closed
FOLLOW = 2.0  # seconds between two looks for what a command has changed beside the server
TRIM = 3600.0  # seconds between two looks for what is kept no longer
RENEWED = 10.0  # seconds between two looks whether the certificate is a new one
RUN = {
    **dict.fromkeys([*commands.COMMANDS, "config"], commands.run),
    "plugin": plugin_commands.run,
    "health": healthcheck.run,
}
log = logging.getLogger("tornado_chat")


async def serve(settings: Settings) -> None:
    """Run a server until it is told to stop."""
    raise_open_files()
    chat = make_app(settings)
    certificate = None if settings.tls_cert is None else Certificate(settings.tls_cert, settings.tls_key)
    sockets = listen(settings.host, settings.port)
    about = {
        "version": VERSION,
        "python": platform.python_version(),
        "tornado": tornado.version,
        "data": str(settings.data_dir),
    }
    _log(
        "start",
        f"tornado_chat {VERSION} starts (Python {about['python']}, Tornado {tornado.version}, {speed.describe()})",
        **about,
    )
    if chat.database is not None:
        sys.setswitchinterval(SWITCH)
    server = Server(chat, ssl_options=certificate and certificate.context)
    stop = asyncio.Event()
    for number in SIGNALS:
        if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
            continue  # nohup keeps a server from going with its terminal
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await chat.start()
    server.add_sockets(sockets)
    for each in sockets:
        at = place(each, "https" if certificate else "http")
        _announce(settings, "listening", f"tornado_chat is at {at}", address=at)
    _announce(settings, "data", f"What is kept is in {settings.data_dir}", data=str(settings.data_dir))
    periodic = [PeriodicCallback(chat.trim, TRIM * 1000), PeriodicCallback(chat.follow, FOLLOW * 1000)]
    periodic.append(PeriodicCallback(chat.hub.metrics.look_at_the_clock, LAG * 1000))
    if certificate is not None:
        periodic.append(PeriodicCallback(certificate.reload, RENEWED * 1000))
    for callback in periodic:
        callback.start()
    _notify("READY=1")
    await stop.wait()
    _notify("STOPPING=1")
    count = len(chat.hub.connections)
    _log("stop", f"tornado_chat stops; {count} connections are told to come back", connections=count)
    server.stop()
    for callback in periodic:
        callback.stop()
    await drain(chat)
    await server.close_all_connections()
    if settings.host.startswith(UNIX):
        Path(settings.host.removeprefix(UNIX)).unlink(missing_ok=True)
    _log("stopped", "tornado_chat has stopped")


def _log(event: str, text: str, **fields: object) -> None:
    log.info("%s", text, extra={"event": event, **fields})


def _announce(settings: Settings, event: str, text: str, **fields: object) -> None:
    """Say where the server is, for a person on standard output; where programs read, in the log."""
    if settings.log_format == "json":
        _log(event, text, **fields)
    else:
        console.announce(text)


def _notify(state: str) -> None:
    """Tell systemd how far it is (sd_notify), where it asks to be told (Type=notify)."""
    place = os.environ.get("NOTIFY_SOCKET")
    if place:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock, contextlib.suppress(OSError):
            sock.connect("\0" + place[1:] if place.startswith("@") else place)
            sock.sendall(state.encode())


async def drain(chat: Chat) -> None:
    """End the plugins and what is being stored, say 1012 to everyone and wait for them; who lingers is cut off."""
    chat.keepalive.stop()
    chat.leaving = True
    await asyncio.wait({asyncio.ensure_future(chat.close())}, timeout=DRAIN)
    chat.hub.close()
    deadline = asyncio.get_running_loop().time() + DRAIN
    while chat.hub.connections and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.01)
    for connection in list(chat.hub.connections):
        connection.wire.abort(Close.RESTART)


def _run(settings: Settings) -> None:
    """Serve to the end. SystemExit or KeyboardInterrupt in a task or callback of a plugin's stops a loop: go on."""
    loop = new_loop().asyncio_loop
    served = loop.create_task(serve(settings))
    while not served.done():
        try:
            loop.run_until_complete(served)
        except (KeyboardInterrupt, SystemExit, RuntimeError) as error:  # RuntimeError: somebody called loop.stop()
            if served.done() or loop.is_closed():
                raise
            log.error("a task or callback tried to end the server, which goes on", exc_info=error)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status (2: something given cannot be used)."""
    arguments = sys.argv[1:] if arguments is None else arguments
    command = arguments[0] if arguments else ""
    strange = passed_over()
    try:
        with console.guarded():
            if command in RUN:
                if strange:
                    console.complain(strange)
                return RUN[command](arguments)
            settings = load(arguments)
        logs.configure(settings.log_level, settings.log_format)
        if strange:
            log.warning("%s", strange)
        _run(settings)
    except (SettingsError, RegistryError, DatabaseError) as error:
        console.complain(str(error))
        return 2
    except KeyboardInterrupt:  # before the server was there to handle it
        return console.INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
