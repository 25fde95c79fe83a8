"""Which emoji there are: one list for reactions and for what the page offers, from one source."""

import re
from pathlib import Path

import pytest

from tornado_chat.chat import emoji
from tornado_chat.chat.emoji import clean_emoji

TEXT = Path(__file__).parents[2] / "public" / "assets" / "text"
LIST = Path(emoji.__file__).with_name("emoji.txt").read_text("utf-8")
TABLE = (TEXT / "emoji_table.js").read_text("utf-8")
TONES = [chr(0x1F3FB + tone) for tone in range(5)]


def offered() -> dict[str, list[str]]:
    """Read what the page offers: each emoji with its names, after "*" where it comes in skin tones."""
    found: dict[str, list[str]] = {}
    for word in TABLE.split("`")[1].split():
        if not word.isascii():
            found[word] = names = []
        else:
            names.append(word)
    return found


def test_all_that_the_page_offers_is_accepted_as_it_is_in_every_skin_tone() -> None:
    for character, names in offered().items():
        assert clean_emoji(character) == character
        if names[0] == "*":
            first, rest = character[0], character[1:].removeprefix("\ufe0f")
            for tone in TONES:
                assert clean_emoji(first + tone + rest) == first + tone + rest


def test_each_has_names_of_its_own_that_stand_between_colons() -> None:
    names = [name for names in offered().values() for name in names if name != "*"]
    assert len(names) == len({*names})
    assert all(re.fullmatch(r"[a-z0-9_+-]{1,40}", name) for name in names)
    assert all(names and names != ["*"] for names in offered().values())


def test_the_search_has_words_for_each_in_every_language_of_the_page() -> None:
    for language in (TEXT.parent / "i18n").glob("??.js"):
        words = (TEXT / f"emoji_words_{language.stem}.js").read_text("utf-8")
        lines = words.split("`")[1].strip().split("\n")
        assert len(lines) == len(offered())
        assert all(lines)


def test_all_files_are_of_the_same_version_of_the_same_source() -> None:
    files = [LIST, *(path.read_text("utf-8") for path in TEXT.glob("emoji_*.js"))]
    sources = {re.search(r"Unicode Emoji [\d.]+, from the npm package \S+@[\d.]+", text) for text in files}
    assert len({found and found[0] for found in sources}) == 1
    assert None not in sources


@pytest.mark.parametrize("spelling", ["#️⃣", "#⃣", "❤", "❤️", "👍🏽", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"])
def test_an_emoji_is_one_with_or_without_the_sign_that_asks_for_a_picture(spelling: str) -> None:
    assert clean_emoji(spelling).replace("\ufe0f", "") == spelling.replace("\ufe0f", "")


@pytest.mark.parametrize("other", ["", "a", "1", "👍👍", "🏽", "👍 ", "# Unicode Emoji", "🇦"])
def test_everything_else_is_none(other: str) -> None:
    with pytest.raises(ValueError, match="one emoji"):
        clean_emoji(other)
