"""The recipients file: whom letters go to. Names and addresses are read when letters are written.

A run reads three of its columns (decision, person, role), because one decision may be about
several persons; names never enter it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from audit.config import bind
from audit.data.cells import as_words
from audit.data.container import Container, ParquetFile, check_names
from audit.data.csv_file import CsvFile
from audit.data.recipient_rows import ROLES, Row, in_turn, role_of
from audit.errors import ConfigError, DataError
from audit.record import Person, Recipient, Refusal

if TYPE_CHECKING:
    from audit.config import Binding, Config


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
    met: set[bytes] = set()  # hashes: the names of all are many
    for rows in each_row(config, path):
        yield from in_turn(rows, met)


def each_row(config: Config, path: Path | None = None) -> Iterator[list[Row]]:
    """Yield the file's rows, some at a time, as ``recipients_of`` reads them later; nothing is judged yet.

    Of each row the first cell names the decision. The parameter and the errors are those of
    ``read_recipients``.
    """
    section = config.recipients
    if section is None:
        fact = "nobody is named whom letters go to"
        raise ConfigError(config.lines.fault(("recipients",), fact, "Add recipients: {path: …, …}"))
    for start, frame in _frames(config, path):
        columns = [
            _cells(config, binding, frame, key, absent)
            for key, binding, absent in (
                ("decision", section.decision, ""),
                ("person", section.person, ""),
                ("role", section.role, "primary"),
                ("name", section.name, ""),
                ("channel", section.channel, ""),
                ("esign_consent", section.esign_consent, "false"),
            )
        ]
        columns += [_cells(config, one, frame, "address", "") for one in section.address]
        yield list(enumerate(zip(*columns, strict=True), start + 1))


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
        members.append(Person(person, role_of(role.lower())))
    return {
        decision: tuple(sorted(members, key=lambda one: ROLES.index(one.role)))
        for decision, members in found.items()
    }


def recipients_columns(config: Config) -> tuple[str, ...] | None:
    """Return the columns of the recipients file; None where the config names none."""
    return None if config.recipients is None else _container(config, None).columns


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
