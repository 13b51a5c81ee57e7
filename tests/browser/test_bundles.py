"""What is served has the rules that were written; the pages in other tests show that the script works."""

import pytest
from django.conf import settings

from roapp.web.bundles import bundle, minified
from tests.browser import IN_CHROMIUM

pytestmark = IN_CHROMIUM
STATIC = settings.BASE_DIR / "static"
RULES = """text => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return [...sheet.cssRules].map(rule => rule.cssText);
}"""


@pytest.mark.parametrize("name", ["app.css", "admin.css", "plain.css", "theme.css"])
def test_minified_stylesheets_have_the_rules_that_were_written(chromium, name):
    page = chromium.new_page()
    # Browsers keep custom properties as they are written.
    written = page.evaluate(RULES, bundle(STATIC / name).replace(", ", ","))
    served = page.evaluate(RULES, minified(STATIC / name))
    page.close()
    assert len(written) > 5
    assert served == written
