"""Icons that a page draws once."""

import pytest

from common.icons import drawings, like

pytestmark = pytest.mark.once


def test_drawing_fills_whatever_size_is_drawn_like_it():
    """With a size of its own it would be cut in a smaller one."""
    drawn = drawings("external-link", "chevron-down")
    assert drawn.startswith(
        '<svg hidden><symbol id="icon-external-link" viewBox="0 0 24 24"'
    )
    assert '<symbol id="icon-chevron-down" viewBox="0 0 24 24"' in drawn
    assert like("chevron-down", 12) == (
        '<svg width="12" height="12" aria-hidden="true">'
        '<use href="#icon-chevron-down"/></svg>'
    )
