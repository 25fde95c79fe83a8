"""Accounts: names that read the same are one, passwords are never kept, sessions end."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import on_database
from tornado_chat.auth.accounts import SESSIONS, Accounts, clean_account, is_password, make_hash, session_of
from tornado_chat.chat.errors import Refused
from tornado_chat.storage.sqlite.accounts import SqliteAccounts
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.writer import Database

CHEAP = (2**4, 8, 1)
WORD = "correct horse"


def accounts() -> Accounts:
    return Accounts(SqliteAccounts(DirectDatabase()), CHEAP)


async def rows(kept: DirectDatabase, table: str) -> int:
    return await kept.read(lambda connection: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def code_of(call: Any) -> str:
    with pytest.raises(Refused) as refused:
        asyncio.run(call)
    return str(refused.value.code)


@pytest.mark.parametrize(
    "variant",
    [
        *(
            "Ann Lee",
            "ann lee",
            "ANN LEE",
            " Ann  Lee ",
            "\uff21nn Lee",
            "Ann \u217c\u212e\u212e".replace("\u212e", "e"),
        ),
        "\u1d2cnn Lee",  # a letter that is raised
    ],
)
def test_a_taken_name_cannot_be_had_in_another_case_width_or_spacing(variant: str) -> None:
    async def main() -> None:
        house = accounts()
        await house.register("Ann Lee", WORD)
        await house.register(variant, WORD)

    assert code_of(main()) == "invalid-name"


CORPUS = json.loads((Path(__file__).parents[1] / "names.json").read_text())


@pytest.mark.parametrize(("name", "other"), CORPUS["alike"], ids=ascii)
def test_two_names_that_look_the_same_are_one_account(name: str, other: str) -> None:
    async def main() -> None:
        house = accounts()
        ann = await house.register(name, WORD)
        assert await house.check(other, WORD) == await house.check(name, WORD) == await house.find(other) == ann
        with pytest.raises(Refused, match="taken"):
            await house.register(other, WORD)
        bob = await house.register("Bob", WORD)
        with pytest.raises(Refused, match="taken"):
            await house.rename(bob, other)
        await house.rename(ann, other)
        await house.rename(ann, "Zoe")
        assert (await house.rename(bob, other)).id == bob.id

    asyncio.run(main())


def test_the_german_sharp_s_and_the_greek_final_sigma_are_folded() -> None:
    assert clean_account("Stra\xdfe")[1] == clean_account("STRASSE")[1]
    assert (
        clean_account("\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2")[1]
        == clean_account("\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3")[1]
    )


@pytest.mark.parametrize("name", ["\u0410nn", "Ann\u03bf", "p\u0430ypal", "Ann\u0430 Lee", "\u13aann"])
def test_letters_of_alphabets_that_look_alike_are_not_mixed(name: str) -> None:
    with pytest.raises(Refused, match="must not mix"):
        clean_account(name)


@pytest.mark.parametrize(
    "name", ["\u0410\u043d\u043d\u0430", "\u674eann", "Zo\xeb 2", "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2"]
)
def test_a_name_in_one_alphabet_or_beside_one_that_looks_otherwise_is_allowed(name: str) -> None:
    assert clean_account(name)[0] == name


def test_of_many_who_want_a_name_at_once_one_gets_it_and_nothing_of_the_others_stays() -> None:
    async def main() -> None:
        kept = DirectDatabase()
        store = SqliteAccounts(kept)
        house = Accounts(store, CHEAP)
        tries = (house.register(name, WORD) for name in ("Ann", "ann", "ANN", "aNn") * 3)
        outcomes = await asyncio.gather(*tries, return_exceptions=True)
        assert len([one for one in outcomes if not isinstance(one, Refused)]) == 1
        assert len(await store.accounts()) == await rows(kept, "account_names") == 1

    asyncio.run(main())


def test_name_and_password_together_are_the_account_and_nothing_else_is() -> None:
    async def main() -> None:
        house = accounts()
        ann = await house.register("Ann", WORD)
        bob = await house.register("Bob", "another word")
        assert await house.check("ANN", WORD) == ann
        for name, password in (("Ann", "another word"), ("Ann", WORD + " "), ("Ann", ""), ("Eve", WORD), ("", WORD),
                               ("An\0n", WORD), (ann.id, WORD), ("Ann", "x" * 5_000)):  # fmt: skip
            assert await house.check(name, password) is None
        assert ann.id != bob.id
        assert (ann.role, ann.id[:2]) == ("member", "a:")

    asyncio.run(main())


@pytest.mark.parametrize("password", ["", "short", "x" * 1_025])
def test_a_password_is_neither_short_nor_endless(password: str) -> None:
    assert code_of(accounts().register("Ann", password)) == "invalid-field"


def test_a_password_is_the_same_however_its_letters_are_composed() -> None:
    hashed = make_hash("pass w\xf6rd", CHEAP)
    assert is_password("pass wo\u0308rd", hashed)
    assert not is_password("pass word", hashed)


def test_neither_a_password_nor_a_session_can_be_read_from_the_file(tmp_path: Path) -> None:
    async def main(database: Database) -> str:
        house = Accounts(SqliteAccounts(database), CHEAP)
        token = await house.begin(await house.register("Ann", WORD))
        assert await house.resume(token)
        assert await house.resume(session_of(token)) is None  # what is kept opens nothing
        return token

    token = on_database(tmp_path, main)
    kept = (tmp_path / "chat.db").read_bytes()
    assert b"Ann" in kept
    assert WORD.encode() not in kept
    assert token.encode() not in kept
    assert make_hash(WORD, CHEAP) != make_hash(WORD, CHEAP)


def test_a_session_ends_when_it_is_ended_when_its_time_is_over_and_with_another_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main() -> None:
        kept = DirectDatabase()
        house = Accounts(SqliteAccounts(kept), CHEAP)
        ann, bob = await house.register("Ann", WORD), await house.register("Bob", WORD)
        first, second, third, his = [await house.begin(user) for user in (ann, ann, ann, bob)]
        await house.end(session_of(first))
        assert await house.resume(first) is None
        assert await house.resume(second)
        await house.set_password(ann, "another word")
        assert [await house.resume(token) for token in (second, third)] == [None, None]
        assert await house.check("Ann", WORD) is None
        assert await house.check("Ann", "another word") == ann
        assert await house.resume(his)
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 31 * 86_400)
        assert await house.resume(his) is None
        await house.trim()
        assert await rows(kept, "sessions") == 0

    asyncio.run(main())


def test_an_account_has_a_hundred_sessions_and_the_oldest_that_stands_makes_room() -> None:
    async def main() -> None:
        kept = DirectDatabase()
        house = Accounts(SqliteAccounts(kept), CHEAP)
        ann = await house.register("Ann", WORD)
        first = await house.begin(ann)
        for _ in range(3 * SESSIONS):  # signing in and out again takes no room
            await house.end(session_of(await house.begin(ann)))
        tokens = [first, *[await house.begin(ann) for _ in range(SESSIONS - 1)]]
        assert all([await house.resume(token) for token in tokens])
        await house.begin(ann)
        assert [bool(await house.resume(token)) for token in tokens] == [False] + [True] * (SESSIONS - 1)
        assert await rows(kept, "sessions") == SESSIONS

    asyncio.run(main())


@pytest.mark.parametrize("token", ["", "x", "\xff", "a" * 4_000])
def test_what_is_no_session_is_nobody(token: str) -> None:
    assert asyncio.run(accounts().resume(token)) is None


def test_a_renamed_account_signs_in_under_the_new_name_and_frees_the_old_one() -> None:
    async def main() -> None:
        house = accounts()
        ann, bob = await house.register("Ann", WORD), await house.register("Bob", WORD)
        with pytest.raises(Refused, match="taken"):
            await house.rename(ann, "bob")
        assert (await house.rename(ann, "ANN")).name == "ANN"  # its own, in another case
        await house.rename(ann, "Zoe")
        assert await house.check("Ann", WORD) is None
        found = await house.check("zoe", WORD)
        assert found == ann
        assert found.name == "Zoe"
        assert await house.rename(bob, "Ann") == bob

    asyncio.run(main())


def test_renames_at_the_same_time_leave_one_name(tmp_path: Path) -> None:
    async def main(database: Database) -> None:
        house = Accounts(SqliteAccounts(database), CHEAP)
        ann = await house.register("Ann", WORD)
        await asyncio.gather(*(house.rename(ann, name) for name in ("Zoe", "Yan", "Zoe", "Xia", "Yan")))
        found = await house.user(ann.id)
        assert found is not None
        names = await database.read(lambda connection: connection.execute("SELECT * FROM account_names").fetchall())
        assert names == [(found.name.casefold(), found.name.casefold(), ann.id)]

    on_database(tmp_path, main)


def test_a_password_that_is_changed_while_it_waits_to_be_compared_lets_nobody_in() -> None:
    async def main() -> None:
        store = SqliteAccounts(DirectDatabase())
        house = Accounts(store, CHEAP)
        ann = await house.register("Ann", WORD)
        begun, aside = asyncio.Event(), house._aside

        async def begin(work: Any) -> Any:
            begun.set()
            return await aside(work)

        house._aside = begin  # type: ignore[method-assign]
        check = asyncio.ensure_future(house.check("Ann", WORD))
        await begun.wait()
        await store.set_password(ann.id, make_hash("another word", CHEAP))
        assert await check is None

    asyncio.run(main())


def test_a_role_is_known_at_the_next_look() -> None:
    async def main() -> None:
        house = accounts()
        ann = await house.register("Ann", WORD)
        assert not ann.may("ban")
        await house.set_role(ann.id, "admin")
        found = await house.find("ann")
        assert found.may("ban")
        assert [user.role async for user in house.all()] == ["admin"]
        with pytest.raises(Refused, match="no account"):
            await house.find("Bob")

    asyncio.run(main())


def test_an_unknown_name_takes_as_long_as_a_wrong_password() -> None:
    async def main() -> tuple[float, float]:
        house = Accounts(SqliteAccounts(DirectDatabase()), (2**12, 8, 1))
        await house.register("Ann", WORD)
        took: dict[str, list[float]] = {"Ann": [], "Eve": []}
        for _ in range(15):
            for name, times in took.items():
                start = time.process_time()  # of the processor: a busy machine does not count
                assert await house.check(name, "wrong word") is None
                times.append(time.process_time() - start)
        return min(took["Ann"]), min(took["Eve"])

    known, unknown = asyncio.run(main())
    assert 0.5 < unknown / known < 2  # without the hash it would be a hundredth


def test_the_loop_goes_on_while_a_password_is_hashed() -> None:
    async def main() -> None:
        house = Accounts(SqliteAccounts(DirectDatabase()), (2**12, 8, 1))
        turns = 0
        check = asyncio.ensure_future(house.check("Ann", WORD))
        while not check.done():
            turns += 1
            await asyncio.sleep(0)
        assert turns > 1

    asyncio.run(main())
