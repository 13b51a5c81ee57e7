"""Whether the browser tests can run."""

CHROMIUM_IS_MISSING = "Browser tests need Chromium (apt-get install chromium): not run"
