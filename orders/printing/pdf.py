"""A slip as a PDF, drawn from the HTML and the stylesheet that the browser prints.

PlutoPrint fetches nothing here but what this module gives it: no text on a slip can make the server open an
address or a file.
"""

from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from math import ceil
from pathlib import Path

import font_roboto
import plutoprint
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from common.http import Context
from orders.printing.slips import Paper, Sheet

FONTS = {
    "slip:regular": font_roboto.Roboto,
    "slip:bold": font_roboto.RobotoBold,
}
"""So that a slip looks the same everywhere, and on a machine without any font."""
LOGO = "slip:logo"
MM_PER_PIXEL = 25.4 / 96
POINTS_PER_PIXEL = 72 / 96
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
    sheets: Sequence[Sheet], *, title: str, logo: bytes | memoryview | None
) -> bytes:
    """The PDF of these sheets: for each pages of A4, or a receipt as long as it needs to be. ``title`` is the
    document's."""
    fetcher = _Given(bytes(logo or b""))
    written = BytesIO()
    size = plutoprint.PAGE_SIZE_A4
    with plutoprint.PDFCanvas.create_for_stream(written, size) as canvas:
        canvas.set_metadata(plutoprint.PDF_METADATA_TITLE, title)
        canvas.scale(POINTS_PER_PIXEL, POINTS_PER_PIXEL)
        for sheet in sheets:
            _draw(canvas, _sheet(sheet, fetcher))
    return written.getvalue()


def _draw(canvas: plutoprint.PDFCanvas, book: plutoprint.Book) -> None:
    for page in range(book.get_page_count()):
        canvas.set_size(book.get_page_size_at(page))
        book.render_page(canvas, page)
        canvas.show_page()


def _sheet(sheet: Sheet, fetcher: _Given) -> plutoprint.Book:
    document = {"slip": sheet.slip, "html": sheet.html, "style": _style()}
    book = _book(document, fetcher, height=ENDLESS)
    if sheet.slip.paper == Paper.RECEIPT:
        return _receipt(document, fetcher, least=book.get_document_height())
    return book


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
    return book


@lru_cache(maxsize=1)
def _style() -> str:
    """Our own stylesheet: nothing in it has to be escaped."""
    return Path(str(finders.find("css/slip.css"))).read_text()
