"""Requests that wait for the test."""

from playwright.sync_api import Page, Route


def hold(page: Page, address: str) -> list[Route]:
    """From now on what the page asks these addresses for waits in this list until it is let go on."""
    held: list[Route] = []

    def wait(route: Route) -> None:
        held.append(route)

    page.route(address, wait)
    return held
