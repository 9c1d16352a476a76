"""A headless Chromium for tests, spoken to over its debugging pipe; no driver and no download."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

NAMES = ("chromium", "chromium-browser", "google-chrome")

_ONTO_3_AND_4 = "import os, sys; r, w, *c = sys.argv[1:]; os.dup2(int(r), 3); os.dup2(int(w), 4); os.execvp(c[0], c)"


def installed():
    """The path of a Chromium, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Tab:
    """One page in the browser."""

    def __init__(self, read, write):
        self._read, self._write = read, write
        self._last, self._session = 0, None
        self.complaints = []
        """Errors and warnings of the page's console, and what its policy has refused."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method, **parameters):
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        self._write.write(
            json.dumps(message | ({"sessionId": self._session} if self._session else {})).encode() + b"\0"
        )
        self._write.flush()
        return self._until(lambda told: told.get("id") == self._last)["result"]

    def _until(self, is_it):
        while True:
            held = bytearray()
            while (byte := self._read.read(1)) != b"\0":
                assert byte, "the browser has ended"
                held += byte
            told = json.loads(held)
            kind = told.get("method")
            if kind == "Log.entryAdded":
                self.complaints.append(told["params"]["entry"]["text"])
            elif kind == "Runtime.exceptionThrown" or (
                kind == "Runtime.consoleAPICalled" and told["params"]["type"] in ("error", "warning")
            ):
                self.complaints.append(json.dumps(told["params"]))
            if is_it(told):
                return told

    def open(self, path, width=1400, height=900):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.ask("Page.navigate", url=path.as_uri())
        self._until(lambda told: told.get("method") == "Page.loadEventFired")

    def run(self, expression):
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")


@contextlib.contextmanager
def tab():
    """Open a browser with one page."""
    (to_read, to_write), (from_read, from_write) = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run")
        command = [installed(), *options, "--disable-dev-shm-usage", f"--user-data-dir={profile}"]
        browser = subprocess.Popen(
            [sys.executable, "-c", _ONTO_3_AND_4, str(to_read), str(from_write), *command],
            pass_fds=(to_read, from_write),
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(from_write)
        try:
            with os.fdopen(from_read, "rb") as read, os.fdopen(to_write, "wb") as write:
                yield Tab(read, write)
        finally:
            browser.kill()
            browser.wait()
