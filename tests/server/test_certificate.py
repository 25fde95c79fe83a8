"""TLS: a server with a certificate, one that is renewed while it runs, and files that do not fit."""

import logging
import os
import ssl
import subprocess
from pathlib import Path

import pytest
from tornado.httpclient import HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.websocket import websocket_connect

from tests.lengths import each_long
from tornado_chat.config.settings import SettingsError
from tornado_chat.server.certificate import Certificate
from tornado_chat.web.app import Chat

EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
RSA = ("rsa:2048",)
ED25519 = ("ed25519",)


def make(folder: Path, name: str, key_type: tuple[str, ...] = EC) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1 and localhost with openssl, which comes with git and curl."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", *key_type, "-nodes", "-subj", f"/CN={name}"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-days", "2"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    return cert, key


async def greeted(port: int, cert: str) -> str:
    """Return who a client is when only this certificate will do."""
    trust = ssl.create_default_context(cadata=cert)
    socket = await websocket_connect(HTTPRequest(f"wss://127.0.0.1:{port}/ws?name=Ann", ssl_options=trust))
    hello = str(await socket.read_message())
    socket.close()
    await socket.read_message()
    return hello


@pytest.mark.gen_test
async def test_a_renewed_certificate_is_served_without_a_restart_and_a_broken_one_never(
    app: Chat, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    files = make(tmp_path, "first")
    first = files[0].read_text()
    certificate = Certificate(*files)
    server = HTTPServer(app, ssl_options=certificate.context)
    sock, port = bind_unused_port()
    server.add_sockets([sock])
    assert '"name":"Ann"' in await greeted(port, first)
    certificate.reload()
    assert "again" not in caplog.text

    files[1].write_text("no key")
    certificate.reload()
    assert "the certificate that was loaded stays" in caplog.text
    assert '"name":"Ann"' in await greeted(port, first)

    make(tmp_path, "second")
    os.utime(files[0], (1, 1))
    certificate.reload()
    assert f"{files[0]} was loaded again" in caplog.text
    assert '"name":"Ann"' in await greeted(port, files[0].read_text())
    with pytest.raises(ssl.SSLError):
        await greeted(port, first)
    server.stop()
    await server.close_all_connections()


@pytest.mark.parametrize(  # without the host's name in the handshake, and with it
    ("host", "version"), [("127.0.0.1", ssl.TLSVersion.TLSv1_3), ("localhost", ssl.TLSVersion.TLSv1_2)]
)
@pytest.mark.parametrize("types", [(RSA, EC), *each_long((EC, ED25519), (EC, RSA, EC))])
def test_a_certificate_renewed_with_a_key_of_another_type_is_served_from_then_on(
    tmp_path: Path, types: tuple[tuple[str, ...], ...], version: ssl.TLSVersion, host: str
) -> None:
    certificate = Certificate(*make(tmp_path, "first", types[0]))
    for number, key_type in enumerate(types[1:]):
        cert, _ = make(tmp_path, f"renewed {number}", key_type)
        certificate.reload()
        assert presented(certificate.context, host, version) == ssl.PEM_cert_to_DER_cert(cert.read_text())


def presented(context: ssl.SSLContext, host: str, version: ssl.TLSVersion) -> bytes | None:
    """Return the certificate that a client is shown."""
    trusting = ssl._create_unverified_context()
    trusting.minimum_version = trusting.maximum_version = version
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(down, up, server_hostname=host)
    server = context.wrap_bio(up, down, server_side=True)
    for _ in range(4):
        for end in (client, server):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
    return client.getpeercert(binary_form=True)


@pytest.mark.parametrize("way", ["moved over it", "linked anew"])
def test_a_renewed_certificate_with_the_times_of_the_old_one_is_seen(tmp_path: Path, way: str) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        for file in make(tmp_path / name, name):
            os.utime(file, (1, 1))
    (tmp_path / "live").symlink_to("old")
    certificate = Certificate(tmp_path / "live" / "cert.pem", tmp_path / "live" / "key.pem")
    renewed = ssl.PEM_cert_to_DER_cert((tmp_path / "new" / "cert.pem").read_text())
    if way == "linked anew":  # as in a volume of Kubernetes
        (tmp_path / "next").symlink_to("new")
        os.replace(tmp_path / "next", tmp_path / "live")
    else:
        for name in ("cert.pem", "key.pem"):
            os.replace(tmp_path / "new" / name, tmp_path / "old" / name)
    certificate.reload()
    assert presented(certificate.context, "localhost", ssl.TLSVersion.TLSv1_3) == renewed


def test_files_that_are_gone_for_a_while_leave_what_was_loaded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cert, key = make(tmp_path, "one")
    shown = ssl.PEM_cert_to_DER_cert(cert.read_text())
    certificate = Certificate(cert, key)
    cert.rename(tmp_path / "away")
    certificate.reload()
    assert "No such file or directory; the certificate that was loaded stays" in caplog.text
    assert presented(certificate.context, "localhost", ssl.TLSVersion.TLSv1_3) == shown


def test_files_that_do_not_fit_are_named_in_one_line(tmp_path: Path) -> None:
    cert, key = make(tmp_path, "one")
    other = tmp_path / "other"
    other.mkdir()
    _, other_key = make(other, "other")
    locked = tmp_path / "locked.pem"
    lock = ["openssl", "ec", "-aes256", "-passout", "pass:x", "-in", str(key), "-out", str(locked)]
    subprocess.run(lock, check=True, capture_output=True)
    for pair, said in (
        ((tmp_path / "none.pem", key), "--tls-cert .*none.pem: No such file"),
        ((cert, tmp_path / "none.pem"), "--tls-key .*none.pem: No such file"),
        ((cert, tmp_path), "--tls-key .*: Is a directory"),
        ((key, cert), "must be a certificate and its key"),
        ((cert, other_key), "must be a certificate and its key"),
        ((cert, locked), "must be a certificate and its key"),
        ((cert, None), "must be a certificate and its key"),
        ((Path(__file__), None), "without a password\\)$"),
        ((tmp_path / ("x" * 300), None), "--tls-cert .*: File name too long"),
    ):
        with pytest.raises(SettingsError, match=said) as raised:
            Certificate(*pair)
        assert "\n" not in str(raised.value)
    both = tmp_path / "both.pem"
    both.write_text(cert.read_text() + key.read_text())
    Certificate(both, None)
