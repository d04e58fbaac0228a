"""A headless Chromium, driven through WebDriver's own protocol: JSON over HTTP.

https://www.w3.org/TR/webdriver2/ has the commands; no library stands between.
"""

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)
_PATIENCE = 60.0  # seconds: a first start on a busy machine
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Browser:
    """One session: a page, its keyboard, its logs."""

    def __init__(self, address, capabilities):
        self._address = address
        self._session = ""
        found = self._ask("POST", "", {"capabilities": {"alwaysMatch": capabilities}})
        self._session = f"/{found['sessionId']}"

    def _ask(self, method, path, body=None):
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self._address}/session{self._session}{path}",
            data=content,
            headers={"Content-Type": "application/json"},
            method=method,
        )
        try:
            with _DIRECT.open(request, timeout=_PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error

    def open(self, path, *, width=1280, dark=False):
        """Show a file at a width, in the light or in the dark."""
        mode = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._tool("Emulation.setEmulatedMedia", features=[mode])
        phone = width < 600
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": phone}
        self._tool("Emulation.setDeviceMetricsOverride", **size)
        self._ask("POST", "/url", {"url": path.as_uri()})

    def run(self, script, *arguments):
        """Return what a script returns that runs in the page, as a debugger would."""
        body = {"script": script, "args": list(arguments)}
        return self._ask("POST", "/execute/sync", body)

    def press(self, selector, keys):
        """Type keys into an element."""
        place = {"using": "css selector", "value": selector}
        ((_, element),) = self._ask("POST", "/element", place).items()
        self._ask("POST", f"/element/{element}/value", {"text": keys})

    def log(self, kind):
        """Return what was logged since it was last asked: "browser", "performance"."""
        return self._ask("POST", "/se/log", {"type": kind})

    def requests(self):
        """Return the addresses that were asked for since last asked.

        Chromium announces a request before the page's policy refuses it, too.  What
        its own first tab asks for, before any page of ours, does not count.
        """
        logged = [
            json.loads(one["message"])["message"] for one in self.log("performance")
        ]
        events = {"Network.requestWillBeSent": [], "Network.loadingFailed": []}
        for entry in logged:
            events.setdefault(entry["method"], []).append(entry["params"])
        sent, lost = (
            events["Network.requestWillBeSent"],
            events["Network.loadingFailed"],
        )
        refused = {p["requestId"] for p in lost if p.get("blockedReason") == "csp"}
        return [
            p["request"]["url"]
            for p in sent
            if p["requestId"] not in refused
            and not p["documentURL"].startswith("chrome://")
        ]

    def close(self):
        """End the session."""
        self._ask("DELETE", "")

    def _tool(self, command, **parameters):
        body = {"cmd": command, "params": parameters}
        self._ask("POST", "/goog/cdp/execute", body)


@contextlib.contextmanager
def chromium(profile):
    """Start a browser with an empty profile, and end it and its driver."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    driver = subprocess.Popen([DRIVER, f"--port={port}"], **quiet)
    try:
        address = f"http://127.0.0.1:{port}"
        _await(address)
        flags = [*_FLAGS, f"--user-data-dir={profile}"]
        browser = Browser(
            address,
            {
                "browserName": "chrome",
                "goog:chromeOptions": {"binary": CHROMIUM, "args": flags},
                "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            },
        )
        try:
            yield browser
        finally:
            browser.close()
    finally:
        driver.terminate()
        driver.wait()


def _await(address):
    for _ in range(int(_PATIENCE / 0.1)):
        with contextlib.suppress(OSError):
            _DIRECT.open(f"{address}/status", timeout=1.0).close()
            return
        time.sleep(0.1)
    message = "the driver of the browser does not answer"
    raise AssertionError(message)
