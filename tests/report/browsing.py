"""A real, headless Chromium that notices everything a user's browser would complain about."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright

QUIET = (  # no calls home, and no sandbox where tests run as root
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 120_000  # milliseconds; machines that test are busy
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 375, "height": 800}


def launch(playwright: Playwright) -> Browser:
    """Start the Chromium of the system."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    assert found, "no Chromium was found; `make setup` installs it"
    return playwright.chromium.launch(executable_path=found, args=QUIET, timeout=PATIENCE)


@contextmanager
def visiting(browser: Browser, url: str, **context: object) -> Iterator[Page]:
    """A tab on ``url``; it must not have complained, failed, or asked for anything from elsewhere."""
    complaints: list[str] = []
    home = url if url.startswith("file:") else "/".join(url.split("/")[:3])
    with browser.new_context(**context) as tab:  # type: ignore[arg-type]
        page = tab.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: complaints.append(f"console {message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("response", lambda got: complaints.append(f"{got.status}: {got.url}") if got.status >= 400 else None)
        page.on("request", lambda sent: None if local(sent.url, home) else complaints.append(f"asked for {sent.url}"))
        page.goto(url)
        yield page
    assert complaints == []


def local(url: str, home: str) -> bool:
    """Whether ``url`` is of the page itself; an address of a fragment, a blob or a data URL stays within it."""
    return url.startswith((home, "data:", "blob:"))


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def url_of(path: Path) -> str:
    """The address of a file."""
    return path.absolute().as_uri()
