"""The certificate that TLS is served with, loaded again when its files have changed."""

from __future__ import annotations

import logging
import os
import ssl
from pathlib import Path

from tornado_chat.settings import SettingsError

log = logging.getLogger("tornado_chat")


class Certificate:
    """A certificate and its key, PEM (`key` None: in the same file). SettingsError where they cannot be used.

    `context`: what connections are served with; a new certificate is for those that come after it.
    """

    def __init__(self, cert: Path, key: Path | None) -> None:
        self._files = (cert, key or cert)
        self._seen = self._changed()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._load(self.context)

    def reload(self) -> None:
        """Load the files again if they have changed; while they do not fit, what was loaded stays."""
        changed = self._changed()
        if changed == self._seen:
            return
        self._seen = changed
        try:
            self._load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
            self._load(self.context)
        except SettingsError as error:
            log.error("%s; the certificate that was loaded stays", error)
        else:
            log.info("%s was loaded again", self._files[0])

    def _load(self, context: ssl.SSLContext) -> None:
        for name, file in zip(("--tls-cert", "--tls-key"), self._files, strict=True):
            try:
                file.read_bytes()
            except OSError as error:
                raise SettingsError(f"{name} {file}: {error.strerror}") from None
        try:
            cert, key = self._files
            context.load_cert_chain(cert, key, password="")  # else it would ask for one, and wait
        except ssl.SSLError as error:
            files = " and ".join(dict.fromkeys(map(str, self._files)))
            wanted = "a certificate and its key (PEM, without a password)"
            why = f": {error.reason}" if error.reason else ""
            raise SettingsError(f"--tls-cert: {files} must be {wanted}{why}") from None

    def _changed(self) -> list[int]:
        return [file.stat().st_mtime_ns if os.path.exists(file) else 0 for file in self._files]
