"""Descriptions: stored as safe HTML, shown without what could reach outside of its place, typed as HTML or as
plain text."""

import re
from html import unescape

import nh3
from django.utils.html import linebreaks
from django.utils.safestring import SafeString

SHOWN = nh3.ALLOWED_TAGS - {
    "img",
    "map",
    "area",
    "nav",
    "header",
    "footer",
    "article",
    "aside",
}
"""Without pictures, which the pages' security policy keeps out, and without landmarks of a page."""
BREAK = re.compile(r"<br\s*/?>\n?")
PARAGRAPHS = re.compile(r"</p>\s*<p>")
OUTER = re.compile(r"^\s*<p>|</p>\s*$")


HEADING = re.compile(r"<(/?)h[1-6]\b")


def cleaned_html(html: str) -> SafeString:
    """A stored description as a part of a page, below its own headings: HTML that can do no harm."""
    return SafeString(HEADING.sub(r"<\1h3", nh3.clean(html, tags=SHOWN)))


def stored_html(typed: str) -> str:
    """Safe HTML; text without tags keeps its paragraphs."""
    if not typed:
        return ""
    return nh3.clean(typed if "<" in typed else linebreaks(typed))


def typed_text(html: str) -> str:
    """What a person would have to type for ``html``: plain text if it holds nothing but paragraphs, else the
    HTML itself."""
    text = unescape(BREAK.sub("\n", PARAGRAPHS.sub("\n\n", OUTER.sub("", html))))
    return html if "<" in text else text
