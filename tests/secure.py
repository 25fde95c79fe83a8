"""What makes a class of tests run over TLS too."""

import ssl
from typing import Any

import pytest


class OverTls:
    """Goes before the class whose tests are to run over TLS; `tls` is what its clients connect with."""

    @pytest.fixture(autouse=True)
    def _certificate(self, certificate: dict[str, str]) -> None:
        self.certificate = certificate
        self.tls = ssl._create_unverified_context()

    def get_httpserver_options(self) -> dict[str, Any]:
        return {"ssl_options": self.certificate}

    def get_protocol(self) -> str:
        return "https"
