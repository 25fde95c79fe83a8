"""What is wrong with a database, or with the way to it."""

from __future__ import annotations

import asyncio

from tornado_chat.chat.errors import Error, Refused

__all__ = ["EngineError", "NoChatError", "asyncpg", "is_away", "is_contended", "is_no_text", "unavailable"]

try:
    import asyncpg  # type: ignore[import-untyped]
except ImportError:  # the extra `cluster`; `engine.connect` says so
    asyncpg = None


class EngineError(Exception):
    """The address, the server behind it, or its settings cannot be used. The text says what to do."""


class NoChatError(EngineError):
    """No server has made its tables in the database yet."""


def unavailable() -> Refused:
    """Return the answer to a call that can neither store nor read."""
    return Refused("history is not available; try again later", Error.HISTORY_UNAVAILABLE)


def is_away(error: BaseException) -> bool:
    """Return whether an error says that the database cannot be reached or does not serve now."""
    if isinstance(error, OSError | TimeoutError | EOFError | asyncio.IncompleteReadError):
        return True
    return asyncpg is not None and isinstance(
        error,
        (
            asyncpg.PostgresConnectionError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
            asyncpg.OperatorInterventionError,  # shut down, starting, cancelled by a timeout
            asyncpg.InsufficientResourcesError,  # the disk is full, too many connections
            asyncpg.LockNotAvailableError,
            asyncpg.PostgresSystemError,  # an error of its disk
            asyncpg.ReadOnlySQLTransactionError,  # a standby
            asyncpg.IdleInTransactionSessionTimeoutError,
        ),
    )


def is_cut_off(error: BaseException) -> bool:
    """Return whether an error says that a connection was ended, and nothing of the database behind it."""
    if asyncpg is None or isinstance(error, ConnectionRefusedError | asyncpg.CannotConnectNowError):
        return False
    return isinstance(
        error,
        (
            ConnectionError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
            asyncpg.PostgresConnectionError,
            asyncpg.AdminShutdownError,
        ),
    )


def is_contended(error: BaseException) -> bool:
    """Return whether a transaction was undone for the sake of others, and succeeds if it is run again."""
    return asyncpg is not None and isinstance(error, asyncpg.TransactionRollbackError)


def is_no_text(error: BaseException) -> bool:
    """Return whether an error says that a text cannot be stored, nor found, as it has a NUL or a lone surrogate."""
    return asyncpg is not None and (
        isinstance(error, asyncpg.CharacterNotInRepertoireError)
        or (isinstance(error, asyncpg.DataError) and isinstance(error.__cause__, UnicodeEncodeError))
    )


def in_words(error: BaseException) -> str:
    """Return what an error says, in one line for people."""
    if asyncpg is not None and isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError):
        return "the connection was lost"  # these say how the client noticed it
    return " ".join(str(error).split()) or type(error).__name__
