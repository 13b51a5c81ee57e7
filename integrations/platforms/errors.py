"""What may go wrong at a store, named for what to do next. Every text is fit for an admin and holds no
secret."""


class StoreError(Exception):
    """A store could not be read. ``str(error)`` is a whole sentence in English for the admin.

    ``code`` is a short stable word for tests and the ledger; ``request_id`` is the platform's own id of the
    request.
    """

    def __init__(self, text: str, *, code: str, request_id: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.request_id = request_id


class StoreUnavailable(StoreError):
    """Try later: the store is slow, busy or down. ``retry_after`` is seconds to leave it in peace, 0 if not
    said."""

    def __init__(self, text: str, *, code: str, request_id: str = "", retry_after: float = 0) -> None:
        super().__init__(text, code=code, request_id=request_id)
        self.retry_after = retry_after


class StoreRefused(StoreError):
    """An admin must act: token, scope, closed shop, unknown shop, wrong currency."""


class NotSigned(Exception):
    """A message that no store of ours has signed."""


class OrderGone(StoreError):
    """The store no longer has this order."""
