"""What is wrong with a house's own templates and words, seen before any letter is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import TemplateError, TemplateSyntaxError

from audit.errors import Fault
from reports.compiled.rules import slow_places
from reports.html import environment
from reports.kinds import KINDS
from reports.language import SHARED, WordsError, language

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TEMPLATES = (".html", ".txt")
_WAY_OUT = "Correct it, or take it away"


def house_faults(house: Path) -> tuple[str, ...]:
    """Return each fault of the files under a house's folder, as it is printed; empty where none is.

    What breaks only with a letter's facts, such as a name that no letter has, is not seen here: that
    letter is refused when it is written.
    """
    return (*_of_templates(house), *_of_words(house))


def slow_templates(house: Path) -> tuple[str, ...]:
    """Return what in a house's templates keeps its letters from being stamped, as it is printed.

    None of it is a fault: such letters are rendered one by one.
    """
    found: list[str] = []
    for path in sorted(house.rglob("*.html")):
        if path.is_file():
            try:
                source = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # that is a fault, and told as one
            found += map(str, slow_places(path, source))
    return tuple(found)


def _of_templates(house: Path) -> Iterator[str]:
    known = environment(house)
    for path in sorted(house.rglob("*")):
        if path.suffix not in _TEMPLATES or not path.is_file():
            continue
        try:
            known.get_template(path.relative_to(house).as_posix())
        except TemplateSyntaxError as error:
            yield str(Fault(str(path), error.lineno, "", f"no template: {_plain(error)}", _WAY_OUT))
        except (TemplateError, UnicodeDecodeError) as error:
            yield str(Fault(str(path), None, "", f"no template: {_plain(error)}", _WAY_OUT))


def _of_words(house: Path) -> Iterator[str]:
    told = set[str]()
    for kind in KINDS.values():
        for code in kind.languages(house):
            if not any(
                (house / name).is_file()
                for name in (f"{SHARED}/{code}.yaml", f"letters/{kind.name}/words.{code}.yaml")
            ):
                continue
            for entity in kind.entities:
                try:
                    language(kind.name, code, entity, house)
                except WordsError as error:
                    told.add(str(error))
    yield from sorted(told)


def _plain(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
