"""Finds out whether an address has the wrong scheme: https for a server without TLS, or http for one with it."""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import urlsplit

from tornado.httpclient import AsyncHTTPClient

LIMIT = 3.0  # seconds


async def speaks_plainly(base: str) -> bool:
    """Return whether the server of an https address answers plain HTTP."""
    parts = urlsplit(base)
    url = f"http://{parts.netloc}/" if parts.port else f"http://{parts.netloc}:443/"
    answer = await AsyncHTTPClient().fetch(url, raise_error=False, follow_redirects=False, request_timeout=LIMIT)
    return answer.code != 599  # no answer at all


async def speaks_tls(base: str) -> bool:
    """Return whether a TLS handshake works with the server of an http address."""
    parts, context = urlsplit(base), ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(LIMIT):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 80, ssl=context)
    except (OSError, TimeoutError):
        return False
    writer.transport.abort()
    return True
