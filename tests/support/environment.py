"""Settings of a test run, before Django reads them. Pytest loads it first
(pyproject.toml)."""

import atexit
import os
import shutil
import tempfile

# A worker finds the folder that its run has made already.
if "ROAPP_TEST_DIR" not in os.environ:
    os.environ["ROAPP_TEST_DIR"] = folder = tempfile.mkdtemp(prefix="roapp-test-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)

# Each worker has one of its own in it: what lies there has the same names in all of them.
os.environ["VAR_DIR"] = os.path.join(
    os.environ["ROAPP_TEST_DIR"], os.environ.get("PYTEST_XDIST_WORKER", "")
)
os.makedirs(os.environ["VAR_DIR"], exist_ok=True)
os.environ["DEBUG"] = "1"
os.environ["SHOPIFY_URL"] = ""
os.environ["PUBLIC_URL"] = ""
os.environ["CURRENCY"] = "EUR"
os.environ["COUNTRY"] = "DE"
os.environ["LANGUAGE_CODE"] = "en"
os.environ["TIME_ZONE"] = "Europe/Berlin"
os.environ["LOG_LEVEL"] = "ERROR"
