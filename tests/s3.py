"""A small S3 in the loop of a test. It checks each signature by the letter, and fails as it is told to."""

import asyncio
import contextlib
import hashlib
import hmac
import re
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tornado_chat.config.blob_place import S3Place

KEY, SECRET, REGION, BUCKET = "AKIATEST", "se/cr+et=", "here-1", "chat"
SMALLEST = 5 * 1024 * 1024  # bytes of a part that is not the last
SKEW = 900  # seconds
AUTHORIZATION = re.compile(
    "AWS4-HMAC-SHA256 Credential=(.*)/([0-9]{8})/(.*)/s3/aws4_request,SignedHeaders=(.*),Signature=([0-9a-f]{64})"
)


class Wrong(Exception):
    """What a request is answered that is no success."""

    def __init__(self, status: int, code: str, message: str = "no") -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return unquote(self.path).removeprefix(f"/{BUCKET}").removeprefix("/")


@dataclass
class Parts:
    """An object that comes in parts."""

    key: str
    begun: float
    parts: dict[int, bytes] = field(default_factory=dict)


#: Gets a request before it is done; answers it if it returns something.
Fault = Callable[[Request], bytes | None]


class FakeS3:
    """`objects`: bytes and when they were written, by key. `asked`: all that was asked, as `PUT key`."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, float]] = {}
        self.begun: dict[str, Parts] = {}
        self.asked: list[str] = []
        self.faults: list[Fault] = []  # each for one request
        self.always: Fault | None = None
        self.page = 1_000
        self.port = 0
        self.connections = 0
        self._writers: set[asyncio.StreamWriter] = set()

    def place(self, prefix: str = "a/b", tls: bool = False) -> S3Place:
        return S3Place("localhost", self.port, BUCKET, prefix, REGION, tls, KEY, SECRET)

    @contextlib.asynccontextmanager
    async def serve(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["FakeS3"]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, ssl=tls, limit=1024 * 1024)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.hang_up()

    def hang_up(self) -> None:
        """End all connections."""
        for writer in self._writers:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        with contextlib.suppress(OSError, EOFError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                answer = await self._answer(head.decode("latin-1"), reader, writer)
                if answer == b"":  # as told: no answer, for ever
                    await asyncio.Event().wait()
                writer.write(answer)
                await writer.drain()
        self._writers.discard(writer)
        writer.close()

    async def _answer(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        request = Request(method, parts.path, query, headers, body)
        self.asked.append(f"{method} {request.key}")
        try:
            for fault in ([self.faults.pop(0)] if self.faults else []) + ([self.always] if self.always else []):
                answer = fault(request)
                if answer is not None:
                    return answer
            check_signature(request, parts.query)
            if not request.path.startswith(f"/{BUCKET}"):
                raise Wrong(404, "NoSuchBucket")
            return self._do(request)
        except Wrong as wrong:
            said = f"<Error><Code>{wrong.code}</Code><Message>{escape(wrong.message)}</Message></Error>"
            return reply(wrong.status, b"" if method == "HEAD" else said.encode())

    def _do(self, asked: Request) -> bytes:
        match asked.method, sorted(asked.query):
            case "GET", fields if "list-type" in fields:
                return self._list(asked.query)
            case "GET", ["max-uploads", "prefix", "uploads"]:
                found = [(id, one) for id, one in self.begun.items() if one.key.startswith(asked.query["prefix"])]
                shown = (
                    f"<Upload><Key>{one.key}</Key><UploadId>{id}</UploadId>{stamped('Initiated', one.begun)}</Upload>"
                    for id, one in found
                )
                return document("ListMultipartUploadsResult", *shown)
            case "POST", ["uploads"]:
                id = secrets.token_hex(4)
                self.begun[id] = Parts(asked.key, time.time())
                return document("InitiateMultipartUploadResult", f"<UploadId>{id}</UploadId>")
            case "PUT", ["partNumber", "uploadId"]:
                self._begun(asked).parts[int(asked.query["partNumber"])] = asked.body
                return reply(200, b"", ETag=f'"{hashlib.md5(asked.body).hexdigest()}"')
            case "POST", ["uploadId"]:
                return self._end_parts(asked)
            case "DELETE", ["uploadId"]:
                self._begun(asked)
                del self.begun[asked.query["uploadId"]]
                return reply(204)
            case "PUT", []:
                self.objects[asked.key] = asked.body, time.time()
                return reply(200)
            case "DELETE", []:
                self.objects.pop(asked.key, None)
                return reply(204)
            case "GET" | "HEAD", []:
                return self._read(asked)
        raise Wrong(400, "InvalidRequest", f"{asked.method} {asked.query}")

    def _begun(self, asked: Request) -> Parts:
        begun = self.begun.get(asked.query["uploadId"])
        if begun is None or begun.key != asked.key:
            raise Wrong(404, "NoSuchUpload")
        return begun

    def _end_parts(self, asked: Request) -> bytes:
        begun = self._begun(asked)
        parts = ElementTree.fromstring(asked.body)
        marks = [(int(one.findtext("PartNumber") or 0), one.findtext("ETag")) for one in parts.iter("Part")]
        if not marks or [number for number, _ in marks] != sorted(begun.parts):
            raise Wrong(400, "InvalidPartOrder")
        if any(mark != f'"{hashlib.md5(begun.parts[number]).hexdigest()}"' for number, mark in marks):
            raise Wrong(400, "InvalidPart")
        if any(len(begun.parts[number]) < SMALLEST for number, _ in marks[:-1]):
            raise Wrong(400, "EntityTooSmall")
        self.objects[begun.key] = b"".join(begun.parts[number] for number, _ in marks), time.time()
        del self.begun[asked.query["uploadId"]]
        return document("CompleteMultipartUploadResult", f"<Key>{begun.key}</Key>", chunked=True)

    def _read(self, asked: Request) -> bytes:
        if asked.key not in self.objects:
            raise Wrong(404, "NoSuchKey")
        data, status = self.objects[asked.key][0], 200
        if "range" in asked.headers:
            span = re.fullmatch("bytes=([0-9]+)-([0-9]+)", asked.headers["range"])
            if span is None or int(span[1]) >= len(data):
                raise Wrong(416, "InvalidRange")
            data, status = data[int(span[1]) : int(span[2]) + 1], 206
        return reply(status, data, is_head=asked.method == "HEAD")

    def _list(self, query: dict[str, str]) -> bytes:
        keys = sorted(key for key in self.objects if key.startswith(query["prefix"]))
        rest = [key for key in keys if key > query.get("continuation-token", "")]
        page = rest[: min(self.page, int(query["max-keys"]))]
        more = len(rest) > len(page)
        return document(
            "ListBucketResult",
            f"<IsTruncated>{str(more).lower()}</IsTruncated>",
            *(f"<NextContinuationToken>{page[-1]}</NextContinuationToken>" if more else "" for _ in "x"),
            *(
                f"<Contents><Key>{key}</Key>{stamped('LastModified', self.objects[key][1])}</Contents>"
                for key in page
            ),
            chunked=True,
        )


def check_signature(asked: Request, query: str) -> None:
    """Do what Amazon's documents say of Signature Version 4, without the code that signs."""
    given = AUTHORIZATION.fullmatch(asked.headers.get("authorization", ""))
    if given is None:
        raise Wrong(403, "AccessDenied")
    key, day, region, names, signature = given.groups()
    if key != KEY:
        raise Wrong(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
    if region != REGION:
        raise Wrong(400, "AuthorizationHeaderMalformed", f"the region {region!r} is wrong; expecting {REGION!r}")
    date = asked.headers["x-amz-date"]
    when = time.mktime(time.strptime(date, "%Y%m%dT%H%M%SZ")) - time.timezone
    if date[:8] != day or abs(when - time.time()) > SKEW:
        raise Wrong(403, "RequestTimeTooSkewed", "The difference between the times is too large.")
    if hashlib.sha256(asked.body).hexdigest() != asked.headers["x-amz-content-sha256"]:
        raise Wrong(400, "XAmzContentSHA256Mismatch")
    assert {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names.split(";"))
    assert quote(unquote(asked.path), safe="/-._~") == asked.path
    canonical = "&".join(sorted(part if "=" in part else f"{part}=" for part in query.split("&"))) if query else ""
    lines = [f"{name}:{asked.headers[name]}" for name in names.split(";")]
    whole = [asked.method, asked.path, canonical, *lines, "", names, asked.headers["x-amz-content-sha256"]]
    scope = f"{day}/{region}/s3/aws4_request"
    text = ["AWS4-HMAC-SHA256", date, scope, hashlib.sha256("\n".join(whole).encode()).hexdigest()]
    made = f"AWS4{SECRET}".encode()
    for part in (day, region, "s3", "aws4_request", "\n".join(text)):
        made = hmac.new(made, part.encode(), hashlib.sha256).digest()
    if made.hex() != signature:
        raise Wrong(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")


def reply(status: int, body: bytes = b"", *, is_head: bool = False, chunked: bool = False, **headers: str) -> bytes:
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if chunked:
        lines.append("Transfer-Encoding: chunked")
        halves = body[: len(body) // 2], body[len(body) // 2 :]
        body = b"".join(b"%x\r\n%b\r\n" % (len(half), half) for half in halves if half) + b"0\r\n\r\n"
    elif status != 204:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join([f"HTTP/1.1 {status} Said", *lines, "", ""])
    return head.encode() + (b"" if is_head else body)


def document(name: str, *parts: str, chunked: bool = False) -> bytes:
    namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
    whole = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{namespace}">{"".join(parts)}</{name}>'
    return reply(200, whole.encode(), chunked=chunked)


def stamped(name: str, when: float) -> str:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(when))
    return f"<{name}>{stamp}.{int(when % 1 * 1000):03}Z</{name}>"
