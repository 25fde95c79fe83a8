"""How much of an upload is written at once: what suits the place of the bytes, within the memory there is."""

from unittest import mock

from tornado.testing import gen_test

from tests.web.files.asking import FilesCase
from tornado_chat.chat.files import Upload, new_id
from tornado_chat.web.files.traffic import HELD, PIECE


class PiecesTest(FilesCase):
    async def written(self, size: int) -> list[int]:
        """Return the sizes of the pieces in which a file of so many bytes is written."""
        ann, blobs, pieces = await self.connect("Ann"), self.chat.hub.files.blobs, list[int]()
        write = blobs.write

        async def noted(upload: str, at: int, data: bytes) -> int:
            pieces.append(len(data))
            return await write(upload, at, data)

        with mock.patch.object(blobs, "write", noted):
            file = await self.upload(ann, bytes(size))
        assert file["size"] == size
        return pieces

    @gen_test
    async def test_a_disk_is_written_as_it_comes_and_a_bucket_in_large_pieces(self) -> None:
        assert all(PIECE <= size < 2 * PIECE for size in (await self.written(1_000_000))[:-1])
        with mock.patch.object(self.chat.hub.files.blobs, "piece", 2_000_000):
            first, second, rest = await self.written(5_000_000)
        assert min(first, second) >= 2_000_000
        assert first + second + rest == 5_000_000

    @gen_test
    async def test_those_who_send_at_once_share_the_memory(self) -> None:
        traffic = self.chat.file_routes._traffic
        with mock.patch.object(traffic.files.blobs, "piece", 4 * 1024 * 1024):
            for count, piece in ((16, 4 * 1024 * 1024), (64, HELD // 64), (10_000, PIECE)):
                while len(traffic._writers) < count:
                    traffic.writer(Upload(new_id(), "a", "a", 1), 0, lambda refused: None)
                assert traffic.piece == piece
        traffic._writers.clear()
