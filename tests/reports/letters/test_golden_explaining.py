"""Explaining letters as they were accepted, in every language: word for word, and two tag for tag.

After a change that is meant, look at the letters in ``actual/`` and copy them over the golden ones.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.reports.letters.test_explaining import REVIEW, TOLD, a_world, written

GOLDEN = Path(__file__).parents[2] / "golden" / "letters"
TAGS = {("gdpr_explanation", "en"), ("ccd2_rejection", "de")}


@pytest.mark.parametrize(("kind", "lang"), TOLD)
def test_letters_are_as_accepted(kind: str, lang: str, tmp_path: Path) -> None:
    """A letter of known records is the one that somebody looked at and accepted."""
    review = REVIEW if kind == "ccd2_explanation" else None
    made = written(kind, a_world(kind), formats=("txt", "html"), lang=lang, review=review)
    assert isinstance(made, tuple), made
    actuals = []
    for document in made:
        if document.format == "html" and (kind, lang) not in TAGS:
            continue
        # The style is looked at on paper, and the program's version is no part of the letter.
        content = re.sub(r"(?s)<style>.*?</style>", "<style></style>", document.content.decode())
        content = re.sub(r'(name="generator" content=")[^"]*', r"\1", content)
        actual = tmp_path / "actual" / f"{kind}.{lang}.{document.format}"
        actual.parent.mkdir(exist_ok=True)
        actual.write_text(content, encoding="utf-8")
        actuals.append(actual)
    for actual in actuals:
        golden = GOLDEN / actual.name
        assert golden.is_file(), f"no golden letter yet; look at {actual} and copy it to {golden}"
        assert actual.read_text(encoding="utf-8") == golden.read_text(encoding="utf-8"), f"look at {actual}"
