"""Files over TLS."""

import json
import os

from tornado.testing import gen_test

from tests.secure import OverTls
from tests.web.files.asking import FilesCase
from tornado_chat.chat.models import User


class OverTlsTest(OverTls, FilesCase):
    @gen_test
    async def test_a_file_is_sent_and_fetched(self) -> None:
        data = os.urandom(5_000_000)
        sent = {"Authorization": f"Bearer {self.chat.auth.identity.guests.token(User('ann', 'Ann'))}"}
        how = {"headers": sent, "validate_cert": False}
        answer = await self.http_client.fetch(self.get_url("/files?name=a"), method="POST", body=data, **how)
        path = f"/files/{json.loads(answer.body)['id']}"
        assert (await self.http_client.fetch(self.get_url(path), **how)).body == data
        answer = await self.http_client.fetch(self.get_url("/files/cookie"), method="POST", body=b"", **how)
        assert answer.headers["Set-Cookie"].endswith("; SameSite=Strict; Secure")
