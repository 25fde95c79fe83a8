"""RFC 6455, rule by rule, without a socket."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lengths import either
from tornado_chat.web.socket.frames import (
    MAX_FRAME_OUT,
    MIN_FRAGMENT,
    FrameError,
    FrameReader,
    close_frame,
    frame,
    parse_close,
    text_frames,
)

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = b"\x12\x34\x56\x78"


def masked(payload: bytes, opcode: int = TEXT, fin: bool = True, rsv: int = 0, extended: int | None = None) -> bytes:
    """Return a client's frame; `extended` forces the length into that many bytes (0, 2 or 8)."""
    size = len(payload)
    if extended is None:
        extended = 0 if size < 126 else 2 if size < 65536 else 8
    head = bytes(((0x80 if fin else 0) | rsv << 4 | opcode, 0x80 | {0: size, 2: 126, 8: 127}[extended]))
    body = bytes(byte ^ KEY[place % 4] for place, byte in enumerate(payload))
    return head + (size.to_bytes(extended, "big") if extended else b"") + KEY + body


def read(*chunks: bytes, max_size: int = 65536) -> list[tuple[int, str | bytes]]:
    reader = FrameReader(max_size)
    return [message for chunk in chunks for message in reader.feed(chunk)]


def failure(*chunks: bytes, max_size: int = 65536) -> int:
    with pytest.raises(FrameError) as error:
        read(*chunks, max_size=max_size)
    assert error.value.reason
    return error.value.code


# Messages


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536])
def test_a_message_of_any_length_is_read(size: int) -> None:
    assert read(masked(b"x" * size)) == [(TEXT, "x" * size)]
    assert read(masked(b"\xff" * size, BINARY)) == [(BINARY, b"\xff" * size)]


def test_several_messages_come_in_one_chunk_in_their_order() -> None:
    assert read(masked(b"one") + masked("zwö".encode()) + masked(b"", PING)) == [
        (TEXT, "one"),
        (TEXT, "zwö"),
        (PING, b""),
    ]


def test_a_message_may_come_byte_by_byte() -> None:
    stream = masked(b"one") + masked(b"y" * 300) + masked(b"z" * 70000)
    expected = [(TEXT, "one"), (TEXT, "y" * 300), (TEXT, "z" * 70000)]
    assert read(*(stream[at : at + 1] for at in range(len(stream))), max_size=70000) == expected


def test_fragments_are_joined_and_control_frames_may_come_between_them() -> None:
    euro = "€".encode()
    stream = masked(b"a" + euro[:1], fin=False) + masked(b"ping", PING)
    stream += masked(euro[1:2], CONTINUATION, fin=False) + masked(b"", PONG) + masked(euro[2:], CONTINUATION)
    assert read(stream) == [(PING, b"ping"), (PONG, b""), (TEXT, "a€")]


def test_fragments_of_a_binary_message_are_bytes() -> None:
    assert read(masked(b"\xff", BINARY, fin=False) + masked(b"\xfe", CONTINUATION)) == [(BINARY, b"\xff\xfe")]


def test_after_fragments_the_next_message_begins_anew() -> None:
    stream = masked(b"x" * 9, fin=False) + masked(b"y", CONTINUATION) + masked(b"z" * 10)
    assert read(stream, max_size=10) == [(TEXT, "x" * 9 + "y"), (TEXT, "z" * 10)]


# What may not be


def test_an_unmasked_frame_is_1002() -> None:
    assert failure(frame(b"hello")) == 1002


@pytest.mark.parametrize("rsv", [1, 2, 4])
def test_a_reserved_bit_is_1002(rsv: int) -> None:
    assert failure(masked(b"hello", rsv=rsv)) == 1002
    assert failure(masked(b"hello", PING, rsv=rsv)) == 1002


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
def test_an_opcode_that_is_none_is_1002(opcode: int) -> None:
    assert failure(masked(b"", opcode)) == 1002


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
def test_a_control_frame_is_whole_and_small(opcode: int) -> None:
    assert failure(masked(b"x" * 126, opcode)) == 1002
    assert failure(masked(b"x", opcode, fin=False)) == 1002
    assert failure(masked(b"x", opcode, extended=2)) == 1002


def test_fragments_out_of_place_are_1002() -> None:
    assert failure(masked(b"x", CONTINUATION)) == 1002
    assert failure(masked(b"x", fin=False) + masked(b"y")) == 1002
    assert failure(masked(b"x", fin=False) + masked(b"y", BINARY, fin=False)) == 1002


def test_a_length_in_more_bytes_than_it_needs_is_1002() -> None:
    assert failure(masked(b"x" * 125, extended=2)) == 1002
    assert failure(masked(b"x" * 65535, extended=8)) == 1002


def test_text_that_is_not_utf8_is_1007() -> None:
    for payload in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", "€".encode()[:2]):
        assert failure(masked(payload)) == 1007
        assert failure(masked(payload[:1], fin=False), masked(payload[1:], CONTINUATION)) == 1007


# Sizes, from the header on


def test_a_message_that_is_too_large_is_1009_before_it_has_come() -> None:
    head = b"\x81\xfe" + (1001).to_bytes(2, "big")
    assert failure(head, max_size=1000) == 1009
    assert failure(b"\x81\xff" + (2**63).to_bytes(8, "big")) == 1009
    assert failure(b"\x82\xff" + (2**64 - 1).to_bytes(8, "big")) == 1009


def test_the_sum_of_fragments_is_limited_too() -> None:
    stream = masked(b"x" * 600, fin=False) + masked(b"x" * 401, CONTINUATION)
    assert failure(stream, max_size=1000) == 1009


def test_endless_empty_fragments_are_ended() -> None:
    stream = masked(b"", fin=False) + masked(b"", CONTINUATION, fin=False) * 1024
    assert failure(stream) == 1009


def test_a_large_message_may_come_in_as_many_fragments_as_its_size_has_room_for() -> None:
    size = 2048 * MIN_FRAGMENT
    fragment = masked(b"x" * MIN_FRAGMENT, CONTINUATION, fin=False)
    stream = masked(b"", fin=False) + fragment * 2046 + masked(b"x" * MIN_FRAGMENT, CONTINUATION)
    assert read(stream, max_size=size) == [(TEXT, "x" * 2047 * MIN_FRAGMENT)]
    assert failure(masked(b"", fin=False) + masked(b"", CONTINUATION, fin=False) * 2048, max_size=size) == 1009


def test_a_fragment_that_is_not_text_ends_the_message_before_the_last_has_come() -> None:
    euro = "€".encode()
    assert failure(masked(b"a" + euro[:2], fin=False), masked(b"\xff", CONTINUATION, fin=False)) == 1007
    assert failure(masked(b"a", fin=False), masked(b"\xf4\x90", CONTINUATION, fin=False)) == 1007
    assert read(masked(b"a", BINARY, fin=False) + masked(b"\xff", CONTINUATION, fin=False)) == []


# Close frames


def test_a_close_frame_has_a_code_and_a_reason() -> None:
    assert parse_close(b"") == (1005, "")
    assert parse_close((1000).to_bytes(2, "big")) == (1000, "")
    assert parse_close((4999).to_bytes(2, "big") + "tschüß".encode()) == (4999, "tschüß")


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
def test_a_code_that_may_not_be_sent_is_1002(code: int) -> None:
    with pytest.raises(FrameError) as error:
        parse_close(code.to_bytes(2, "big"))
    assert error.value.code == 1002


def test_half_a_code_is_1002_and_a_reason_that_is_not_utf8_1007() -> None:
    for payload, code in ((b"\x03", 1002), (b"\x03\xe8\xff", 1007)):
        with pytest.raises(FrameError) as error:
            parse_close(payload)
        assert error.value.code == code


def test_a_long_reason_is_cut_between_characters() -> None:
    sent = close_frame(1000, "€" * 100)
    assert len(sent) <= 127
    assert parse_close(sent[2:]) == (1000, "€" * 41)


# Frames out


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
def test_a_frame_out_is_what_a_masked_one_is_without_the_mask(size: int) -> None:
    payload = b"x" * size
    sent = frame(payload)
    head = masked(payload)[: len(sent) - size]
    assert sent == bytes((head[0], head[1] & 0x7F)) + head[2:] + payload


def test_lines_are_joined_by_newlines_into_one_frame() -> None:
    assert text_frames([]) == []
    assert text_frames([b"a"]) == [frame(b"a")]
    assert text_frames([b"a", b"b", b"c"]) == [frame(b"a\nb\nc")]


def test_a_frame_is_cut_at_256_kib_between_lines() -> None:
    line = b"x" * 100_000
    assert text_frames([line] * 5) == [frame(line + b"\n" + line), frame(line + b"\n" + line), frame(line)]
    half = b"z" * (MAX_FRAME_OUT // 2)
    assert text_frames([half[1:], half]) == [frame(half[1:] + b"\n" + half)]  # as much as one holds
    assert text_frames([half, half]) == [frame(half), frame(half)]
    huge = b"y" * (MAX_FRAME_OUT + 1)
    assert text_frames([b"a", huge, b"b"]) == [frame(b"a"), frame(huge), frame(b"b")]


# Whatever comes

PIECES = st.one_of(
    st.binary(max_size=40),
    st.builds(
        masked,
        st.binary(max_size=200),
        st.sampled_from([CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG, 3]),
        st.booleans(),
        st.sampled_from([0, 0, 0, 4]),
    ),
)


@settings(max_examples=either(80, 300), deadline=None)
@given(st.lists(PIECES, max_size=6), st.lists(st.integers(0, 400), max_size=8))
def test_how_bytes_are_cut_changes_nothing_and_nothing_but_a_frame_error_is_raised(
    pieces: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(pieces)
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})

    def outcome(chunks: list[bytes]) -> tuple[list[tuple[int, str | bytes]], int | None]:
        reader, messages = FrameReader(1000), []
        try:
            for chunk in chunks:
                for message in reader.feed(chunk):
                    messages.append(message)
        except FrameError as error:
            return messages, error.code
        return messages, None

    assert outcome([stream]) == outcome([stream[a:b] for a, b in zip(edges, edges[1:], strict=False)])
