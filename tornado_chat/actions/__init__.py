"""The built-in actions, one module each. They use only what plugins can use."""

from importlib import import_module
from pkgutil import iter_modules

BUILT_IN = tuple(import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
