"""Descriptions: harmless, and typed the way they were meant."""

import pytest

from inventory.rich_text import cleaned_html, stored_html, typed_text

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("", ""),
        ("One line & more", "<p>One line &amp; more</p>"),
        ("One\ntwo\n\nthree", "<p>One<br>two</p>\n\n<p>three</p>"),
        ("<ul><li>a</ul>", "<ul><li>a</li></ul>"),
    ],
)
def test_what_was_typed_comes_back_for_editing(typed, stored):
    assert stored_html(typed) == stored
    assert stored_html(typed_text(stored)) == stored


def test_plain_text_is_edited_as_plain_text():
    assert (
        typed_text("<p>One<br>two &amp; three</p>\n<p>four</p>")
        == "One\ntwo & three\n\nfour"
    )
    assert typed_text("<p>1 &lt; 2</p>") == "<p>1 &lt; 2</p>"
    assert typed_text("<p><b>bold</b></p>") == "<p><b>bold</b></p>"


def test_nothing_that_runs_or_reaches_out_is_shown():
    bad = '<p onclick="x()" style="position:fixed" hx-get="/x" class="top">ok</p><script>x</script><img src="https://x/y.png"><nav>in</nav>'
    assert cleaned_html(bad) == "<p>ok</p>in"
    assert (
        cleaned_html('<a href="javascript:x">a</a>')
        == '<a rel="noopener noreferrer">a</a>'
    )


def test_headings_stand_below_those_of_the_page():
    assert (
        cleaned_html('<h1 lang="de">Big</h1><h6>small</h6>')
        == '<h3 lang="de">Big</h3><h3>small</h3>'
    )
