"""How a browser is told what a file is called (RFC 6266, RFC 8187)."""

from __future__ import annotations

import re
from urllib.parse import quote

_ATTR_CHARS = "!#$&+-.^_`|~"  # RFC 8187, 3.2.1, beside letters and digits
_NOT_PLAIN = re.compile(r"[^ -~]|[\"\\%]")  # browsers decode % in what they should take as it is


def content_disposition(name: str, inline: bool) -> str:
    """Return the value of Content-Disposition. name: a clean one."""
    plain = _NOT_PLAIN.sub("_", name)
    kind = "inline" if inline else "attachment"
    value = f'{kind}; filename="{plain}"'
    return value if plain == name else f"{value}; filename*=UTF-8''{quote(name, safe=_ATTR_CHARS)}"
