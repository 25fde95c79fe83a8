"""What a file is, by its first bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tornado_chat.chat.file_types import HEAD, INLINE, PICTURES, PLAIN, TEXT, sniff

BOX = b"\x00\x00\x00\x20ftyp"
WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm"
SEEN = {
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR": "image/png",
    b"\xff\xd8\xff\xe1\x12\x34Exif": "image/jpeg",
    b"GIF87a\x01\x00": "image/gif",
    b"GIF89a\x01\x00": "image/gif",
    b"RIFF\x24\x00\x00\x00WEBPVP8 ": "image/webp",
    BOX + b"isom\x00\x00\x02\x00": "video/mp4",
    BOX + b"mp42": "video/mp4",
    BOX + b"M4A ": "audio/mp4",
    BOX + b"qt  ": "video/quicktime",
    BOX + b"heic": "image/heic",
    BOX + b"avif": "image/avif",
    b"OggS\x00\x02\x01vorbis": "audio/ogg",
    b"OggS\x00\x02\x80theora": "video/ogg",
    WEBM + b"V_VP9": "video/webm",
    WEBM + b"A_OPUS": "audio/webm",
    WEBM + b"V_VP8 A_OPUS": "video/webm",
    b"\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska": "video/x-matroska",
    b"ID3\x04\x00": "audio/mpeg",
    b"\xff\xfb\x90\x64": "audio/mpeg",
    b"%PDF-1.7": "application/pdf",
    b"PK\x03\x04\x14\x00": "application/zip",
    b"\x1f\x8b\x08\x00": "application/gzip",
    "Grüße, 上海\r\n\tمرحبا".encode(): TEXT,
}


@pytest.mark.parametrize(("head", "name"), SEEN.items(), ids=SEEN.values())
def test_a_type_is_known_by_its_signature(head: bytes, name: str) -> None:
    assert sniff(head) == name


@pytest.mark.parametrize(
    "head",
    [
        b"<!doctype html><script>alert(1)</script>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b'<?xml version="1.0"?><svg/>',
        b"\n\n <html>",
        b"<html>GIF89a",
        b"MZ\x90\x00\x03",
        b"\x7fELF",
        b"\x00\x00\x00\x20ftypevil",
        b"RIFF\x24\x00\x00\x00WAVE",
        b"\xff\xfe<\x00s\x00v\x00g\x00",  # UTF-16, which looks like sound at first
        b"\xfe\xff\x00<\x00s",
        b"\xef\xbb\xbf<html>",
        b"PNG",
        b"",
    ],
)
def test_a_page_a_script_and_a_program_are_never_shown_in_place(head: bytes) -> None:
    assert sniff(head) not in INLINE


@pytest.mark.parametrize("end", [b"\x00", b"\x1b[31m", b"\xff", b"\xc3", "\x9f".encode()])
def test_text_is_utf_8_without_control_characters(end: bytes) -> None:
    assert (sniff(b"hello"), sniff(b"hello" + end)) == (TEXT, PLAIN)


def test_a_character_may_be_cut_where_the_head_ends_and_nowhere_else() -> None:
    assert sniff(("a" + "é" * HEAD).encode()[:HEAD]) == TEXT
    assert sniff(("a" + "é" * 9).encode()[:10]) == PLAIN


def test_an_empty_file_is_plain() -> None:
    assert sniff(b"") == PLAIN


@settings(deadline=None)
@given(st.binary(max_size=64))
def test_any_bytes_have_a_type_that_is_harmless_or_in_the_table(head: bytes) -> None:
    known = {*SEEN.values(), *INLINE, PLAIN}
    assert sniff(head) in known
    assert PICTURES < INLINE
    assert not {name for name in INLINE if "svg" in name or "html" in name or "text" in name}
