"""A server's life: settings -> listening -> running until SIGTERM, SIGHUP or Ctrl-C -> drain."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import platform
import signal
import socket
import sys
import threading
import time

import tornado
from tornado.ioloop import PeriodicCallback

from tornado_chat.chat.errors import Close
from tornado_chat.chat.metrics import LAG
from tornado_chat.config import speed
from tornado_chat.config.database_url import without_password
from tornado_chat.config.settings import Settings
from tornado_chat.routing.supervision import log_fault, make_task
from tornado_chat.server.certificate import Certificate
from tornado_chat.server.cli import console
from tornado_chat.server.http_server import Server
from tornado_chat.server.listener import listen, place
from tornado_chat.server.loop import new_loop
from tornado_chat.version import VERSION
from tornado_chat.web.app import SWEEP, TRIM, Chat, make_app
from tornado_chat.web.capacity import raise_open_files
from tornado_chat.web.storage import join_cluster

DRAIN = 4.0  # seconds that the disk has for what is under way, and then the clients for their goodbye
GRACE = 1.0  # seconds that threads have to end by themselves
SWITCH = 0.0005  # seconds that the loop may keep the interpreter from the thread that writes; Python's 5 ms halve it
#: Objects before Python looks for cycles, of which there are few. At 700 it took 30 % of the loop in W3 on SQLite.
COLLECT = (50_000, 20, 50)
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)  # SIGHUP: the terminal was closed
FOLLOW = 2.0  # seconds between two looks for what a command has changed beside the server
#: Exit statuses of a node that ends by itself: to be started once more, or not, as another process has its name.
ONCE_MORE, TAKEN_OVER = 1, 3
RENEWED = 10.0  # seconds between two looks whether the certificate is a new one
log = logging.getLogger("tornado_chat")


async def serve(settings: Settings) -> int:
    """Serve until told to stop; return the exit status: 0, ONCE_MORE or TAKEN_OVER."""
    storage = await join_cluster(settings) if settings.cluster else None
    try:
        chat = make_app(settings, storage)
        certificate = None if settings.tls_cert is None else Certificate(settings.tls_cert, settings.tls_key)
        sockets = listen(settings.host, settings.port)
        data = without_password(settings.cluster) or str(settings.data_dir)
        _log_start(data)
        stop, status = asyncio.Event(), 0

        def end(once_more: bool) -> None:
            nonlocal status
            status = ONCE_MORE if once_more else TAKEN_OVER
            stop.set()

        for number in SIGNALS:
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # nohup keeps a server from going with its terminal
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        chat.storage.on_end(end)
        await chat.start()
    except BaseException:
        if storage is not None:
            await storage.close()
        raise
    if chat.storage.database is not None:
        sys.setswitchinterval(SWITCH)
    gc.collect()
    gc.freeze()  # what a server begins with stays
    gc.set_threshold(*COLLECT)
    server = Server(chat, ssl_options=certificate and certificate.context)
    server.add_sockets(sockets)
    for each in sockets:
        at = place(each, "https" if certificate else "http")
        _announce(settings, "listening", f"tornado_chat is at {at}", address=at)
    if settings.admin_link and chat.auth.link is not None:
        await chat.auth.link.offer()
        at = place(sockets[0], "https" if certificate else "http")
        link = f"{at if at.startswith('http') else 'https://YOUR-CHAT/'}admin#link={chat.auth.link.token}"
        text = f"Within 15 minutes one person can become an administrator by this link: {link}"
        _announce(settings, "admin-link", text, address=link)
    node = f"; this is its node {settings.node_name}" if settings.cluster else ""
    _announce(settings, "data", f"What is kept is in {data}{node}", data=data)
    look = chat.hub.metrics.look_at_the_clock
    periodic = [
        PeriodicCallback(chat.trim, TRIM * 1000),
        PeriodicCallback(chat.sweep, SWEEP * 1000),
        PeriodicCallback(chat.follow, FOLLOW * 1000),
        PeriodicCallback(lambda: look(len(chat.hub.present())), LAG * 1000),
    ]
    if certificate is not None:
        periodic.append(PeriodicCallback(certificate.reload, RENEWED * 1000))
    for callback in periodic:
        callback.start()
    _notify("READY=1")
    while not stop.is_set():
        with contextlib.suppress(asyncio.CancelledError):  # somebody cancelled all tasks that there are
            await stop.wait()
    _notify("STOPPING=1")
    count = len(chat.hub.connections)
    _log("stop", f"tornado_chat stops; {count} connections are told to come back", connections=count)
    server.stop()
    for callback in periodic:
        callback.stop()
    await drain(chat)
    await server.close_all_connections()
    for each in sockets:
        each.remove_file()
    _log("stopped", "tornado_chat has stopped")
    return status


def _log_start(data: str) -> None:
    python = platform.python_version()
    text = f"tornado_chat {VERSION} starts (Python {python}, Tornado {tornado.version}, {speed.describe()})"
    _log("start", text, version=VERSION, python=python, tornado=tornado.version, data=data)


def _log(event: str, text: str, **fields: object) -> None:
    log.info("%s", text, extra={"event": event, **fields})


def _announce(settings: Settings, event: str, text: str, **fields: object) -> None:
    """Say where the server is: on standard output for people, in the log if that is JSON, for programs."""
    if settings.log_format == "json":
        _log(event, text, **fields)
    else:
        console.announce(text)


def _notify(state: str) -> None:
    """Tell systemd the state of the service (sd_notify), if it asks for that (Type=notify)."""
    place = os.environ.get("NOTIFY_SOCKET")
    if place:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock, contextlib.suppress(OSError):
            sock.connect("\0" + place[1:] if place.startswith("@") else place)
            sock.sendall(state.encode())


async def drain(chat: Chat) -> None:
    """Stop the plugins, finish storing, close all connections with 1012, and cut off those that stay open."""
    chat.keepalive.stop()
    chat.hub.leaving = True
    await asyncio.wait({asyncio.ensure_future(chat.close())}, timeout=DRAIN)
    chat.hub.close()
    deadline = asyncio.get_running_loop().time() + DRAIN
    while chat.hub.connections and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.01)
    for connection in list(chat.hub.connections):
        connection.transport.abort(Close.RESTART)


def run(settings: Settings) -> int:
    """Serve until told to stop; return the exit status. What a plugin does to the loop, as with `loop.stop()`, ends
    nothing.
    """
    raise_open_files()
    loop = new_loop().asyncio_loop
    served = loop.create_task(serve(settings))
    loop.set_task_factory(make_task)
    while not served.done():
        try:
            loop.run_until_complete(served)
        except (KeyboardInterrupt, SystemExit, RuntimeError) as error:  # RuntimeError: somebody called loop.stop()
            if loop.is_closed():
                raise
            if not served.done():
                log_fault("a task or callback tried to end the server, which goes on", error)
    status = served.result()
    threading.Thread(target=_leave, args=(status,), daemon=True).start()
    return status


def _leave(status: int) -> None:
    """End the process. Python would wait for the threads of plugins, however long they work."""
    time.sleep(GRACE)
    log.warning("threads of plugins are still at work; the process ends without them")
    os._exit(status)
