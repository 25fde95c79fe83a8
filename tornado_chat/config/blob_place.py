"""Where the servers of a cluster keep files: a folder that all see, or `s3://KEY:SECRET@HOST:PORT/BUCKET/PREFIX`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

from tornado_chat.config import types

S3 = "s3://"
LIKE = "a folder that all servers see, or an address like s3://KEY:SECRET@HOST/BUCKET/PREFIX?region=REGION"

_HOST = re.compile(r"[A-Za-z0-9_.-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")
_PREFIX = re.compile(r"(?:[A-Za-z0-9!_.*'()-]+(?:/[A-Za-z0-9!_.*'()-]+)*)?")
_REGION = re.compile(r"[A-Za-z0-9-]{1,64}")
_AMAZON = re.compile(r"s3[.-](?:dualstack\.)?([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")


@dataclass(frozen=True)
class S3Place:
    """A part of a bucket. Without `key` and `secret` these come from the environment. As text it has no secret."""

    host: str
    port: int
    bucket: str
    prefix: str = ""
    region: str = "us-east-1"
    tls: bool = True
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{S3}{host}:{self.port}/{self.bucket}{f'/{self.prefix}' if self.prefix else ''}"

    def with_keys(self, environ: Mapping[str, str]) -> S3Place:
        """Return it with the key and secret of these variables, if it has none of its own. ValueError without any."""
        if self.key:
            return self
        key, secret = environ.get("AWS_ACCESS_KEY_ID", ""), environ.get("AWS_SECRET_ACCESS_KEY", "")
        if not key or not secret:
            raise ValueError("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or put KEY:SECRET@ before the host")
        return replace(self, key=key, secret=secret)


BlobPlace: TypeAlias = Path | S3Place


def read_blob_place(value: object) -> BlobPlace:
    """Read such a place, as a setting. ValueError says what it must be, without a word of a secret."""
    text = value.strip() if isinstance(value, str) else ""
    if text.startswith(S3):
        return _s3(text)
    try:
        if "://" not in text:
            return types.path(text)
    except ValueError:
        pass
    raise ValueError(LIKE)


def _s3(text: str) -> S3Place:
    how = "with special characters of the secret written as %2F (/), %2B (+), %40 (@) and so on"
    wrong = ValueError(f"{LIKE}, {how}")
    if not text.isprintable() or " " in text:
        raise wrong
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise wrong from None
    bucket, _, prefix = parts.path[1:].partition("/")
    prefix = prefix.removesuffix("/")
    host, key, secret = parts.hostname or "", unquote(parts.username or ""), unquote(parts.password or "")
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    tls = given.get("tls", "on").lower()
    amazon = _AMAZON.fullmatch(host)
    region = given.get("region", amazon[1] if amazon else "us-east-1")
    if (
        not _HOST.fullmatch(host)
        or not _BUCKET.fullmatch(bucket)
        or not _PREFIX.fullmatch(prefix)
        or {".", ".."} & set(prefix.split("/"))
        or not _REGION.fullmatch(region)
        or tls not in types.YES + types.NO
        or not given.keys() <= {"region", "tls"}
        or bool(key) != bool(secret)
        or parts.fragment
        or not (key + secret).isascii()
        or not (key + secret).isprintable()
    ):
        raise wrong
    is_on = tls in types.YES
    return S3Place(host, port or (443 if is_on else 80), bucket, prefix, region, is_on, key, secret)
