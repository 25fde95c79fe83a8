"""The built-in actions, one module each. They use only what plugins can use."""

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
