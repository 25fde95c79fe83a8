"""A part of a bucket of S3, or of what speaks like it: requests that are signed, and repeated where that may help."""

from __future__ import annotations

import asyncio
import hashlib
import random
import ssl
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from xml.etree import ElementTree

from tornado_chat.config.blob_place import S3Place
from tornado_chat.storage.blobs.s3.answers import S3Error, document, error_in, text_of, time_of
from tornado_chat.storage.blobs.s3.http import Answer, Http
from tornado_chat.storage.blobs.s3.signing import authorization, query_of, quoted, stamp

ATTEMPTS = 4
HASHED_HERE = 64 * 1024  # bytes; the hash of more is made on a thread
REST = 0.2  # seconds after the first of them; it doubles, and varies by half
MOST_XML = 4 * 1024 * 1024  # bytes of a list of 1,000 keys, which have 1,024 bytes at most
_AGAIN = {408, 429, 500, 502, 503, 504}
_AGAIN_CODES = {"RequestTimeout", "SlowDown", "InternalError", "ServiceUnavailable", "OperationAborted"}


class Listed(NamedTuple):
    """An object: its key, and when it was written (s since 1970)."""

    key: str
    written: float


class Bucket:
    """The objects of a place, by keys that begin behind its prefix. Keys: letters, digits, `/`, `-`, `_`, `.`.

    All methods raise S3Error, or OSError and EOFError where the server does not answer.
    """

    def __init__(self, place: S3Place) -> None:
        self.place = place
        self._http = Http(place.host, place.port, ssl.create_default_context() if place.tls else None)
        host = f"[{place.host}]" if ":" in place.host else place.host
        self._host = host if place.port == (443 if place.tls else 80) else f"{host}:{place.port}"
        self._base = f"{place.prefix}/" if place.prefix else ""

    async def close(self) -> None:
        await self._http.close()

    async def put(self, key: str, data: bytes) -> None:
        await self._ask("PUT", key, body=data)

    async def get(self, key: str, start: int, end: int) -> bytes:
        """Return the bytes of an object from `start` to before `end`, which it has."""
        of = {"range": f"bytes={start}-{end - 1}"}
        answer = await self._ask("GET", key, headers=of, most=max(end - start, 65_536))
        if len(answer.body) != end - start:
            raise S3Error(answer.status, "ShortAnswer", f"{len(answer.body)} bytes in the place of {end - start}")
        return answer.body

    async def size(self, key: str) -> int | None:
        """Return how many bytes an object has, None if it is not there."""
        try:
            answer = await self._ask("HEAD", key)
        except S3Error as error:
            if error.is_missing:
                return None
            raise
        return int(answer.headers.get("content-length", "0"))

    async def delete(self, key: str) -> None:
        """Delete an object, if it is there."""
        with _unless_missing():
            await self._ask("DELETE", key)

    async def list(self, prefix: str) -> AsyncGenerator[Sequence[Listed], None]:
        """Yield the objects whose keys begin so, up to 1,000 at a time."""
        fields = {"list-type": "2", "prefix": self._base + prefix, "max-keys": "1000"}
        while True:
            found = await self._read("GET", fields)
            yield [
                Listed(text_of(one, "Key").removeprefix(self._base), time_of(text_of(one, "LastModified")))
                for one in found.iter("Contents")
            ]
            if text_of(found, "IsTruncated") != "true":
                return
            fields["continuation-token"] = text_of(found, "NextContinuationToken")

    # In parts, each of 5 MiB or more but the last

    async def begin_parts(self, key: str) -> str:
        """Begin an object of several parts; return the id of that."""
        return text_of(await self._read("POST", {"uploads": ""}, key), "UploadId")

    async def put_part(self, key: str, id: str, number: int, data: bytes) -> str:
        """Send a part, numbered from 1 on; return its mark."""
        answer = await self._ask("PUT", key, {"partNumber": str(number), "uploadId": id}, body=data)
        return answer.headers.get("etag", "")

    async def end_parts(self, key: str, id: str, marks: Sequence[str]) -> None:
        """Make the object of its parts."""
        whole = ElementTree.Element("CompleteMultipartUpload")
        for number, mark in enumerate(marks, 1):
            part = ElementTree.SubElement(whole, "Part")
            ElementTree.SubElement(part, "PartNumber").text = str(number)
            ElementTree.SubElement(part, "ETag").text = mark
        try:
            await self._read("POST", {"uploadId": id}, key, ElementTree.tostring(whole))
        except S3Error as error:
            # The first attempt may have done it, although its answer was lost.
            if error.code != "NoSuchUpload" or await self.size(key) is None:
                raise

    async def drop_parts(self, key: str, id: str) -> None:
        """Forget an object of several parts that was not made."""
        with _unless_missing():
            await self._ask("DELETE", key, {"uploadId": id})

    async def begun_parts(self, prefix: str) -> Sequence[tuple[Listed, str]]:
        """Return objects that were begun and not made, up to 1,000, with the ids of that."""
        found = await self._read("GET", {"uploads": "", "prefix": self._base + prefix, "max-uploads": "1000"})
        return [
            (
                Listed(text_of(one, "Key").removeprefix(self._base), time_of(text_of(one, "Initiated"))),
                text_of(one, "UploadId"),
            )
            for one in found.iter("Upload")
        ]

    # Requests

    async def _read(
        self, method: str, query: Mapping[str, str], key: str | None = None, body: bytes = b""
    ) -> ElementTree.Element:
        """Return the document that a request is answered with."""
        answer = await self._ask(method, key, query, body=body, most=MOST_XML)
        found = document(answer.body)
        if found is None:
            raise S3Error(answer.status, "NoDocument", "the answer is not what S3 says")
        return found

    async def _ask(
        self,
        method: str,
        key: str | None,
        query: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        most: int = 65_536,
    ) -> Answer:
        hashed = _hash(body) if len(body) < HASHED_HERE else await asyncio.to_thread(_hash, body)
        rest = REST
        for left in reversed(range(ATTEMPTS)):
            try:
                answer = await self._once(method, key, query or {}, headers or {}, body, hashed, most)
                error = error_in(answer, is_document=method == "POST")
            except (OSError, EOFError):
                if not left:
                    raise
            else:
                if error is None:
                    return answer
                if not left or (error.status not in _AGAIN and error.code not in _AGAIN_CODES):
                    raise error
            await asyncio.sleep(rest * random.uniform(0.5, 1.5))
            rest *= 2
        raise AssertionError

    async def _once(
        self,
        method: str,
        key: str | None,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
        hashed: str,
        most: int,
    ) -> Answer:
        path = f"/{self.place.bucket}"
        if key is not None:
            path += "/" + "/".join(quoted(part) for part in (self._base + key).split("/"))
        asked = query_of(query)
        sent = {
            "host": self._host,
            "x-amz-date": stamp(time.time()),
            "x-amz-content-sha256": hashed,
            **headers,
        }
        about = {"key": self.place.key, "secret": self.place.secret, "region": self.place.region}
        sent["authorization"] = authorization(method, path, asked, sent, **about)
        return await self._http.ask(method, f"{path}?{asked}" if asked else path, sent, body, most)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextmanager
def _unless_missing() -> Iterator[None]:
    try:
        yield
    except S3Error as error:
        if not error.is_missing:
            raise
