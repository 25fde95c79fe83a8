"""Names of files from outside: what is left of them can be shown, and be the name of a file anywhere."""

from __future__ import annotations

import re
import unicodedata

MAX_FILE_NAME = 200  # characters
NAMELESS = "file"

_LONGEST = 1_000  # characters that are looked at: no file system has longer names
_LONGEST_SUFFIX = 20
_JOINERS = "\u200c\u200d"  # which Persian, Indic scripts and emoji are written with
_NOWHERE = re.compile(r'[<>:"|?*]')  # what Windows has in no name
# Devices of Windows, whatever suffix they have.
_DEVICE = re.compile(r"(CON|PRN|AUX|NUL|COM[0-9¹²³]|LPT[0-9¹²³])(\.|$)", re.IGNORECASE)
_ENDS = " ." + _JOINERS


def clean_file_name(name: str) -> str:
    """Return what a file is called here: no path, control, bidirectional or reserved characters, 1 to 200 characters.

    Nothing is refused: what cannot stay is left out, and what has nothing left is called NAMELESS.
    """
    name = re.split(r"[/\\]", name)[-1]
    name = unicodedata.normalize("NFC", name[-_LONGEST:])
    name = _NOWHERE.sub("_", "".join(map(_clean, name)))
    name = re.sub(" +", " ", name).strip(_ENDS)
    if len(name) > MAX_FILE_NAME:
        stem, dot, suffix = name.rpartition(".")
        if not dot or len(suffix) > _LONGEST_SUFFIX:
            stem, dot, suffix = name, "", ""
        name = stem[: MAX_FILE_NAME - len(dot + suffix) - 1].rstrip(_ENDS) + dot + suffix
    if not any(unicodedata.category(char)[0] in "LNSP" for char in name):
        return NAMELESS
    return f"_{name}" if _DEVICE.match(name) else name


def _clean(char: str) -> str:
    kind = unicodedata.category(char)
    if kind[0] == "Z":
        return " " if kind == "Zs" else ""
    return "" if kind[0] == "C" and char not in _JOINERS else char
