"""What is said of databases that cannot be used: one line each, that says what to do, and no password."""

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from tests.postgres_server import address
from tests.storage.postgres.faults import Database, database, network
from tornado_chat.storage.postgres.checks import _share_sessions
from tornado_chat.storage.postgres.connecting import connect
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.health import EngineError

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")


async def opened(url: str, schema: str = "tornado_chat") -> dict[str, Any]:
    """Open an Engine; return what its sessions are like."""
    engine = await Engine.open(url, schema=schema)
    about = "SELECT s.ssl, current_setting('search_path') AS path FROM pg_stat_ssl s WHERE pid = pg_backend_pid()"
    try:
        return dict(await engine.read(lambda c: c.fetchrow(about)))
    finally:
        await engine.close()


def said(url: str, schema: str = "tornado_chat") -> str:
    """Return why a database cannot be used."""
    with pytest.raises(EngineError) as error:
        asyncio.run(opened(url, schema))
    text = str(error.value)
    assert text.startswith("--cluster")
    assert "\n" not in text
    assert "hunter2" not in text
    return text


def sql(url: str, *statements: str) -> None:
    async def run() -> None:
        connection = await connect(url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


def to(url: str, name: str = "postgres", user: str = "postgres:hunter2") -> str:
    """Return the address of another database, or for another user, of the same server."""
    parts = urlsplit(url)
    return f"postgresql://{user}@{parts.hostname}:{parts.port}/{name}"


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("mysql://a:hunter2@localhost/chat", "--cluster: this is no address of a PostgreSQL"),
        ("postgresql://a:hunter2@localhost:port/chat", "--cluster: this is no address of a PostgreSQL"),
        ("postgresql://a:hunter2@[::1/chat", "--cluster: this is no address of a PostgreSQL"),
        ("postgresql://a:hunter2@localhost/chat?sslmode=maybe", "sslmode"),
        ("postgresql://a:hunter2@127.0.0.1:1/chat", "--cluster 127.0.0.1:1/chat cannot be reached"),
        ("postgresql://a:hunter2@127.0.0.1:1/chat", "look at host and port in the address, and whether PostgreSQL"),
        ("postgresql://a:hunter2@nowhere.invalid/chat", "; look at the host in the address"),
        ("postgresql://a:hunter2@nowhere.invalid/chat", "--cluster nowhere.invalid/chat cannot be reached"),
        ("postgresql://a:hunter2@127.0.0.1:1,127.0.0.1:2/chat", "--cluster 127.0.0.1:1,127.0.0.1:2/chat cannot be"),
    ],
)
def test_a_wrong_address(url: str, wrong: str) -> None:
    assert wrong in said(url)


def test_something_else_at_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never answers
        url = f"postgresql://a:hunter2@127.0.0.1:{silent.getsockname()[1]}/chat"
        with pytest.raises(EngineError, match="cannot be reached: TimeoutError; look at host and port"):
            asyncio.run(connect(url, patience=0.2))


def test_a_database_that_there_is_not() -> None:
    assert said(to(address(), "nothing")).endswith(
        '/nothing: database "nothing" does not exist; make it with: createdb nothing'
    )


def test_a_user_that_there_is_not() -> None:
    assert "look at the user in the address, or make it with: createuser" in said(
        to(address(), user="nobody:hunter2")
    )


def test_a_parameter_that_there_is_not() -> None:
    assert said(f"{to(address())}?sslmod=require").endswith(
        'unrecognized configuration parameter "sslmod"; look at what follows the ? in the address'
    )


def test_a_database_of_another_encoding() -> None:
    url = address()
    sql(url, "CREATE DATABASE western ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    try:
        assert "has the encoding LATIN1; make a database with: createdb -E UTF8" in said(to(url, "western"))
    finally:
        sql(url, "DROP DATABASE western")


def test_a_database_that_only_reads() -> None:
    url = address()
    sql(url, "CREATE DATABASE shut", "ALTER DATABASE shut SET default_transaction_read_only = on")
    try:
        assert "default_transaction_read_only on; set it to off: ALTER DATABASE" in said(to(url, "shut"))
    finally:
        sql(url, "DROP DATABASE shut")


def test_a_user_who_may_make_no_schema() -> None:
    url = address()
    sql(url, "CREATE ROLE poor LOGIN", "CREATE DATABASE theirs")
    try:
        poor = to(url, "theirs", "poor")
        assert said(poor).endswith(
            "/theirs: permission denied for database theirs;"
            " as its owner, run there: CREATE SCHEMA tornado_chat AUTHORIZATION poor"
        )
        sql(to(url, "theirs"), "CREATE SCHEMA tornado_chat")
        text, _, cure = said(poor).rpartition("; as its owner, run there: ")
        assert "permission denied for schema tornado_chat" in text
        assert cure == "ALTER SCHEMA tornado_chat OWNER TO poor"
        sql(to(url, "theirs"), cure)
        assert asyncio.run(opened(poor))["path"] == "tornado_chat"
    finally:
        sql(url, "DROP DATABASE theirs", "DROP ROLE poor")


def test_an_older_version() -> None:
    """There is no older one here: the network says it is."""

    async def main(url: str) -> None:
        async with network(url, lambda data: data.replace(b"server_version\x0015.", b"server_version\x0013.")) as way:
            with pytest.raises(EngineError, match=r"is PostgreSQL 13; version 14 or newer is needed"):
                await opened(way.url)

    asyncio.run(main(address()))


def test_a_server_that_may_lose_messages() -> None:
    with database("-c fsync=off") as lax:
        assert "has fsync off: it would lose messages; set fsync = on in postgresql.conf" in said(lax.url)
        lax.stop("fast")
        lax.options = "-c synchronous_commit=off"
        lax.start()
        assert "has synchronous_commit off: it would lose messages; set it to on" in said(lax.url)
        sql(lax.url, "ALTER ROLE postgres SET synchronous_commit = local")
        asyncio.run(opened(lax.url))
        lax.stop("fast")
        (lax.folder / "data" / "standby.signal").touch()
        lax.options = ""
        lax.start()
        assert "is a standby, which takes no messages; give the address of the primary" in said(lax.url)


@contextmanager
def asked_for_passwords(options: str = "", kind: str = "host") -> Iterator[Database]:
    """Give a database whose user ana has the password hunter2, and to which only users with passwords may connect."""
    with database(options) as guarded:
        sql(guarded.url, "CREATE ROLE ana LOGIN PASSWORD 'hunter2'", "CREATE DATABASE chat OWNER ana")
        hba = guarded.folder / "data" / "pg_hba.conf"
        hba.write_text(f"{kind} chat ana 127.0.0.1/32 scram-sha-256\nhost all postgres 127.0.0.1/32 trust\n")
        sql(guarded.url, "SELECT pg_reload_conf()")
        yield guarded


def test_a_wrong_password() -> None:
    with asked_for_passwords() as guarded:
        assert 'password authentication failed for user "ana"; look at the user and the password' in said(
            to(guarded.url, "chat", "ana:hunter3")
        )
        assert "look at the user and the password in the address" in said(to(guarded.url, "chat", "ana"))
        assert "no pg_hba.conf entry" in said(to(guarded.url, "chat", "ben:hunter2"))
        assert said(to(guarded.url, "postgres", "ana:hunter2")).endswith("; let this machine in there")
        asyncio.run(opened(to(guarded.url, "chat", "ana:hunter2")))


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key, and a certificate for 127.0.0.1 that it signed itself."""
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1".split()
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    files = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subprocess.run([*command, *key, *files], check=True, capture_output=True)
    return folder


def test_tls(signed: Path, certificate: dict[str, str]) -> None:
    with asked_for_passwords(kind="hostssl") as guarded:
        ana = to(guarded.url, "chat", "ana:hunter2")
        assert "; it offers no TLS: set ssl = on there" in said(f"{ana}?sslmode=require")
        data = guarded.folder / "data"
        for name in ("key.pem", "cert.pem"):  # of the database's user, who alone may read them
            shutil.copy(signed / name, data)
            (data / name).chmod(0o600)
            if os.geteuid() == 0:
                shutil.chown(data / name, (data / "PG_VERSION").owner())
        guarded.stop("fast")
        guarded.options = "-c ssl=on -c ssl_cert_file=cert.pem -c ssl_key_file=key.pem"
        guarded.start()
        for mode in ("require", "prefer", f"verify-full&sslrootcert={signed / 'cert.pem'}"):
            assert asyncio.run(opened(f"{ana}?sslmode={mode}"))["ssl"] is True
        assert "no pg_hba.conf entry" in said(f"{ana}?sslmode=disable")
        other = f"{ana}?sslmode=verify-full&sslrootcert={certificate['certfile']}"
        assert "cannot be reached: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed" in said(other)
        elsewhere = ana.replace("127.0.0.1", "localhost")
        assert "certificate is not valid for 'localhost'" in said(
            f"{elsewhere}?sslmode=verify-full&sslrootcert={signed / 'cert.pem'}"
        )
        missing = "a file that sslrootcert, sslcert or sslkey names is not there"
        assert missing in said(f"{ana}?sslmode=verify-full&sslrootcert=/nothing.pem")
        assert said(f"{ana}?sslmode=verify-full").startswith("--cluster: root certificate file")


@contextmanager
def pgbouncer(folder: Path, url: str, *settings: str) -> Iterator[str]:
    """Give the address of a PgBouncer before a database."""
    if PGBOUNCER is None:
        assert os.environ.get("CI") != "true"
        pytest.skip("PgBouncer is not installed: apt install pgbouncer")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    about = [
        "[databases]",
        f"postgres = host=127.0.0.1 port={urlsplit(url).port} user=postgres",
        "[pgbouncer]",
        *("listen_addr = 127.0.0.1", f"listen_port = {port}", "unix_socket_dir =", "auth_type = any", *settings),
    ]
    file = folder / "pgbouncer.ini"
    file.write_text("\n".join(about))
    folder.chmod(0o755)
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with subprocess.Popen([PGBOUNCER, *user, file], stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(1_000):
                with socket.socket() as trying:
                    if trying.connect_ex(("127.0.0.1", port)) == 0:
                        break
                asyncio.run(asyncio.sleep(0.01))
            yield to(f"postgresql://127.0.0.1:{port}/")
        finally:
            process.terminate()


IGNORED = (
    "ignore_startup_parameters = synchronous_commit, plan_cache_mode, enable_seqscan, jit, timezone,"
    " statement_timeout, idle_in_transaction_session_timeout, lock_timeout, search_path, tcp_user_timeout,"
    " tcp_keepalives_idle, tcp_keepalives_interval, tcp_keepalives_count"
)


@pytest.mark.parametrize("settings", [(), ("pool_mode = transaction", IGNORED), ("pool_mode = statement", IGNORED)])
def test_a_pool_of_connections(tmp_path: Path, settings: tuple[str, ...]) -> None:
    with pgbouncer(tmp_path, address(), *settings) as url:
        text = said(url)
        assert "is a pool of connections (PgBouncer?), behind which no notification is heard" in text
        assert "give the database's own address" in text


def test_a_pool_is_known_by_its_sessions(tmp_path: Path) -> None:
    async def share(url: str) -> bool:
        one, two = [await asyncpg.connect(url, statement_cache_size=0) for _ in range(2)]
        try:
            return await _share_sessions(one, two)
        finally:
            await one.close()
            await two.close()

    url = address()
    assert asyncio.run(share(url)) is False
    with pgbouncer(tmp_path, url, "pool_mode = transaction") as pool:
        assert asyncio.run(share(pool)) is True
