"""A slip as a PDF, drawn from the HTML and the stylesheet that the browser prints.

PlutoPrint fetches nothing here but what this module gives it: no text on a slip can make the server open an
address or a file.
"""

from functools import lru_cache
from io import BytesIO
from math import ceil
from pathlib import Path

import font_roboto
import plutoprint
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from common.http import Context
from orders.printing.slips import Paper, Slip

FONTS = {
    "slip:regular": font_roboto.Roboto,
    "slip:bold": font_roboto.RobotoBold,
}
"""So that a slip looks the same everywhere, and on a machine without any font."""
LOGO = "slip:logo"
MM_PER_PIXEL = 25.4 / 96
MARGINS = 8
"""Above and below a receipt, in millimetres (templates/orders/printing/pdf.html)."""
ENDLESS = 5_000
STEP = 4


class _Given(plutoprint.ResourceFetcher):
    """Gives a document its fonts and the logo, and nothing else."""

    def __init__(self, logo: bytes) -> None:
        super().__init__()
        self.logo = logo

    def fetch_url(self, url: str) -> plutoprint.ResourceData:
        if font := FONTS.get(url):
            return plutoprint.default_resource_fetcher.fetch_url(Path(font).as_uri())
        content = self.logo if url == LOGO else b""
        return plutoprint.ResourceData(content, "image/png", "")


def render_pdf(
    html: str, slip: Slip, *, title: str, logo: bytes | memoryview | None
) -> bytes:
    """The PDF of what orders.printing.slips.render_slip made: pages of A4, or a receipt as long as it needs
    to be. ``title`` is the document's."""
    document = {"slip": slip, "html": html, "title": title, "style": _style()}
    fetcher = _Given(bytes(logo or b""))
    book = _book(document, fetcher, height=ENDLESS)
    if slip.paper == Paper.RECEIPT:
        book = _receipt(document, fetcher, least=book.get_document_height())
    written = BytesIO()
    book.write_to_pdf_stream(written)
    return written.getvalue()


def _receipt(document: Context, fetcher: _Given, *, least: float) -> plutoprint.Book:
    """On one page: as long as the content says it is (in pixels), and longer until all is on it, since on
    pages it takes up a little more than it says."""
    height = ceil(least * MM_PER_PIXEL * 1.06) + 2 * MARGINS
    book = _book(document, fetcher, height=height)
    while book.get_page_count() > 1:
        height += max(STEP, height // 50)
        book = _book(document, fetcher, height=height)
    return book


def _book(document: Context, fetcher: _Given, *, height: int) -> plutoprint.Book:
    """Laid out; ``height`` is that of a receipt, in millimetres."""
    book = plutoprint.Book(plutoprint.PAGE_SIZE_A4)
    book.custom_resource_fetcher = fetcher
    book.load_html(
        render_to_string("orders/printing/pdf.html", document | {"height": height})
    )
    book.set_metadata(plutoprint.PDF_METADATA_TITLE, document["title"])
    return book


@lru_cache(maxsize=1)
def _style() -> str:
    """Our own stylesheet: nothing in it has to be escaped."""
    return Path(str(finders.find("css/slip.css"))).read_text()
