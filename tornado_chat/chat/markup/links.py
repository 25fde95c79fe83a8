"""Where links begin and end in a text, as in the page (public/assets/text/links.js); see shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set
from typing import NamedTuple

#: What JavaScript's \s matches.
BLANK = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f"
    "\u3000\ufeff"
)
# The scripts that write no blanks between words: Han, Hiragana, Katakana, Thai, Lao, Khmer, Myanmar (Unicode 15.0).
_DENSE = re.sub(
    "[0-9a-f]+",
    lambda code: chr(int(code[0], 16)),
    "e01-e3a e40-edf 1000-109f 1780-17f9 19e0-19ff 2e80-2fd5 3005 3007 3021-3029 3038-303b 3041-3096 309d-309f "
    "30a1-30fa 30fd-30ff 31f0-31ff 32d0-32fe 3300-3357 3400-4dbf 4e00-9fff a9e0-a9fe aa60-aa7f f900-fad9 ff66-ff6f "
    "ff71-ff9d 116d0-116e3 16fe2-16fe3 16ff0-16ff6 1aff0-1b167 1f200 20000-33479",
).replace(" ", "")
DENSE = re.compile(f"[{_DENSE}]")
# What stands for a combining mark, as `re` has no class for them; no text has these. The second: of a dense script.
_MARK, _DENSE_MARK = "\x01", "\x02"
_MARKS = _MARK + _DENSE_MARK
_START = re.compile("https?://|mailto:|www\\.|@", re.IGNORECASE | re.ASCII)
_LABEL = f"[^\\W_](?:[\\w{_MARKS}-]*(?:[^\\W_]|[{_MARKS}]))?"
_NAME = re.compile(f"{_LABEL}(?:\\.{_LABEL})*")
_DOTTED = re.compile(f"{_LABEL}(?:\\.{_LABEL})+")
_USER = re.compile("[\\w.~%+-]{1,80}(?::[\\w.~%+-]{0,80})?@", re.ASCII)  # before a host
_IPV6 = re.compile("\\[[0-9a-f:.]{2,45}\\]", re.IGNORECASE | re.ASCII)
_PORT = re.compile(":[0-9]{1,5}(?![0-9])")
_LATIN_THEN_DENSE = re.compile(f"[A-Za-z0-9-]+(?=[{_DENSE}{_DENSE_MARK}])")
_TOP = re.compile(f"[^\\W\\d_](?:[^\\W\\d_]|[{_MARKS}])+|[Xx][Nn]--[A-Za-z0-9-]+")
_LOCAL = re.compile("[^\\W_]|[._%+-]")  # what stands before the @ of a mail address
_MAILTO = re.compile("(?:[^\\W_]|[._%+-]){1,64}@")
_STOP = re.compile(
    f'[{BLANK}<>"`\u2014\u2026\u201a\u201e\u3001-\u3003\u3008-\u3020\u3030\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40'
    "\uff5b-\uff65\u060c\u061b\u061f\u06d4\u0964\u0965\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_SENTENCE = frozenset(".,;:!?'*|\\^([{")
_OPENS = {")": "(", "]": "[", "}": "{"}
_ALNUM = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


class Link(NamedTuple):
    """A link begins `at` a place; its tail may begin at `host`, with one of the characters of `tail`."""

    at: int
    host: int
    tail: str


def flat(text: str) -> str:
    """Return a text in which each combining mark is one character that the patterns here know."""
    if text.isascii():
        return text
    return "".join(
        (_DENSE_MARK if DENSE.match(char) else _MARK) if unicodedata.category(char)[0] == "M" else char
        for char in text
    )


def next_link(text: str, start: int) -> Link | None:
    """Return the next link at or behind a place of a `flat` text."""
    for found in _START.finditer(text, start):
        sign, at = found[0], found.start()
        link = _mail(text, at, start) if sign == "@" else _address(text, at, sign.lower())
        if link is not None:
            return link
    return None


def _address(text: str, at: int, sign: str) -> Link | None:
    if at and text[at - 1] in _ALNUM:
        return None
    begin = at + len(sign)
    if sign[0] == "m":
        local = _MAILTO.match(text, begin)
        host = _domain(text, local.end()) if local else 0
        return Link(at, host, "?") if host else None
    if sign[0] == "w":
        whole = not (at and text[at - 1] in "./@_-") and _DOTTED.match(text, begin)
        host = _host_end(text, begin) if whole else 0
        return Link(at, host, "/?#") if host else None
    user = _USER.match(text, begin)
    host = _host_end(text, user.end() if user else begin)
    return Link(at, host, "/?#") if host else None


def _host_end(text: str, begin: int) -> int:
    """Return the place behind a host and its port, or 0 where there is none."""
    found = _NAME.match(text, begin) or _IPV6.match(text, begin)
    if not found:
        return 0
    host, end = found[0], found.end()
    last = begin + host.rfind(".") + 1
    if host[0] != "[" and (cut := _LATIN_THEN_DENSE.match(text, last, end)):  # example.com看
        return cut.end()
    port = _PORT.match(text, end)
    if port:
        end = port.end()
    return end + 1 if text[end : end + 1] == "." and text[end + 1 : end + 2] in ("/", "?", "#") else end


def _domain(text: str, begin: int) -> int:
    """Return the place behind the host of a mail address, which has a dot and ends in letters, or 0."""
    found = _DOTTED.match(text, begin)
    if found is None:
        return 0
    last = begin + found[0].rfind(".") + 1
    cut = _LATIN_THEN_DENSE.match(text, last, found.end())
    end = cut.end() if cut else found.end()
    return end if _TOP.fullmatch(text, last, end) and text[end : end + 1] != "@" else 0


def _mail(text: str, sign: int, start: int) -> Link | None:
    at = sign
    while at > start and _is_local(text[at - 1]):
        at -= 1
    before = text[at - 1] if at else ""
    while at < sign and text[at] in "._%+-":
        at += 1
    if at == sign or text[sign - 1] == "." or before in ("/", "@"):
        return None
    host = _domain(text, sign + 1)
    return Link(at, host, "") if host else None


def _is_local(char: str) -> bool:
    return char <= "\uffff" and _LOCAL.match(char) is not None and not DENSE.match(char)


def link_end(text: str, link: Link, marks: Set[str]) -> int:
    """Return where a link ends. marks: those of * _ ~ that wait for their other half, which ends an address."""
    host, end = link.host, link.host
    if text[host : host + 1] not in tuple(link.tail):
        return host
    depth = {"(": 0, "[": 0, "{": 0}
    latin = True  # so far
    for end in range(host, len(text) + 1):
        char = text[end : end + 1]
        if not char or (latin and text[end - 1] in _ALNUM and _is_dense(char)):  # …/a看, but …/wiki/中文
            break
        latin = latin and char < "\x80"
        if char in depth:
            depth[char] += 1
        elif char in _OPENS:
            depth[_OPENS[char]] -= 1
            if depth[_OPENS[char]] < 0:
                break
        elif _stops(char) or (char in marks and (char == "*" or text[end : end + 2] == "~~")):
            break
    while end > host and (_ends_sentence(text[end - 1]) or (text[end - 1] in "_~" and text[end - 1] in marks)):
        end -= 1
    return end


def _is_dense(char: str) -> bool:
    return char <= "\uffff" and DENSE.match(char) is not None


def _stops(char: str) -> bool:
    return _STOP.match(char) is not None or unicodedata.category(char) in ("Pi", "Pf")


def _ends_sentence(char: str) -> bool:
    return char in _SENTENCE or ("\x7f" < char <= "\uffff" and unicodedata.category(char)[0] == "P")
