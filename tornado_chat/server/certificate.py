"""The TLS certificate, loaded again when its files have changed."""

from __future__ import annotations

import logging
import os
import ssl
from pathlib import Path

from tornado_chat.config.settings import SettingsError

log = logging.getLogger("tornado_chat")


class Certificate:
    """A certificate and its key, PEM (`key` None: in the same file). SettingsError if they cannot be used.

    `context`: for the server's connections. Those that come after a renewal use the new certificate.
    """

    def __init__(self, cert: Path, key: Path | None) -> None:
        self._files = (cert, key or cert)
        self._seen = [_state(file) for file in self._files]
        self._newest = self.context = self._load()
        self.context.sni_callback = self._use_newest

    def reload(self) -> None:
        """Load the files again if they have changed. While they do not match, the loaded ones stay in use."""
        changed = [_state(file) for file in self._files]
        if changed == self._seen:
            return
        self._seen = changed
        try:
            self._newest = self._load()
        except SettingsError as error:
            log.error("%s; the certificate that was loaded stays", error)
        else:
            log.info("%s was loaded again", self._files[0])

    def _use_newest(self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
        """Use the newest context for a handshake, whether or not the client named a host.

        A context keeps a certificate for each type of key, so a new certificate may not replace the old one in it.
        """
        connection.context = self._newest

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        for name, file in zip(("--tls-cert", "--tls-key"), self._files, strict=True):
            try:
                file.read_bytes()
            except OSError as error:
                raise SettingsError(f"{name} {file}: {error.strerror}") from None
        try:
            cert, key = self._files
            context.load_cert_chain(cert, key, password="")  # else it would ask for one, and wait
        except OSError as error:  # an SSLError is one
            files = " and ".join(dict.fromkeys(map(str, self._files)))
            wanted = "a certificate and its key (PEM, without a password)"
            reason = getattr(error, "reason", None)
            why = f": {reason}" if reason else ""
            raise SettingsError(f"--tls-cert: {files} must be {wanted}{why}") from None
        return context


def _state(file: Path) -> tuple[int, ...]:
    """Return what a change of a file alters: a file that was copied with its times has another inode."""
    try:
        found = os.stat(file)
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_dev, found.st_ino, found.st_size
