"""What production serves does the same as the files that it is made of."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from roapp.bundles import bundle, with_imported_css
from tests.browser import IN_CHROMIUM

pytestmark = IN_CHROMIUM
STATIC = settings.BASE_DIR / "static"
RULES = """text => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return [...sheet.cssRules].map(rule => rule.cssText);
}"""


@pytest.mark.parametrize("name", ["app.css", "admin.css", "theme.css"])
def test_minified_stylesheets_have_the_rules_that_were_written(chromium, name):
    page = chromium.new_page()
    # Browsers keep custom properties as they are written.
    written = page.evaluate(RULES, with_imported_css(STATIC / name).replace(", ", ","))
    served = page.evaluate(RULES, bundle(STATIC / name))
    page.close()
    assert len(written) > 5
    assert served == written


def test_minified_script_selects_and_walks_through_menus(open_as, staff, stock):
    window = open_as(staff, "/login/")
    script = bundle(STATIC / "app.js")
    window.route("**/static/app.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))
    window.goto("/orders/?size=25")
    window.locator("#select-page").check()
    expect(window.locator("#selected-count")).to_have_text("25")
    window.locator("#bulk summary", has_text="More actions").click()
    window.keyboard.press("ArrowDown")
    expect(window.locator("#bulk button", has_text="Update order")).to_be_focused()
    window.keyboard.press("Escape")
    expect(window.locator("details[open]")).to_have_count(0)
