"""What kinds of letters there are, and that ledger, templates and code agree on them."""

from __future__ import annotations

from audit import assets
from audit.record.words import TELLING
from reports.kinds import KINDS
from reports.kinds.choice import GRANTED


def test_each_kind_has_its_folder_and_its_languages() -> None:
    """A kind without words or pages in English could never be written."""
    for name, kind in KINDS.items():
        folder = assets.templates() / "letters" / name
        assert {"body.html", "body.txt", "subject.txt"} <= {path.name for path in folder.iterdir()}
        assert "en" in kind.languages(None)


def test_kinds_that_tell_a_decision_are_those_that_are_chosen_for_one() -> None:
    """What answers a request or tells a price leaves the notice owed; every other kind ends the clock.

    ``counteroffer`` is the plain offer of 12 CFR 1002.9(a)(1)(iv), which no letter of ours is.
    """
    told = {name for name, kind in KINDS.items() if not kind.on_request and name not in GRANTED}
    assert told == set(TELLING) - {"counteroffer"}
