"""What a file is called, as a header."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tornado_chat.chat.file_names import clean_file_name
from tornado_chat.web.files.disposition import content_disposition


@pytest.mark.parametrize(
    ("name", "inline", "value"),
    [
        ("photo.jpg", True, 'inline; filename="photo.jpg"'),
        ("my photo.jpg", False, 'attachment; filename="my photo.jpg"'),
        ("naïve.txt", False, "attachment; filename=\"na_ve.txt\"; filename*=UTF-8''na%C3%AFve.txt"),
        ("100%41.txt", False, "attachment; filename=\"100_41.txt\"; filename*=UTF-8''100%2541.txt"),
        ("a'b*(c).txt", False, 'attachment; filename="a\'b*(c).txt"'),
        ("上 'a'.txt", False, "attachment; filename=\"_ 'a'.txt\"; filename*=UTF-8''%E4%B8%8A%20%27a%27.txt"),
    ],
)
def test_the_header_of_a_name(name: str, inline: bool, value: str) -> None:
    assert content_disposition(name, inline) == value


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_name_is_one_line_of_ascii_and_is_read_back(name: str) -> None:
    clean = clean_file_name(name)
    value = content_disposition(clean, False)
    assert value.isascii()
    assert value.isprintable()
    plain = re.fullmatch(r'attachment; filename="([^"\\]*)"(?:; filename\*=UTF-8\'\'([\w!#$&+.^`|~%-]+))?', value)
    assert plain is not None
    assert (unquote(plain[2]) if plain[2] else plain[1]) == clean
