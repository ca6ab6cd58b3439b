"""A browser that nobody sees, driven as a person would: Debian's chromium and chromedriver, with a profile of its own.

What the page asked for and what it complained about is read from the browser's own logs.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

WITHIN = 20.0  # seconds that anything may take to be seen


class Browser:
    """A browser with one page of a server."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, url: str, key: str = "", where: str = "") -> None:
        """Open the page of a server in a tab that knows nothing, with a key if one is given, at a view (`#/chat`)."""
        self.driver.get("about:blank")
        self.driver.get(f"{url}/page/logo.svg")  # a place where the storage of the tab can be emptied
        self.script("sessionStorage.clear(); localStorage.clear()")
        self.requested()
        self.complaints()
        self.driver.get(f"{url}/#key={key}" if key else f"{url}/")
        if where:
            self.script("location.hash = arguments[0]", where)

    def script(self, text: str, *arguments: Any) -> Any:
        """Run a script in the page and return what it returns."""
        return self.driver.execute_script(text, *arguments)

    def all(self, selector: str) -> list[WebElement]:
        """Return the elements of a CSS selector that are there now."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str, text: str = "") -> WebElement:
        """Wait for an element that is seen, and has a text in it, and return it."""
        return self.until(
            lambda: next(
                (found for found in self.all(selector) if found.is_displayed() and text in found.text),
                None,
            ),
            f"{selector} {text}",
        )

    def until(self, condition: Any, what: str = "") -> Any:
        """Wait until a condition gives something true, and return that."""
        ignored = webdriver.remote.webdriver.WebDriverException
        wait = WebDriverWait(self.driver, WITHIN, poll_frequency=0.03, ignored_exceptions=[ignored])
        return wait.until(lambda _: condition(), f"waited for {what}")

    def complaints(self) -> list[str]:
        """Return the errors and warnings of the page since the last time: scripts that failed, what a policy refused."""
        entries = self.driver.get_log("browser")
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]

    def requested(self) -> list[str]:
        """Return the addresses that were asked for since the last time."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]

    def look(self, *, width: int = 1280, height: int = 800, theme: Literal["dark", "light"] = "dark") -> None:
        """Take the size of a screen, and the theme that its system asks for."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


@contextmanager
def browsing(profile: Path) -> Iterator[Browser]:
    """Start a browser with a profile in a folder, and end it with the block."""
    if os.environ.get("NO_GUI") == "1":
        pytest.skip("NO_GUI=1: this test opens a browser and was left out")
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        missing = "chromium" if program is None else "chromedriver"
        pytest.fail(
            f"{missing} is missing, which the tests of the web page need. On Debian: apt-get install chromium chromium-driver. "
            "Or set NO_GUI=1 to leave them out"
        )
    options = webdriver.ChromeOptions()
    options.binary_location = program
    wanted = [
        "--headless=new",
        "--disable-gpu",
        f"--user-data-dir={profile}",
        "--window-size=1280,800",
        "--no-first-run",
    ]
    wanted += ["--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--lang=en"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        wanted.append("--no-sandbox")  # chromium's sandbox does not work for root
    for argument in wanted:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(executable_path=driver))
    try:
        started.set_script_timeout(WITHIN)
        yield Browser(started)
    finally:
        started.quit()
