"""Signs requests as S3 wants it: AWS Signature Version 4, in the Authorization header."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"


def quoted(text: str) -> str:
    """Quote a part of a path or query; all but letters, digits and `-._~`."""
    return quote(text, safe="")


def query_of(fields: Mapping[str, str]) -> str:
    """Return a query in the order in which it is signed."""
    pairs = sorted((quoted(name), quoted(value)) for name, value in fields.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


def authorization(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    *,
    key: str,
    secret: str,
    region: str,
) -> str:
    """Return the header `authorization` of a request.

    path, query: as they are sent. headers: all that are sent, in lower case; `host`, `x-amz-date` (see `stamp`) and
    `x-amz-content-sha256` (of the body, in hex) among them.
    """
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in sorted(headers))
    asked = "\n".join((method, path, query, lines, names, headers["x-amz-content-sha256"]))
    date = headers["x-amz-date"]
    scope = f"{date[:8]}/{region}/s3/aws4_request"
    text = "\n".join((ALGORITHM, date, scope, hashlib.sha256(asked.encode()).hexdigest()))
    signing = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        signing = hmac.digest(signing, part.encode(), "sha256")
    signature = hmac.digest(signing, text.encode(), "sha256").hex()
    return f"{ALGORITHM} Credential={key}/{scope},SignedHeaders={names},Signature={signature}"


def stamp(now: float) -> str:
    """Return a time (s since 1970) as `x-amz-date`."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
