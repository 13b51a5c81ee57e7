"""Which version this is: what the image was built as (Dockerfile)."""

import os

VERSION = os.environ.get("VERSION") or "unknown"
