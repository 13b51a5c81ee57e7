"""The product as it is in Chromium."""

import pytest

IN_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.once,  # what the browser shows does not depend on the kind of database
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
"""The marks of every module here."""
