"""Settings of a test run, before Django reads them. Loaded by ``-p tests.environment`` (pyproject.toml)."""

import os
import tempfile

os.environ["DEBUG"] = "1"
os.environ.setdefault("VAR_DIR", tempfile.mkdtemp(prefix="roapp-test-"))
os.environ["SHOPIFY_URL"] = ""
os.environ["LOG_LEVEL"] = "WARNING"
