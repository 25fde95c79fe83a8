"""The built-in actions: a module each, written with what plugins are written with."""

from types import ModuleType

from tornado_chat.actions import channels, history, join, leave, read, send, typing, welcome, who

BUILT_IN: tuple[ModuleType, ...] = (channels, history, join, leave, read, send, typing, welcome, who)
