"""The emoji that one can react with: those of Unicode's list (see emoji.txt)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated

_VARIANT = "\ufe0f"  # asks for the picture where there is a sign, too; many leave it out


def clean_emoji(value: str) -> str:
    """Return an emoji as Unicode's list spells it; ValueError if it is none."""
    found = _spellings().get(value.replace(_VARIANT, "")) if len(value) < 40 else None
    if found is None:
        raise ValueError("one emoji")
    return found


@cache
def _spellings() -> dict[str, str]:
    lines = (files(__package__) / "emoji.txt").read_text("utf-8").splitlines()
    return {line.replace(_VARIANT, ""): line for line in lines if not line.startswith("# ")}  # one is #️⃣


#: Type of a field: one emoji.
Emoji = Annotated[str, clean_emoji]
