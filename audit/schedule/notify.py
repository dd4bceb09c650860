"""Telling whoever watches, by mail, chat or webhook: what apprise can reach.

The addresses hold passwords and tokens, so they come from the environment (``$PLAINSPOKEN_NOTIFY``)
and stand in no config, no message and no log.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from audit.errors import AuditError, BusyError, UsageError
from audit.ledger import Ledger, alerts
from audit.ledger.alerts import Alert

VARIABLE = "PLAINSPOKEN_NOTIFY"
KEPT_FOR = dt.timedelta(days=1)  # an alert that could not be told by then is old news

Send = Callable[[Alert], None]


def sender() -> Send | None:
    """Return what tells an alert; None where nobody is to be told.

    Raises
    ------
    UsageError
        Where an address cannot be read, or apprise is not installed.
    """
    addresses = os.environ.get(VARIABLE, "").strip()
    if not addresses:
        return None
    try:
        import apprise
        from apprise.utils.parse import parse_urls
    except ImportError as error:
        raise UsageError(
            f"${VARIABLE}: apprise, which tells alerts, is not installed. Install plainspoken[notify]."
        ) from error
    with _quiet():
        messenger = apprise.Apprise()
        # An address that is left out would never be told, and its owner would never know.
        wanted = [one for line in addresses.split() for one in parse_urls(line)]  # type: ignore[no-untyped-call]
        unread = [number for number, one in enumerate(wanted, 1) if not messenger.add(one)]
    if unread or not wanted:
        which = f"address {unread[0]}" if unread else "it"
        raise UsageError(
            f"${VARIABLE}: {which} cannot be read. Write them as apprise takes them, a blank between two."
        )

    def send(alert: Alert) -> None:
        kind = apprise.NotifyType.WARNING if alert.kind == "deadline" else apprise.NotifyType.FAILURE
        with _quiet():
            done = messenger.notify(body=alert.text, title=alert.title, notify_type=kind)
        if not done:
            raise AuditError(f"${VARIABLE}: not every address took the alert. It is tried again.")

    return send


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep apprise's own log, which may quote an address, and its plugins' warnings off the terminal."""
    log = logging.getLogger("apprise")
    before = log.disabled
    log.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of the libraries that its plugins use
            yield
    finally:
        log.disabled = before


def tell(ledger: Ledger, *, send: Send | None, at: dt.datetime) -> tuple[tuple[Alert, ...], str | None]:
    """Tell every alert that was raised and not told; return those told, and why others were not."""
    told: list[Alert] = []
    trouble: str | None = None
    for alert in alerts.unsent(ledger, since=at - KEPT_FOR) if send is not None else ():
        try:
            lease = alerts.take(ledger, alert)
        except BusyError:
            continue  # another host speaks
        if lease is None or send is None:
            continue
        try:
            send(alert)
        except AuditError as error:
            trouble = str(error)
            alerts.let_go(ledger, lease)
            continue
        alerts.told(ledger, lease, alert, at=at)
        told.append(alert)
    return tuple(told), trouble
