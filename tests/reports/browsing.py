"""A headless browser on two pipes: DevTools messages are JSON, ended by a zero byte. Nothing is fetched."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_KEYS = {"Enter": 13, "ArrowRight": 39, "ArrowLeft": 37, "End": 35, "Tab": 9, " ": 32}


@dataclass
class Tab:
    """One page of a browser."""

    told: BinaryIO
    heard: BinaryIO
    session: str = ""
    number: int = 0
    log: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one message and return its answer; what the page says meanwhile goes to ``log``."""
        self.number += 1
        message: dict[str, Any] = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.told.write(json.dumps(message).encode() + b"\0")
        self.told.flush()
        while True:
            answer = self._next()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return dict(answer["result"])
            self.log.append(answer)

    def _next(self) -> dict[str, Any]:
        parts = bytearray()
        while (byte := self.heard.read(1)) != b"\0":
            if not byte:
                raise RuntimeError("the browser ended before it answered")
            parts += byte
        return dict(json.loads(parts))

    def open(self, file: Path) -> None:
        """Show a file, and wait until it is loaded."""
        self.ask("Page.navigate", url=file.as_uri())
        until = time.monotonic() + 30
        while self.run("location.href + document.readyState") != f"{file.as_uri()}complete":
            if time.monotonic() > until:
                raise RuntimeError(f"{file.name} was not loaded within 30 s")
            time.sleep(0.05)

    def run(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(f"{expression}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def press(self, key: str) -> None:
        """Press a key, as a person would; a single letter is written."""
        code = _KEYS.get(key, 0)
        text = "\r" if key == "Enter" else key if len(key) == 1 else ""
        for kind in ("keyDown", "keyUp"):
            written = {"text": text} if text and kind == "keyDown" else {}
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **written)

    def faults(self) -> list[str]:
        """Return what the page complained of: errors of the script, and what its policy stopped."""
        self.run("0")
        kinds = ("Runtime.exceptionThrown", "Log.entryAdded")
        return [json.dumps(one["params"]) for one in self.log if one.get("method") in kinds]


@contextlib.contextmanager
def browser(folder: Path, *, script: bool = True) -> Iterator[Tab]:
    """Start a browser with a profile of its own in a folder, and end it.

    Parameters
    ----------
    script : whether pages may run scripts
    """
    assert BROWSER is not None
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()

    def at_three_and_four() -> None:
        os.dup2(to_read, 198)
        os.dup2(from_write, 199)
        os.dup2(198, 3)
        os.dup2(199, 4)

    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions"]
    process = subprocess.Popen(
        [BROWSER, *flags, "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=at_three_and_four,
        pass_fds=(3, 4),
    )
    os.close(to_read)
    os.close(from_write)
    with os.fdopen(to_write, "wb") as told, os.fdopen(from_read, "rb") as heard:
        try:
            tab = Tab(told, heard)
            target = tab.ask("Target.createTarget", url="about:blank")["targetId"]
            tab.session = tab.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log"):
                tab.ask(f"{domain}.enable")
            tab.ask("Emulation.setScriptExecutionDisabled", value=not script)
            yield tab
        finally:
            process.kill()
            process.wait(timeout=20)
