"""The page of permissions says what the code does."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.models import User
from tornado_chat.chat.permissions import IN_CHANNEL, denied, known_powers, may

PAGE = (Path(__file__).parents[2] / "docs/reference/permissions.md").read_text()
GUEST, ADMIN = User("1", "Ann", "guest"), User("1", "Ann", "admin")
PEOPLE = {
    **{"visitor": (GUEST, None), "member": (GUEST, "member"), "moderator": (GUEST, "moderator")},
    **{"owner": (GUEST, "owner"), "administrator": (ADMIN, None)},
}
FOREVER = int(time.time() * 1000) + 10**9


def rows(title: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the powers of a table with their cells by column."""
    table = re.findall(r"^\| (.+?) ?\|$", PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0], re.MULTILINE)
    head = table[0].split(" | ")
    for line in table[2:]:
        cells = [cell.strip() for cell in re.split(r" \|(?: |$)", line)]
        yield cells[0].strip("`"), dict(zip(head[1:], cells[1:], strict=False))


def allowed(power: str, who: str, silenced: int = 0, **record: object) -> bool:
    user, role = PEOPLE[who]
    return denied(user, power, ChannelRecord("den", **record), role, silenced) is None  # type: ignore[arg-type]


def test_the_powers_in_a_channel_are_those_of_the_page() -> None:
    found = dict(rows("In a channel"))
    assert set(found) == set(IN_CHANNEL)
    for power, cells in found.items():
        for who, cell in cells.items():
            assert allowed(power, who) is (cell in ("yes", "public")), (power, who)
            assert allowed(power, who, kind="private", title="Den") is (cell == "yes"), (power, who)


def test_the_powers_on_the_server_are_those_of_the_page() -> None:
    found = dict(rows("On the server"))
    assert set(found) == set(known_powers())
    for power, cells in found.items():
        for role in ("guest", "member", "admin"):
            assert may(User("1", "Ann", role), power) is (cells[role] == "yes"), (power, role)
            assert (denied(User("1", "Ann", role), power) is None) is (cells[role] == "yes")


def test_what_bars_a_power_is_what_the_page_says() -> None:
    found = dict(rows("What settings of a channel bar"))
    assert set(found) == set(IN_CHANNEL)
    for power, cells in found.items():
        for who in (who for who in PEOPLE if allowed(power, who)):
            rules = {
                "archived": allowed(power, who, archived=True),
                "silenced": allowed(power, who, FOREVER),
                "direct": allowed(power, who, kind="direct"),
                "`posting` is `moderators`": allowed(power, who, posting="moderators"),
            }
            for rule, may_still in rules.items():
                cell = cells[rule]
                bars = cell in ("everyone", "that person") or (
                    cell == "visitors and members" and who in ("visitor", "member")
                )
                assert may_still is not bars, (power, who, rule)
