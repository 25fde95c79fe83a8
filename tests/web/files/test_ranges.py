"""Which part of a file is asked for."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tornado_chat.web.files.ranges import part_of

ENDS = st.integers(0, 30) | st.just("")


@settings(deadline=None)
@given(ENDS, ENDS, st.integers(0, 20))
def test_a_part_lies_within_the_file(first: int | str, last: int | str, size: int) -> None:
    try:
        part = part_of(f"bytes={first}-{last}", size)
    except ValueError:
        assert first == "" or int(first) >= size
        return
    if part is None:
        assert first == last == "" or (first != "" and last != "" and int(last) < int(first))
    else:
        assert 0 <= part[0] < part[1] <= size
        assert first in ("", part[0])
        assert last == "" or first == "" or part[1] == min(int(last) + 1, size)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_header_is_read(header: str) -> None:
    assert part_of(header, 10) is None or header.startswith("bytes")
