"""What is wrong with a page as Chromium shows it: too wide, nameless, unreadable in one of the themes."""

from pathlib import Path

from playwright.sync_api import Page

INSPECT = Path(__file__).with_name("inspect.js").read_text()
LEAST_CONTRAST = 4.5
"""WCAG AA for text of any size."""
CONTROLS = {
    "button",
    "checkbox",
    "combobox",
    "link",
    "menuitem",
    "searchbox",
    "textbox",
    "DisclosureTriangle",
    "Date",
}
LONG = (
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
)
RIGHT_TO_LEFT = "شاشة عرض أصلية مع إطار"


def faults(page: Page) -> list[str]:
    """What is wrong with the page as it is shown now, in either theme."""
    # What is asked for before the stylesheet is here is answered without it.
    page.wait_for_load_state("load")
    found = nameless(page)
    for scheme in ["light", "dark"]:
        page.emulate_media(color_scheme=scheme)
        found += [
            f"{scheme}: {each}" for each in page.evaluate(INSPECT, LEAST_CONTRAST)
        ]
    return found


def nameless(page: Page) -> list[str]:
    """The controls that a screen reader could only call by their kind, as Chromium itself sees it."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")[
        "nodes"
    ]
    controls = [
        each
        for each in nodes
        if not each["ignored"] and each["role"]["value"] in CONTROLS
    ]
    assert controls
    return [
        f"a {each['role']['value']} without a name"
        for each in controls
        if not each.get("name", {}).get("value")
    ]


def look_at(page: Page, path: str) -> None:
    """The page as narrow as a telephone, a tablet held upright, and as wide as a desk."""
    page.goto(path)
    for width in [390, 768, 1360]:
        page.set_viewport_size({"width": width, "height": 900})
        found = faults(page)
        assert found == [], f"{path} at {width} px: {found}"
