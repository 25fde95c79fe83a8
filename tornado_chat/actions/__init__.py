"""The built-in actions: a module each, written with what plugins are written with."""

from types import ModuleType

from tornado_chat.actions import (
    audit,
    ban,
    channels,
    history,
    join,
    kick,
    leave,
    overview,
    read,
    reload_plugin,
    rename,
    send,
    typing,
    welcome,
    who,
)

BUILT_IN: tuple[ModuleType, ...] = (
    *(audit, ban, channels, history, join, kick, leave),
    *(overview, read, reload_plugin, rename, send, typing, welcome, who),
)
