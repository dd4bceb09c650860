"""The recipients file: whom letters go to. Names and addresses are read when letters are written.

A run reads three of its columns (decision, person, role), because one decision may be about
several persons; names never enter it.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import polars as pl

from audit.config import bind
from audit.data.cells import as_words, truth
from audit.data.container import Container, ParquetFile, check_names
from audit.data.csv_file import CsvFile
from audit.errors import ConfigError, DataError
from audit.record import Person, Recipient, Refusal, Role

if TYPE_CHECKING:
    from audit.config import Binding, Config
    from audit.config.letters import RecipientsSection

ROLES: tuple[str, ...] = get_args(Role)
CHANNELS = ("mail", "email", "portal")
_NOTIFY = "12 CFR 1002.9(a)(1)"  # the applicant must be notified; a record that cannot be read stops it


def read_recipients(
    config: Config, path: Path | None = None
) -> tuple[tuple[Recipient, ...], tuple[Refusal, ...]]:
    """Return the recipients, and a refusal for each record that cannot be one.

    Parameters
    ----------
    path : Path, optional
        Read instead of ``recipients.path``.

    Raises
    ------
    ConfigError
        The config names no recipients, or a file or column that is not there.
    """
    every = list(each_recipient(config, path))
    refusals = tuple(one for one in every if isinstance(one, Refusal))
    return tuple(one for one in every if isinstance(one, Recipient)), refusals


def each_recipient(config: Config, path: Path | None = None) -> Iterator[Recipient | Refusal]:
    """Yield the recipients, or why a record cannot be one, in the file's order; never all at once.

    The parameter and the errors are those of ``read_recipients``.
    """
    if config.recipients is None:
        fact = "nobody is named whom letters go to"
        raise ConfigError(config.lines.fault(("recipients",), fact, "Add recipients: {path: …, …}"))
    met: set[bytes] = set()  # hashes: the names of all are many
    for start, frame in _frames(config, path):
        yield from _in_frame(config, config.recipients, frame, start, met)


def _in_frame(
    config: Config, section: RecipientsSection, frame: pl.DataFrame, start: int, met: set[bytes]
) -> Iterator[Recipient | Refusal]:
    decisions, persons, roles, names, channels, consents = (
        _cells(config, binding, frame, key, absent)
        for key, binding, absent in (
            ("decision", section.decision, ""),
            ("person", section.person, ""),
            ("role", section.role, "primary"),
            ("name", section.name, ""),
            ("channel", section.channel, ""),
            ("esign_consent", section.esign_consent, "false"),
        )
    )
    lines = [_cells(config, one, frame, "address", "") for one in section.address]
    for i in range(frame.height):
        role, channel = roles[i].lower(), channels[i].lower()
        cause = _cause(decisions[i], persons[i], role, channel, consents[i])
        who = blake2b(f"{len(decisions[i])} {decisions[i]}{persons[i]}".encode(), digest_size=16).digest()
        if cause is None and who in met:
            cause = "the same person stands twice for this decision"
        if cause is not None:
            known: Any = role if role in ROLES else None
            yield Refusal(decisions[i], known, f"recipients, row {start + i + 1}: {cause}", _NOTIFY)
            continue
        met.add(who)
        yield Recipient(
            decision=decisions[i],
            person=persons[i],
            role=_role(role),
            name=names[i],
            address=tuple(line[i] for line in lines if line[i]),
            channel="mail" if channel == "mail" else "email" if channel == "email" else "portal",
            esign_consent=bool(truth(consents[i])),
        )


def read_persons(config: Config) -> dict[str, tuple[Person, ...]]:
    """Return the persons of each decision, primary first; empty where the config names no file.

    Raises
    ------
    DataError
        A decision with two primary applicants, a person named twice, or an unknown role.
    """
    section = config.recipients
    if section is None:
        return {}
    frame = _frame(config, None)
    decisions = _cells(config, section.decision, frame, "decision", "")
    persons = _cells(config, section.person, frame, "person", "")
    roles = _cells(config, section.role, frame, "role", "primary")
    found: dict[str, list[Person]] = {}
    for i, (decision, person, role) in enumerate(zip(decisions, persons, roles, strict=True)):
        if not decision or not person:
            continue  # no letter can go there; ``read_recipients`` tells it
        if role.lower() not in ROLES:
            raise _at_row(i, f"a role other than {', '.join(ROLES)}")
        members = found.setdefault(decision, [])
        if any(one.person == person for one in members):
            raise _at_row(i, "the same person stands twice for one decision")
        if role.lower() == "primary" and any(one.role == "primary" for one in members):
            raise _at_row(i, "a second primary applicant for one decision")
        members.append(Person(person, _role(role.lower())))
    return {
        decision: tuple(sorted(members, key=lambda one: ROLES.index(one.role)))
        for decision, members in found.items()
    }


def recipients_columns(config: Config) -> tuple[str, ...] | None:
    """Return the columns of the recipients file; None where the config names none."""
    return None if config.recipients is None else _container(config, None).columns


def _role(role: str) -> Role:
    return "joint" if role == "joint" else "guarantor" if role == "guarantor" else "primary"


def _cause(decision: str, person: str, role: str, channel: str, consent: str) -> str | None:
    if not decision or not person:
        return f"no {'person' if decision else 'decision'} is named"
    if role not in ROLES:
        return f"a role other than {', '.join(ROLES)}"
    if channel not in CHANNELS:
        return f"a channel other than {', '.join(CHANNELS)}"
    if truth(consent) is None:
        return "the consent to electronic documents is neither true nor false"
    return None


def _at_row(i: int, fact: str) -> DataError:
    return DataError(f"recipients: row {i + 1}: {fact}. Correct the row.")


def _container(config: Config, path: Path | None) -> Container:
    if path is None:
        path = config.file(config.recipients.path if config.recipients is not None else "")
    if not path.is_file():
        fact = f"there is no file {path.name} in {path.parent}"
        raise ConfigError(config.lines.fault(("recipients", "path"), fact, "Correct the path"))
    container: Container = ParquetFile(path) if path.suffix.lower() == ".parquet" else CsvFile(path)
    check_names(container.columns, container.name)
    return container


def _frame(config: Config, path: Path | None) -> pl.DataFrame:
    return pl.concat([frame for _, frame in _frames(config, path)])


def _frames(config: Config, path: Path | None) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield the file's rows, some at a time, with the number of the first; an empty file has no rows."""
    container = _container(config, path)
    empty = True
    for chunk in container.chunks():
        empty = False
        if chunk.ragged.any():
            raise _at_row(
                chunk.start + int(chunk.ragged.argmax()), "it has another number of cells than the header"
            )
        yield chunk.start, chunk.frame
    if empty:
        yield 0, pl.DataFrame(schema=dict.fromkeys(container.columns, pl.String))


def _cells(config: Config, binding: Binding | None, frame: pl.DataFrame, key: str, absent: str) -> list[str]:
    if binding is None:
        return [absent] * frame.height
    bound = bind(binding, frame.columns)
    if bound.column is not None:
        return as_words(frame[bound.column]).fill_null(absent).to_list()
    if key in ("decision", "person"):
        fact = f"no column {bound.value!r} in the recipients (columns: {', '.join(frame.columns[:12])})"
        raise ConfigError(config.lines.fault(("recipients", key), fact, "Name one of these"))
    return [str(bound.value)] * frame.height
