"""Gunicorn's access log: a line is a request, whatever was asked for."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from gunicorn.glogging import Logger

from roapp.web.secret_paths import without_secrets


class AccessLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """The path is written as it was sent: decoded, it could hold the end of this line and another one. The
    address is the client's (roapp.web.clients). What is secret in a path is hidden."""

    def atoms(
        self,
        resp: object,
        req: object,
        environ: dict[str, Any],
        request_time: timedelta,
    ) -> dict[str, Any]:
        atoms: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        path: bytes = environ.get("PATH_INFO", "").encode("latin-1")
        atoms["U"] = without_secrets(quote(path))
        return atoms
