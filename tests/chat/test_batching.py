"""Gathered lines leave once a turn of the loop has added nothing more to them."""

import asyncio

from tests.helpers import run, turns
from tornado_chat.chat.batching import MAX_TURNS, Batch, Batcher
from tornado_chat.web.socket.frames import text_frames


class Recorder(Batch):
    """An outbox that records what leaves together, and in which order outboxes are flushed."""

    def __init__(self, flusher: Batcher, order: list["Recorder"] | None = None) -> None:
        super().__init__(flusher)
        self.batches: list[list[bytes]] = []
        self.order = order if order is not None else []

    def flush(self) -> None:
        lines, self.lines = self.lines, []
        if lines:
            self.batches.append(lines)
            self.order.append(self)


def test_nothing_leaves_in_the_turn_in_which_it_came_and_all_of_it_soon_after() -> None:
    async def main() -> None:
        box = Recorder(Batcher(text_frames))
        box.gather(b"a")
        box.gather(b"b")
        assert box.batches == []
        await turns(3)
        assert box.batches == [[b"a", b"b"]]

    run(main)


def test_lines_of_turns_without_a_pause_leave_together_in_order() -> None:
    async def main() -> None:
        box = Recorder(Batcher(text_frames))
        wanted = [str(number).encode() for number in range(10)]
        for line in wanted:
            box.gather(line)
            await asyncio.sleep(0)
        await turns(3)
        assert box.batches == [wanted]

    run(main)


def test_without_a_pause_they_leave_after_16_turns_at_the_latest() -> None:
    async def main() -> None:
        box = Recorder(Batcher(text_frames))
        box.gather(b"first")
        waited = 0
        while not box.batches:
            await asyncio.sleep(0)
            box.gather(b"more")
            waited += 1
        assert 2 < waited <= MAX_TURNS + 1
        for _ in range(100):
            box.gather(b"x")
            await asyncio.sleep(0)
        await turns(3)
        assert max(map(len, box.batches)) <= MAX_TURNS + 2
        assert sum(map(len, box.batches)) == 1 + waited + 100

    run(main)


def test_a_busy_outbox_holds_no_other_up() -> None:
    async def main() -> None:
        flusher = Batcher(text_frames)
        busy, calm = Recorder(flusher), Recorder(flusher)
        calm.gather(b"calm")
        for _ in range(4):
            busy.gather(b"busy")
            await asyncio.sleep(0)
        assert calm.batches == [[b"calm"]]
        assert busy.batches == []

    run(main)


def test_outboxes_at_rest_leave_in_the_order_in_which_they_began() -> None:
    async def main() -> None:
        flusher, order = Batcher(text_frames), []
        boxes = [Recorder(flusher, order) for _ in range(5)]
        for box in boxes:
            box.gather(b"x")
        await turns(3)
        assert order == boxes

    run(main)


def test_what_was_flushed_by_hand_does_not_leave_again_and_what_comes_later_does() -> None:
    async def main() -> None:
        box = Recorder(Batcher(text_frames))
        box.gather(b"a")
        box.flush()
        box.gather(b"b")
        await turns(5)
        box.gather(b"c")
        await turns(5)
        assert box.batches == [[b"a"], [b"b"], [b"c"]]

    run(main)


def test_what_a_flush_adds_to_another_outbox_leaves_too() -> None:
    async def main() -> None:
        flusher = Batcher(text_frames)
        second = Recorder(flusher)

        class Passing(Recorder):
            def flush(self) -> None:
                for line in self.lines:
                    second.gather(line)
                super().flush()

        Passing(flusher).gather(b"a")
        await turns(6)
        assert second.batches == [[b"a"]]

    run(main)
