"""The names of accounts: no two of them may look the same."""

from __future__ import annotations

import unicodedata

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.validation import clean_name, name_key

SCRIPTS = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"}  # whose letters look alike


def clean_account(name: str) -> tuple[str, str]:
    """Return an account's name, normalized, and its key, which is the same for all names that look the same.

    Refused (`invalid-name`) also if a name mixes alphabets whose letters look alike.
    """
    name = " ".join(clean_name(name).split())
    scripts = {unicodedata.name(char, "").split(" ")[0] for char in name if char.isalpha()} & SCRIPTS
    if len(scripts) > 1:
        mixed = " and ".join(sorted(script.capitalize() for script in scripts))
        raise Refused(f"a name must not mix {mixed} letters", Error.INVALID_NAME)
    return name, name_key(name)


def old_key(name: str) -> str:
    """Return the key under which earlier versions kept a name: with joiners and selectors."""
    name = " ".join(unicodedata.normalize("NFKC", name).split()).casefold()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
