"""What is read of the answers of S3: documents, and what went wrong."""

from __future__ import annotations

import re
from datetime import datetime
from http.client import responses
from xml.etree import ElementTree

from tornado_chat.storage.blobs.s3.http import Answer

_FULL = {"QuotaExceeded", "XMinioStorageFull", "InsufficientStorage"}


class S3Error(Exception):
    """What the server answered that is no success. `code`: its word for that. The text has no secret."""

    def __init__(self, status: int, code: str, said: str) -> None:
        super().__init__(f"{status} {code}: {said}" if said else f"{status} {code}")
        self.status = status
        self.code = code

    @property
    def is_full(self) -> bool:
        return self.status == 507 or self.code in _FULL

    @property
    def is_missing(self) -> bool:
        """Whether the object is not there; the bucket is."""
        return self.status == 404 and self.code != "NoSuchBucket"


def error_in(answer: Answer, is_document: bool) -> S3Error | None:
    """Return what an answer says went wrong; documents may say so, although their status does not."""
    found = document(answer.body) if answer.status >= 300 or is_document else None
    if answer.status < 300 and (found is None or found.tag != "Error"):
        return None
    code, said = (
        (responses.get(answer.status, ""), "")
        if found is None
        else (text_of(found, "Code"), text_of(found, "Message"))
    )
    if region := answer.headers.get("x-amz-bucket-region", ""):
        said += f" (the bucket is in the region {region})"
    words = ascii(said[:300])[1:-1]
    return S3Error(answer.status, re.sub("[^A-Za-z0-9. ]", "", code)[:64], words)


def document(body: bytes) -> ElementTree.Element | None:
    """Return the root of a document, without namespaces; None for what is none."""
    if not body.strip() or b"<!" in body:  # no document of S3 has a definition of entities
        return None
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return None
    for one in root.iter():
        one.tag = one.tag.rpartition("}")[2]
    return root


def text_of(found: ElementTree.Element, name: str) -> str:
    return found.findtext(name) or ""


def time_of(text: str) -> float:
    """Return a time as lists have it in s since 1970."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise S3Error(200, "NoTime", f"a list has no time: {text[:40]!a}") from None
