"""Tests of telling alerts: with apprise itself, to a server on this machine."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from audit.errors import UsageError
from audit.ledger import Ledger, alerts, verify
from audit.ledger.alerts import Alert
from audit.schedule import notify

AT = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
ALERT = Alert("failed/night/x", "failed", "night: the audit failed", "Slot x ended with exit code 1")


class Chat(HTTPServer):
    """A webhook that keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[dict[str, str]] = []
        self.answer = 200
        super().__init__(("127.0.0.1", 0), Ear)

    @property
    def address(self) -> str:
        return f"json://somebody:hunter2@127.0.0.1:{self.server_port}/"


class Ear(BaseHTTPRequestHandler):
    """Answers as the chat says."""

    server: Chat

    def do_POST(self) -> None:
        """Hear one message."""
        self.server.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chat]:
    """A chat that whoever watches reads."""
    with Chat() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        monkeypatch.setenv(notify.VARIABLE, server.address)
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A new ledger."""
    with Ledger.open(str(tmp_path / "ledger.db"), create=True) as opened:
        yield opened


def test_an_alert_is_told_once(chat: Chat, ledger: Ledger) -> None:
    """Raised twice, told twice: one message, two entries (raised, sent), and the ledger verifies."""
    assert alerts.raised(ledger, ALERT, at=AT)
    assert not alerts.raised(ledger, ALERT, at=AT)
    send = notify.sender()
    assert [one.alert for one in notify.tell(ledger, send=send, at=AT)[0]] == [ALERT.alert]
    assert notify.tell(ledger, send=send, at=AT) == ((), None)
    (heard,) = chat.heard
    assert (heard["title"], heard["message"], heard["type"]) == (ALERT.title, ALERT.text, "failure")
    assert verify(ledger).ok


def test_what_could_not_be_told_is_told_later(chat: Chat, ledger: Ledger, capfd) -> None:
    """A chat that refuses gets it again at the next tick, for a day; no address is printed."""
    alerts.raised(ledger, ALERT, at=AT)
    chat.answer = 500
    told, trouble = notify.tell(ledger, send=notify.sender(), at=AT)
    assert told == ()
    assert trouble is not None
    assert "not every address took the alert" in trouble
    chat.answer = 200
    assert len(notify.tell(ledger, send=notify.sender(), at=AT + dt.timedelta(hours=23))[0]) == 1
    alerts.raised(ledger, Alert("old", "missed", "t", "x"), at=AT)
    assert notify.tell(ledger, send=notify.sender(), at=AT + dt.timedelta(hours=25)) == ((), None)
    said = capfd.readouterr()
    assert "hunter2" not in said.out + said.err + trouble


def test_another_host_that_speaks_is_not_interrupted(chat: Chat, ledger: Ledger) -> None:
    """While somebody else holds the alert nothing is sent."""
    alerts.raised(ledger, ALERT, at=AT)
    owner, ledger.owner = ledger.owner, "another-host:1"
    assert alerts.take(ledger, ALERT) is not None
    ledger.owner = owner
    assert notify.tell(ledger, send=notify.sender(), at=AT) == ((), None)
    assert chat.heard == []


def test_nobody_is_told_where_nobody_asked(monkeypatch: pytest.MonkeyPatch, ledger: Ledger) -> None:
    """Without addresses there is no sender, and an alert waits."""
    monkeypatch.delenv(notify.VARIABLE, raising=False)
    assert notify.sender() is None
    alerts.raised(ledger, ALERT, at=AT)
    assert notify.tell(ledger, send=None, at=AT) == ((), None)
    assert alerts.unsent(ledger, since=AT) == (ALERT,)


def test_an_address_that_cannot_be_read_is_refused_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault names the place of the address, never the address."""
    monkeypatch.setenv(notify.VARIABLE, "json://127.0.0.1/ nonsense://user:hunter2@x/")
    with pytest.raises(UsageError, match=r"\$PLAINSPOKEN_NOTIFY: address 2 cannot be read") as refusal:
        notify.sender()
    assert "hunter2" not in str(refusal.value)


def test_without_apprise_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alerts are an extra."""
    import sys

    monkeypatch.setenv(notify.VARIABLE, "json://127.0.0.1/")
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(UsageError, match=r"plainspoken\[notify\]"):
        notify.sender()
