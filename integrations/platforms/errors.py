"""What may go wrong at a store, named for what to do next. Every text is fit for an admin: no secrets."""


class StoreError(Exception):
    """A store could not be read. ``str(error)`` is a whole sentence in English for the admin.

    ``code`` is a short stable word for programs; ``request_id`` is the platform's own id of the request.
    """

    def __init__(self, text: str, *, code: str, request_id: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.request_id = request_id


class StoreUnavailable(StoreError):
    """Try later: the store is slow, busy or down.

    ``retry_after`` is how many seconds to send it nothing; 0 if the platform does not say.
    """

    def __init__(
        self, text: str, *, code: str, request_id: str = "", retry_after: float = 0
    ) -> None:
        super().__init__(text, code=code, request_id=request_id)
        self.retry_after = retry_after


class StoreRefused(StoreError):
    """An admin must act: token, scope, closed shop, unknown shop, wrong currency."""


class SignatureError(Exception):
    """The store that a message claims to come from has not signed it."""
