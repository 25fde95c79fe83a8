"""Who is connecting: guests, their tokens, and the secret that signs them."""

import re
from pathlib import Path

import pytest

from tornado_chat.identity import Identity, load_secret
from tornado_chat.protocol import Refused, User

HERE = Identity(b"s" * 32)


def test_every_guest_is_a_new_user_with_a_clean_name() -> None:
    ann, other = HERE.guest(" \uff21nn "), HERE.guest("Ann")
    assert ann.name == other.name == "Ann"
    assert ann != other
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", ann.id)
    with pytest.raises(Refused) as refused:
        HERE.guest("An\u202en")
    assert refused.value.code == "invalid-name"


@pytest.mark.parametrize("name", ["Ann", "Zo\xeb", "\u674e", "\U0001f600", "x" * 64, '"\\'])
def test_a_token_is_the_same_user_again_also_after_a_restart(name: str) -> None:
    ann = HERE.guest(name)
    token = HERE.token(ann)
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", token)
    again = Identity(b"s" * 32).resume(token)
    assert again == ann
    assert again is not None
    assert again.name == name


def test_a_token_of_another_secret_is_nobody() -> None:
    assert Identity(b"t" * 32).resume(HERE.token(HERE.guest("Ann"))) is None


def test_a_token_of_which_any_character_is_another_is_nobody() -> None:
    token = HERE.token(HERE.guest("Ann"))
    for place in range(len(token)):
        for char in "A_.\xe9":
            forged = token[:place] + char + token[place + 1 :]
            assert (HERE.resume(forged) is None) == (forged != token)


def test_a_truncated_or_longer_token_is_nobody() -> None:
    token = HERE.token(HERE.guest("Ann"))
    for cut in range(len(token)):
        assert HERE.resume(token[:cut]) is None
        assert HERE.resume(token[cut + 1 :]) is None
    for longer in (token + "=", token + "A", token + ".", token + "\n", " " + token, token + token):
        assert HERE.resume(longer) is None


@pytest.mark.parametrize("token", ["", ".", "..", "\u20ac.\u20ac", "\udcff", "\0", "x" * 100_000, "e30.e30", "[]"])
def test_what_is_no_token_is_nobody(token: str) -> None:
    assert HERE.resume(token) is None


def test_the_payload_of_one_with_the_signature_of_another_is_nobody() -> None:
    ann, bob = (HERE.token(HERE.guest(name)).split(".") for name in ("Ann", "Bob"))
    assert HERE.resume(f"{ann[0]}.{bob[1]}") is None


def test_a_signed_name_that_is_not_allowed_any_more_is_nobody() -> None:
    assert HERE.resume(HERE.token(User("1", "An\u200bn"))) is None


# The secret


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    secret = load_secret(folder)
    assert len(secret) == 32
    assert load_secret(folder) == secret
    assert (folder / "secret").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o077 == 0
    assert load_secret(tmp_path / "other") != secret


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_damaged_secret_is_named_and_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(str(path))):
        load_secret(tmp_path)
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_one_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        load_secret(tmp_path / "file")
