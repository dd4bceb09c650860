"""Letters as they were accepted: text and HTML, word for word and tag for tag.

After a change that is meant, look at the letters in ``actual/`` and copy them over the golden ones.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from audit.record import Recipient
from reports.letter import Letters
from tests.worlds.noticed import (
    SENTENCES,
    TODAY,
    Remembered,
    a_case,
    a_code,
    a_decision,
    a_recipient,
    a_source,
    some_codes,
    some_reasons,
)
from tests.worlds.told_kinds import a_world

GOLDEN = Path(__file__).parents[2] / "golden" / "letters"

ACCEPTED: dict[str, tuple[dict[str, Any], bool]] = {
    "denied": ({}, False),
    "counteroffer": (
        {
            "decided": a_decision(action="counteroffer", reasons=some_reasons(tuple(SENTENCES))),
            "filed": a_case(
                record={"offered_terms": "Credit limit of $2,000"},
                sources=(a_source(), a_source(name="Second Bureau LLC"), a_source(kind="affiliate")),
            ),
            "example": True,
        },
        False,
    ),
    "draft": (
        {"dictionary": some_codes() | {"history": a_code("history", *SENTENCES["history"], approved=None)}},
        True,
    ),
}


KINDS = ("incomplete", "fcra_notice", "risk_based_pricing", "credit_score_disclosure")


@pytest.mark.parametrize("name", ACCEPTED)
def test_letters_are_as_accepted(name: str, tmp_path: Path) -> None:
    """A letter of known records is the one that somebody looked at and accepted."""
    ledger, draft = ACCEPTED[name]
    hold_to_golden(name, Remembered(**ledger), a_recipient(), tmp_path, draft=draft)


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("kind", KINDS)
def test_other_kinds_are_as_accepted(kind: str, lang: str, tmp_path: Path) -> None:
    """So is each other kind of letter of US law, in each of its languages."""
    ledger, recipient = a_world(kind)
    hold_to_golden(f"{kind}.{lang}", ledger, recipient, tmp_path, lang=lang)


def hold_to_golden(name: str, ledger: Remembered, recipient: Recipient, tmp_path: Path, **asked: Any) -> None:
    """Hold a letter's page and text to the accepted ones of its name."""
    letters = Letters(ledger, "latest")  # type: ignore[arg-type]
    made = letters.render(ledger.decided, recipient, date=TODAY, formats=("html", "txt"), **asked)
    assert isinstance(made, tuple), made
    actuals = []
    for document in made:
        content = document.content.decode()
        # The style is looked at on paper, and the program's version is no part of the letter.
        content = re.sub(r"(?s)<style>.*?</style>", "<style></style>", content)
        content = re.sub(r'(name="generator" content=")[^"]*', r"\1", content)
        actual = tmp_path / "actual" / f"{name}.{document.format}"
        actual.parent.mkdir(exist_ok=True)
        actual.write_text(content, encoding="utf-8")
        actuals.append(actual)
    for actual in actuals:
        golden = GOLDEN / actual.name
        assert golden.is_file(), f"no golden letter yet; look at {actual} and copy it to {golden}"
        assert actual.read_text(encoding="utf-8") == golden.read_text(encoding="utf-8"), f"look at {actual}"
