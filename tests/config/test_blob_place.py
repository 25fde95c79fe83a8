"""Where the files of a cluster are kept: a folder or a bucket, whose secret nobody is shown."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.command_line import load, show
from tornado_chat.config.blob_place import S3Place, read_blob_place
from tornado_chat.config.settings import SettingsError

CLUSTER = {"TORNADO_CHAT_CLUSTER": "postgresql://db/chat"}
KEYS = {"key": "AKIA", "secret": "se/cr+et"}
AMAZON = "s3.eu-west-1.amazonaws.com"
URL = "s3://AKIA:se%2Fcr%2Bet@"


def complaint(*flags: str, **environ: str) -> str:
    with pytest.raises(SettingsError) as wrong:
        load(flags, environ)
    return str(wrong.value)


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("/mnt/chat", Path("/mnt/chat")),
        ("~/chat", Path.home() / "chat"),
        (f"{URL}s3.example.com/chat", S3Place("s3.example.com", 443, "chat", **KEYS)),
        (f"{URL}{AMAZON}/chat/", S3Place(AMAZON, 443, "chat", "", "eu-west-1", **KEYS)),
        ("s3://minio/chat/a/b?tls=off", S3Place("minio", 80, "chat", "a/b", tls=False)),
        ("s3://[::1]:9000/chat?region=here&tls=on", S3Place("::1", 9000, "chat", region="here")),
    ],
)  # fmt: skip
def test_a_place_is_a_folder_or_a_bucket(written: str, place: object, tmp_path: Path) -> None:
    assert read_blob_place(f" {written}\r\n") == place
    file = tmp_path / "chat.toml"
    file.write_text(f'blobs = "{written}"')
    for settings in (load(["--blobs", written], CLUSTER), load(["--config", str(file)], CLUSTER)):
        assert settings.blobs == place


def test_a_folder_in_the_file_begins_where_the_file_is(tmp_path: Path) -> None:
    (tmp_path / "chat.toml").write_text('blobs = "files"')
    assert load(["--config", str(tmp_path / "chat.toml")], CLUSTER).blobs == tmp_path / "files"


@pytest.mark.parametrize(
    "url",
    [
        *("s3://", "s3://secret", f"{URL}host", f"{URL}host/", f"{URL}host/b", f"{URL}host:secret/bucket"),
        *(f"{URL}host/bucket?secret=1", f"{URL}host/bucket?tls=maybe", f"{URL}host/bucket?region=a/b"),
        *(f"{URL}host/bucket/../x", f"{URL}host/bucket/a//b", f"{URL}host/bucket/sécret", f"{URL}host/bucket#secret"),
        *("s3://secret@host/bucket", "s3://AKIA:sec/ret@host/bucket", "s3://AKIA:sec ret@host/bucket"),
        *("s3://AKIA:secret@[::1/bucket", "s3://AKIA:secret\x01@host/bucket", "s3://AKIA:s%C3%A9cret@host/bucket"),
        *("http://AKIA:secret@host/bucket", "S3://AKIA:secret@host/bucket", "s3:/secret", "'/mnt/secret'"),
    ],
)
def test_what_is_wrong_with_a_place_is_said_without_a_word_of_it(url: str) -> None:
    if url == "s3:/secret":
        assert read_blob_place(url) == Path("s3:/secret")
        return
    for said in (complaint("--blobs", url, **CLUSTER), complaint(TORNADO_CHAT_BLOBS=url, **CLUSTER)):
        assert "must be a folder that all servers see, or an address like s3://KEY:SECRET@HOST/BUCKET" in said
        assert not re.search("secret|sec|AKIA|maybe", said.replace("of the secret", ""))


def test_a_place_is_shown_without_its_secret() -> None:
    for said in (
        show([], {"TORNADO_CHAT_BLOBS": f"{URL}host:9000/chat/files", **CLUSTER}),
        repr(read_blob_place(f"{URL}host:9000/chat/files")),
    ):
        assert not re.search("AKIA|cr.et", said)
    said = show([], {"TORNADO_CHAT_BLOBS": f"{URL}[::1]:9000/chat/files", **CLUSTER})
    assert tomllib.loads(said)["blobs"] == "s3://[::1]:9000/chat/files"
    assert "cr" not in complaint(f"--blob={URL}host/chat", **CLUSTER).partition("did you mean")[0]


def test_keys_come_from_the_environment_where_the_address_has_none() -> None:
    bare, own = read_blob_place("s3://host/chat"), read_blob_place(f"{URL}host/chat")
    assert isinstance(bare, S3Place)
    assert isinstance(own, S3Place)
    environ = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "se/cr+et"}
    assert bare.with_keys(environ) == own == own.with_keys({})
    for missing in ({}, {"AWS_ACCESS_KEY_ID": "AKIA"}):
        with pytest.raises(ValueError, match="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
            bare.with_keys(missing)


def test_a_server_by_itself_has_its_files_in_its_data_folder() -> None:
    assert "--blobs needs --cluster: a server by itself keeps files in its data folder" in complaint(
        "--blobs", "/mnt"
    )
