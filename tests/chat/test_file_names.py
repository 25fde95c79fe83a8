"""Names of files from outside."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tornado_chat.chat.file_names import MAX_FILE_NAME, NAMELESS, clean_file_name


@pytest.mark.parametrize(
    "name",
    [
        *("photo.jpg", "Grüße aus Köln.pdf", "上海的夏天.png", "صورة العائلة.jpg", "ภาพถ่าย.webp"),
        *("علی\u200cرضا.pdf", "👩\u200d🚀 lift-off.mp4", "archive.tar.gz", "a'b (1) [2] {3} & #4 100%.txt"),
        *("控制.con", "console.log"),
    ],
    ids=ascii,
)
def test_a_name_that_people_give_stays(name: str) -> None:
    assert clean_file_name(name) == name


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("/", NAMELESS),
        ("..", NAMELESS),
        ("", NAMELESS),
        ("   ", NAMELESS),
        ("\u200d", NAMELESS),
        ("\u0301", NAMELESS),
        ("a\x00b\nc\x7f.txt", "abc.txt"),
        ("photo\u202egnp.exe", "photognp.exe"),  # shown as photoexe.png otherwise
        ("\u2066x\u2069.png", "x.png"),
        ("a\u2028b.png", "ab.png"),
        ("\ufeffa\ue000b.png", "ab.png"),
        ("a\ud800b.png", "ab.png"),
        ("a\u00a0\u3000 b.png", "a b.png"),
        (".bashrc", "bashrc"),
        ("name. . .", "name"),
        ('a<b>c:d"e|f?g*.txt', "a_b_c_d_e_f_g_.txt"),
        ("C:evil.txt", "C_evil.txt"),
        ("con", "_con"),
        ("NUL.tar.gz", "_NUL.tar.gz"),
        ("LPT¹.txt", "_LPT¹.txt"),
        ("Cafe\u0301.png", "Café.png"),
    ],
    ids=ascii,
)
def test_what_cannot_stay_is_left_out(name: str, clean: str) -> None:
    assert clean_file_name(name) == clean


def test_a_long_name_keeps_its_suffix() -> None:
    assert clean_file_name("上" * 5_000 + ".jpeg") == "上" * (MAX_FILE_NAME - 6) + ".jpeg"
    assert clean_file_name("a." + "b" * 5_000) == "b" * (MAX_FILE_NAME - 1)


@settings(deadline=None)
@given(st.text(max_size=400))
def test_any_name_becomes_one_that_can_be_a_file_anywhere_and_stays_it(name: str) -> None:
    clean = clean_file_name(name)
    assert 1 <= len(clean) <= MAX_FILE_NAME
    assert not re.search(r'[/\\<>:"|?*]', clean)
    assert clean == clean.strip(" .")
    assert not {"Cc", "Cs", "Zl", "Zp"} & set(map(unicodedata.category, clean))
    assert not {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI"} & set(
        map(unicodedata.bidirectional, clean)
    )
    assert clean_file_name(clean) == clean
