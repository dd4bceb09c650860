"""The way of the data on one page: from a config to a sealed ledger.

The driver owns the ledger and the keys and never imports a model; the worker owns the model, the
explainers and the data. Between scoring and explaining stands one barrier, the choice of whom a
refused applicant is compared with. Everything that a report prints is computed here and sealed as
a row; nothing is computed when a report is rendered.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audit.config.only import Only
    from audit.prepare import Ready
    from audit.record import Figure
    from audit.result import Result

Progress = Callable[[str, int, int], None]


def run(
    source: str | Path | Mapping[str, Any],
    *,
    data: Any = None,
    ledger: str | None = None,
    slot: str = "",
    again: int = 0,
    fail_on: Sequence[str] | None = None,
    demonstration: str | None = None,
    progress: Progress | None = None,
    now: Callable[[], dt.datetime] | None = None,
    only: Only | None = None,
) -> Result:
    """Audit a model against a config and seal the result in a ledger.

    Where ``fairness.ledger`` names another ledger, that is two audits that name each other: one for notices
    here, which reads no protected column, and one for fairness there.

    Parameters
    ----------
    source : str, Path or mapping
        ``audit.yaml``, or the same keys as Python values.
    data : data frame, optional
        Audited in place of the file or query that the config names: polars, pandas, columns, or
        anything with the Arrow stream.
    ledger : str, optional
        URL of the database. Default: ``$PLAINSPOKEN_LEDGER``, else ``ledger.db`` beside the config.
    slot : str
        The nominal time of a scheduled run; part of the audit's identity.
    again : int
        Another number makes another audit of the same inputs.
    fail_on : sequence of str, optional
        Outcomes that give exit code 3; default: the config's.
    demonstration : str, optional
        A note for the first page, where the audit is an example and no real lender was audited.
    progress : callable, optional
        Called with a stage, how much of it is done, and of how much.
    now : callable, optional
        The clock (UTC).
    only : notices or fairness, optional
        Makes one of the two audits alone; by default what the config says.

    Returns
    -------
    Result
        The sealed audit. An audit of the same inputs that exists already is returned as it was. Of two,
        the one for notices; the other is its ``companion``.

    Raises
    ------
    ConfigError, DataError, ModelError, PolicyError
        With every fault that can be seen; nothing is written then.
    """
    from audit import prepare
    from audit.images import is_of_images
    from audit.two_ledgers import audited_apart, place_of

    refuse_outcomes(fail_on or ())
    tell = progress or (lambda stage, done, total: None)
    tell("check", 0, 1)
    if is_of_images(source):
        refuse_only(only)
        return _of_images(source, data, ledger, slot, again, fail_on, demonstration, tell, now)
    options: dict[str, Any] = {
        "slot": slot,
        "again": again,
        "fail_on": fail_on,
        "demonstration": demonstration,
        "progress": progress,
        "now": now,
    }
    place = place_of(source, ledger, only)
    if place.apart:
        return audited_apart(source, place, data, options)
    with prepare.prepare(source, ledger=place.url, data=data, only=only) as ready:
        tell("check", 1, 1)
        return carry_out(ready, place.url, **options)


def _of_images(
    source: str | Path | Mapping[str, Any],
    data: Any,
    ledger: str | None,
    slot: str,
    again: int,
    fail_on: Sequence[str] | None,
    demonstration: str | None,
    tell: Progress,
    now: Callable[[], dt.datetime] | None,
) -> Result:
    """Audit a model that reads pictures; see ``run``."""
    from audit import images
    from audit.errors import UsageError
    from audit.images.prepare import prepare
    from audit.places import ledger_url

    if data is not None or demonstration is not None:
        raise UsageError("run: an audit of pictures reads them from its config. Name them in data.path.")
    with prepare(source, ledger=ledger, tell=tell) as ready:
        tell("check", 1, 1)
        return images.carry_out(
            ready,
            ledger_url(ledger, ready.config.folder),
            slot=slot,
            again=again,
            fail_on=fail_on,
            tell=tell,
            clock=now or (lambda: dt.datetime.now(dt.UTC)),
        )


def carry_out(
    ready: Ready,
    url: str,
    *,
    slot: str = "",
    again: int = 0,
    fail_on: Sequence[str] | None = None,
    demonstration: str | None = None,
    progress: Progress | None = None,
    now: Callable[[], dt.datetime] | None = None,
    companion: Figure | None = None,
) -> Result:
    """Score, explain, measure and seal what is ready; see ``run``.

    Parameters
    ----------
    companion : names the audit of the other half, where there is one
    """
    from audit import barrier, identity, measure, other_models, parted, prepare, reason_drift, soundness
    from audit.ledger import Ledger
    from audit.result import Result

    clock = now or (lambda: dt.datetime.now(dt.UTC))
    tell = progress or (lambda stage, done, total: None)
    watch = Stopwatch()
    head = identity.head(ready, slot=slot, again=again, demonstration=demonstration, opened_at=clock())
    sealed = Result.if_sealed(url, head.audit)
    if sealed is not None:
        return sealed

    with watch("score"):
        scored = prepare.score(ready, tell)
        prepare.refuse_faults(ready, scored)
    with watch("reference"):
        tell("reference", 0, 1)
        chosen = barrier.choose(ready, scored)
        tell("reference", 1, 1)

    with Ledger.open(url, create=True) as book:
        writer = book.begin(head)
        if writer.sealed:  # by another run, since it was looked for
            return Result.from_ledger(book, head.audit, url, existing=True)
        explained, only = [], ready.config.audit.only
        whole, scored = scored, parted.without_groups(scored, only)
        with watch("explain"):
            for found_part in prepare.explain(whole, chosen, ready.host, tell):
                part = parted.without_notices(found_part, only)
                writer.partition(**measure.partition(scored[part.seq], part, ready.sign))
                explained.append(replace(part, cases=()))  # what is locked by now need not be held
            tell("hold", 0, 1)
            sound = soundness.ask(ready, scored, explained, chosen)
            sound += other_models.ask(ready, scored, chosen)
            tell("hold", 1, 1)
        with watch("fairness"):
            tell("fairness", 0, 1)
            groups = measure.groups(ready, scored)
            tell("fairness", 1, 1)
        with watch("findings"):
            tell("findings", 0, 1)
            found = measure.Measured(ready, scored, explained, chosen, groups, sound)
            figures = parted.own_figures(measure.figures(found, demonstration), only)
            fewest = ready.config.fairness.min_group
            figures += (reason_drift.since_baseline(book, head, figures, fewest),)
            figures += (companion,) if companion is not None else ()
            findings, code = measure.findings(found, figures, fail_on)
            tell("findings", 1, 1)
        with watch("seal"):
            tell("seal", 0, 1)
            writer.seal(
                policy=ready.policy,
                codes=ready.job.codes,
                references=chosen.references,
                rates=groups.rates,
                disparities=groups.disparities,
                findings=findings,
                figures=figures,
                counts=measure.counts(scored, explained),
                exit_code=code,
                sealed_at=clock(),
                timings=watch.seconds,
            )
            tell("seal", 1, 1)
        return Result.from_ledger(book, head.audit, url, timings=watch.seconds)


def refuse_only(only: Only | None) -> None:
    """Refuse to part an audit of pictures: it compares nobody and owes nobody a letter.

    Raises
    ------
    UsageError
    """
    from audit.errors import UsageError

    if only is not None:
        raise UsageError(f"--only: an audit of pictures has no part for {only}. Leave it out.")


def refuse_outcomes(fail_on: Sequence[str]) -> None:
    """Refuse a word in ``fail_on`` that no finding can have: it would never fail on anything.

    Raises
    ------
    UsageError
    """
    from audit.errors import UsageError
    from audit.findings import OUTCOMES

    for word in fail_on:
        if word not in OUTCOMES:
            raise UsageError(f"fail_on: no outcome is called {word!r}. Use {', '.join(OUTCOMES)}.")


class Stopwatch:
    """Seconds by stage; for the reader of a run, never part of the evidence's digests."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Add the time of a block to its stage."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - begun
