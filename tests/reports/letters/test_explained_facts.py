"""The facts behind explaining letters: scores beside their threshold, causes, order, stated words."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.explain import counterfactual
from audit.job import NOBODY_TO_COMPARE
from audit.record import DroppedReason, NoCounterfactual, Reason
from audit.turning import NO_MODEL
from reports.explaining.changes import CAUSES, cause_of
from reports.explaining.factors import counted
from reports.explaining.procedure import beside
from reports.explaining.stated import told
from reports.html import clauses
from reports.language import WordsError, language
from reports.overlays import overlays
from reports.terms import read_terms
from tests.worlds.explained import a_file, a_ledger, a_person, a_policy, a_refusal
from tests.worlds.noticed import Remembered, a_case, a_config

ENGLISH = language("gdpr_explanation", "en", "eu")
GERMAN = language("gdpr_explanation", "de", "eu")


@pytest.mark.parametrize(
    ("score", "cutoff", "shown"),
    [
        (0.41, 0.30, ("0.41", "0.3")),
        (0.2997, 0.30, ("0.2997", "0.3")),
        (0.30004, 0.30, ("0.30004", "0.3")),
        (0.3, 0.3, ("0.3", "0.3")),
        (612.0, 640.0, ("612", "640")),
        (0.123456, 0.7, ("0.123", "0.7")),
    ],
)
def test_a_score_stays_on_its_side_of_the_threshold(
    score: float, cutoff: float, shown: tuple[str, str]
) -> None:
    """Decimals are added until the printed score lies where the score lies."""
    assert beside(ENGLISH, score, cutoff) == shown


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_no_printed_score_crosses_its_threshold(one: int, other: int) -> None:
    """Of all scores with six decimals, none prints on the other side, nor upon the threshold."""
    score, cutoff = one / 10**6, other / 10**6
    printed = [Decimal(text.replace(".", "").replace(",", ".")) for text in beside(GERMAN, score, cutoff)]
    assert (printed[0] < printed[1], printed[0] > printed[1]) == (score < cutoff, score > cutoff)


def test_every_cause_of_the_search_has_words() -> None:
    """Each cause that the search records is known here by its beginning, and is told in each language."""
    recorded = [getattr(counterfactual, name) for name in vars(counterfactual) if name.startswith("NO")]
    recorded = [one for one in recorded if isinstance(one, str)] + [NO_MODEL, NOBODY_TO_COMPARE]
    keys = {cause_of(NoCounterfactual(cause.format(4))) for cause in recorded}
    assert len(recorded) == len(keys) == len(CAUSES)
    assert keys == set(CAUSES.values())
    told_ = keys | {cause_of(NoCounterfactual("the model cannot score")), cause_of(None), "about_others"}
    for code in ("en", "de", "fr"):
        assert set(language("gdpr_explanation", code, "eu")["no_changes"]) == told_


def test_factors_stand_in_the_order_of_their_size() -> None:
    """Reasons first, then what else pushed toward refusal; what helped, the most first."""
    decided = a_refusal(
        reasons=(Reason(1, "D1", "debts", "Debts", 0.5),),
        dropped=(
            DroppedReason("arrears", 0.01, "below_floor"),
            DroppedReason("job", 0.2, "beyond_at_most"),
            DroppedReason("home", -0.3, "helped"),
            DroppedReason("savings", -0.4, "helped"),
        ),
    )
    terms = read_terms(a_ledger(), "latest", "gdpr_explanation", "eu")  # type: ignore[arg-type]
    found = counted(terms, decided, a_file(), a_person())
    assert found.against == (
        "Debts",
        "Months with your employer",
        "Payments after their due date, last two years",
    )
    assert found.favour == ("Savings with us, in euros", "Whether you own your home")
    assert found.neither == ()


def test_no_other_language_stands_in() -> None:
    """A text alone serves every language; a mapping gives the letter's own, or nothing."""
    assert told("Credit", "de") == ("Credit",)
    assert told(["a", " b  c "], "de") == ("a", "b c")
    assert told({"en": "Credit"}, "de") == ()
    assert told({"en": "Credit", "de": ["Kredit", "Betrug"]}, "de") == ("Kredit", "Betrug")
    assert told(None, "de") == ()


@pytest.mark.parametrize(
    "clause",
    [
        "Art. 22(2)(a) GDPR", "Art. 15 UK GDPR", "Art. 22 Abs. 2 Buchst. a DSGVO", "Art. 7 Abs. 3 DSGVO",
        "art. 22, par. 2, point a), RGPD", "art. 7, par. 3, RGPD", "art. 77 RGPD",
    ],
)  # fmt: skip
def test_no_clause_breaks_over_lines(clause: str) -> None:
    """A clause is held together, and a lender's signs stay text."""
    assert str(clauses(f"<so> ({clause}).")) == f'&lt;so&gt; (<span class="clause">{clause}</span>).'


@pytest.mark.parametrize(
    ("code", "statement", "vague"),
    [
        ("de", "Ihr Score ist zu niedrig", True),
        ("de", "Interne Richtlinien nicht erfüllt", True),
        ("de", "Höhe der Raten im Verhältnis zum Einkommen", False),
        ("de", "Baujahr und Modell des Fahrzeugs", False),
        ("fr", "Votre score est insuffisant", True),
        ("fr", "Critères internes non remplis", True),
        ("fr", "Vos mensualités par rapport à vos revenus", False),
        ("fr", "Ancienneté et modèle du véhicule", False),
    ],
)
def test_empty_phrases_are_known_in_each_language(code: str, statement: str, vague: bool) -> None:
    """What says nothing about the applicant is vague, and what names something is not."""
    assert language("gdpr_explanation", code, "eu").is_vague(statement) is vague


@pytest.mark.parametrize(
    ("code", "named", "plain"),
    [
        ("de", "Ihr Geschlecht", "Ihr Gehalt"),
        ("de", "Ihre Religion", "Ihre Region der Arbeit"),
        ("de", "Alter", "Das Alter des Fahrzeugs"),
        ("fr", "Votre âge", "L'âge du véhicule"),
        ("fr", "Votre situation familiale", "Votre situation professionnelle"),
        ("fr", "Votre sexe", "Votre salaire"),
    ],
)
def test_protected_words_are_known_in_each_language(code: str, named: str, plain: str) -> None:
    """What no reason may name is found, and words beside it are not."""
    found = language("gdpr_explanation", code, "eu").protected
    assert found.search(named)
    assert not found.search(plain)


def test_a_house_that_extends_ours_lacks_no_word(tmp_path: Path) -> None:
    """A house writes over single words of what a kind extends; what is missing in a new language is named."""
    shared = tmp_path / "letters" / "explanation"
    shared.mkdir(parents=True)
    (shared / "words.de.yaml").write_text("review: Ihr Weg\n", encoding="utf-8")
    assert language("gdpr_explanation", "de", "eu", tmp_path)["review"] == "Ihr Weg"
    assert language("gdpr_explanation", "de", "eu")["review"] == "Was Sie tun können"
    own = tmp_path / "letters" / "gdpr_explanation"
    own.mkdir()
    (own / "words.nl.yaml").write_text("title: Uitleg\n", encoding="utf-8")
    (tmp_path / "letters" / "languages").mkdir()
    (tmp_path / "letters" / "languages" / "nl.yaml").write_text(
        "locale: {other: nl_NL}\nprotected: [leeftijd]\nvague: [score]\n", encoding="utf-8"
    )
    with pytest.raises(WordsError, match="the words of"):
        language("gdpr_explanation", "nl", "eu", tmp_path)


# --- Colorado ------------------------------------------------------------------------------------

LINES = {"correction": "Write to us", "human_review": ["Call us", "on weekdays"]}


@pytest.mark.parametrize(
    ("residence", "decided_at", "stated", "n"),
    [
        ("CO", "2027-01-01", LINES, 1),
        ("co", "2027-02-01", LINES, 1),
        ("CO", "2026-12-31", LINES, 0),
        ("CA", "2027-02-01", LINES, 0),
        ("CO", "2027-02-01", None, 0),
        ("", "2027-02-01", LINES, 0),
    ],
)
def test_colorado_adds_lines_that_the_lender_states(
    residence: str, decided_at: str, stated: dict[str, object] | None, n: int
) -> None:
    """Residents read the lender's lines from 1 January 2027 on; nobody else, and none that is not stated."""
    config = a_config(overlays={"CO": stated} if stated else None)
    case = a_case(record={"residence": residence, "decided_at": decided_at})
    terms = read_terms(Remembered(config=config), "latest")  # type: ignore[arg-type]
    found = overlays(terms, case, dt.date(2027, 2, 10))
    assert len(found) == n
    if found:
        assert [(row.label, row.value) for row in found[0].rows] == [
            ("To have data corrected", "Write to us"),
            ("To have a person look", "Call us on weekdays"),
        ]


def test_the_overlay_stands_in_the_notice() -> None:
    """The notice of adverse action of a resident of Colorado has the block, in text as in HTML."""
    from reports.letter import Letters
    from tests.worlds.noticed import a_recipient

    config = a_config(overlays={"CO": LINES})
    record = {
        "residence": "CO",
        "received_at": "2027-01-04",
        "completed_at": "2027-01-05",
        "decided_at": "2027-01-08",
    }
    ledger = Remembered(config=config, filed=a_case(record=record))
    letters = Letters(ledger, "latest")  # type: ignore[arg-type]
    made = letters.render(ledger.decided, a_recipient(), date=dt.date(2027, 1, 11), formats=("pdf", "txt"))
    assert isinstance(made, tuple), made
    assert "If you live in Colorado To have data corrected Write to us" in made[1].words


def test_stated_words_are_the_sealed_config_s() -> None:
    """What the lender states is read under the entity that writes."""
    terms = read_terms(a_ledger(config=a_policy("uk")), "latest", "uk_explanation", "uk")  # type: ignore[arg-type]
    assert terms.creditor.review_contact.startswith("pruefung@")
