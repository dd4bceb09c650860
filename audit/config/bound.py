"""Every binding of a config: what it may be, what it is, and which are wrong."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from audit import assets
from audit.config.bindings import Actions, Binding
from audit.config.letters import Role
from audit.config.nearest import did_you_mean, listed, nearest
from audit.config.reader import Loc, place
from audit.errors import Fault

if TYPE_CHECKING:
    from audit.config.schema import Config

File = Literal["data", "recipients"]

TRUTH = ("true", "false", "yes", "no", "1", "0")
CHANNELS = ("mail", "email", "portal")

# What a constant must be, by the name of the key; a key that is not here takes any text.
_WORDS: dict[str, tuple[str, ...]] = {
    "action": get_args(Actions),
    "purpose": ("consumer", "business", "insurance", "tenancy", "employment", "account"),
    "human_involved": TRUTH,
    "debt_advice": TRUTH,
    "toll_free": TRUTH,
    "nationwide": TRUTH,
    "used_when": TRUTH,
    "esign_consent": TRUTH,
    "channel": CHANNELS,
}
_DATES = frozenset(
    {"received_at", "completed_at", "decided_at", "created_on", "respond_by", "pre_adverse_on"}
)
# These differ from one application to the next; one word for all of them is a column misspelt.
_COLUMNS = frozenset(
    {"value", "created_on", "key_factors", "inquiries", "decision", "person", "missing_information", "tier"}
)
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)+|[a-z]+[0-9]+")


@dataclass(frozen=True, slots=True)
class Bound:
    """A binding where it stands; ``key`` is the last name on the way to it."""

    loc: Loc
    key: str
    binding: Binding
    file: File


def bindings(config: Config) -> Iterator[Bound]:
    """Yield every binding of a config, in the order of its sections."""
    yield from _of(("record",), config.record, "data")
    for number, source in enumerate(config.sources):
        yield from _of(("sources", number), source, "data")
    for number, score in enumerate(config.bureau_scores):
        yield from _of(("bureau_scores", number), score, "data")
    if config.recipients is not None:
        yield from _of(("recipients",), config.recipients, "recipients")


def _of(loc: Loc, section: Any, file: File) -> Iterator[Bound]:
    for key in type(section).model_fields:
        value = getattr(section, key)
        if isinstance(value, Binding):
            yield Bound((*loc, key), key, value, file)
        elif isinstance(value, tuple):
            for index, part in enumerate(value):
                if isinstance(part, Binding):
                    yield Bound((*loc, key, index), key, part, file)


def bindings_report(
    config: Config, columns: Iterable[str], recipients_columns: Iterable[str] | None = None
) -> tuple[tuple[str, str, str], ...]:
    """Say of every binding whether it is a column or a constant.

    Returns
    -------
    tuple of (place, "column" or "constant", value)
        Without ``recipients_columns`` the bindings of that file are left out.
    """
    known = {"data": frozenset(columns), "recipients": frozenset(recipients_columns or ())}
    rows = []
    for bound in bindings(config):
        if bound.file == "recipients" and recipients_columns is None:
            continue
        what = "column" if is_column(bound.binding, known[bound.file]) else "constant"
        rows.append((place(bound.loc), what, bound.binding.raw))
    return tuple(rows)


def is_column(binding: Binding, columns: frozenset[str]) -> bool:
    """Whether a binding is a column, given the columns of its file."""
    return binding.column is not None or (binding.value is None and binding.raw in columns)


def binding_faults(
    config: Config, columns: Sequence[str], recipients_columns: Sequence[str] | None = None
) -> Iterator[Fault]:
    """Yield columns that are not there, and constants that cannot be what their key says."""
    for bound in bindings(config):
        file = columns if bound.file == "data" else recipients_columns
        refused = _refused(bound, file, config) if file is not None else None
        if refused is not None:
            yield config.lines.fault(bound.loc, *refused)


def _refused(bound: Bound, columns: Sequence[str], config: Config) -> tuple[str, str] | None:
    if is_column(bound.binding, frozenset(columns)):
        name = bound.binding.raw
        return None if name in columns else _no_column(name, columns)
    return _constant(bound, columns, config)


def _constant(bound: Bound, columns: Sequence[str], config: Config) -> tuple[str, str] | None:
    text, forced = bound.binding.raw, bound.binding.value is not None
    taken = (bound.file, bound.key) != ("recipients", "role")
    words = _WORDS.get(bound.key) if taken else get_args(Role)
    if bound.key == "jurisdiction":
        words = config.names("entities")
    if bound.key == "language":
        words = _languages(config)
    if words is not None:
        if text.lower() in words:
            return None
        fact = f"{text!r} is no column, and none of {listed(words) or 'the entities: there are none'}"
        return fact, f"{did_you_mean(text, (*words, *columns))}Name a column or one of these"
    if bound.key in _COLUMNS and not forced:
        return _no_column(text, columns)
    if bound.key in _DATES and not _reads(dt.date.fromisoformat, text):
        return f"{text!r} is no column and no date", f"{did_you_mean(text, columns)}Name a column"
    if bound.key in {"low", "high"} and not _reads(float, text):
        way_out = f"{did_you_mean(text, columns)}Name a column or a number"
        return f"{text!r} is no column and no number", way_out
    if not forced and _IDENTIFIER.fullmatch(text) and nearest(text, columns):
        fact = f"{text!r} is no column, so letters would print this word"
        return fact, f"{did_you_mean(text, columns)}Name the column, or write {{value: {text}}}"
    return None


def _languages(config: Config) -> tuple[str, ...]:
    """Return the languages that letters have words in: ours, and those of the house's files."""
    roots = [assets.templates()]
    if config.letters.templates:
        roots.append(config.file(config.letters.templates))
    found = {path.stem for root in roots for path in (root / "letters" / "languages").glob("*.yaml")}
    return tuple(sorted(found))


def _no_column(name: str, columns: Sequence[str]) -> tuple[str, str]:
    way_out = f"{did_you_mean(name, columns)}Name one of the columns"
    return f"there is no column {name!r} (columns: {listed(columns)})", way_out


def _reads(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True
