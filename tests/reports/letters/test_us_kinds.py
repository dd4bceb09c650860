"""Letters of US law: each complete, or refused by the field that is missing."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit.record import Document, Notice, Refusal
from reports.kinds import KINDS
from reports.kinds.choice import Choice, choose
from reports.letter import Letters
from reports.mandatory import Gap
from reports.printing import FORMATS
from tests.worlds.noticed import TODAY, Remembered, a_case, a_decision, a_recipient, a_score, a_source
from tests.worlds.told_kinds import PRICING, a_guarantor, a_world, granted

US = [name for name, kind in KINDS.items() if "us" in kind.entities and not kind.on_request]
LANGUAGES = ("en", "es")
SPANISH = {"P1": "Estado de pago", "B1": "Saldos demasiado altos", "H1": "Antigüedad", "V1": "Ingresos"}


def written(ledger: Remembered, recipient: Any, **asked: Any) -> tuple[Document, ...] | Refusal:
    """Return what comes of the ledger's one decision."""
    letters = Letters(ledger, "latest")  # type: ignore[arg-type]
    return letters.render(ledger.decided, recipient, date=TODAY, **{"formats": ("txt",), **asked})


def said(ledger: Remembered, recipient: Any, **asked: Any) -> str:
    """Return the text of a letter, its lines joined."""
    made = written(ledger, recipient, **asked)
    assert isinstance(made, tuple), made
    return " ".join(made[0].content.decode().split())


def refused(ledger: Remembered, recipient: Any, **asked: Any) -> Refusal:
    """Return the refusal; anything else is a failure."""
    made = written(ledger, recipient, **asked)
    assert isinstance(made, Refusal)
    return made


def in_spanish(ledger: Remembered) -> Remembered:
    """Return the world with its dictionary in Spanish too."""
    codes = {
        factor: replace(code, statement={**code.statement, "es": SPANISH[code.code]})
        for factor, code in ledger.dictionary.items()
    }
    return replace(ledger, dictionary=codes)


@pytest.mark.parametrize("paper", ["letter", "a4"])
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", US)
def test_each_kind_has_equal_words_in_its_formats(kind: str, lang: str, paper: str, tmp_path: Path) -> None:
    """PDF, HTML and text of each kind, language and paper say the same words in the same order."""
    ledger, who = a_world(kind)
    ledger = in_spanish(ledger)
    ledger.config["letters"] = {**ledger.config.get("letters", {}), "paper": paper}
    made = written(ledger, who, formats=FORMATS, lang=lang)
    assert isinstance(made, tuple), made
    assert {(one.kind, one.language) for one in made} == {(kind, lang)}
    pdf = tmp_path / "letter.pdf"
    pdf.write_bytes(next(one.content for one in made if one.format == "pdf"))
    drawn = subprocess.run(["pdftotext", "-raw", pdf, "-"], capture_output=True, text=True, check=True).stdout
    # The foot of each page is the page's, not the letter's.
    drawn = re.sub(r"(?m)^(?:Notice|Aviso) N-\d{5}-\d{5}\s*\n?(?:page|página) \d (?:of|de) \d\s*", "", drawn)
    assert drawn.replace("\u00ad", "").split() == made[0].words.split()


@pytest.mark.parametrize("kind", US)
def test_each_kind_is_chosen_by_its_decision(kind: str) -> None:
    """The record alone says which letter is due, and why."""
    ledger, who = a_world(kind)
    chosen = choose(ledger.decided, ledger.filed, who.role, ledger.config.get("letters"))
    assert isinstance(chosen, Choice)
    assert chosen.kind == kind
    assert chosen.why
    assert re.search(r"\d+ (?:CFR|USC)", chosen.source)


MISSING = [
    ("incomplete", "missing_information", "1002.9(c)(2)"),
    ("incomplete", "respond_by", "1002.9(c)(2)"),
    ("incomplete", "received_at", "1002.9(c)(1)"),
    ("incomplete", "product", "1002.12(b)(1)"),
    ("incomplete", "purpose", "1002.12(b)(1)"),
    ("fcra_notice", "decided_at", "1002.9(a)(2)"),
    ("fcra_notice", "product", "1002.12(b)(1)"),
    ("risk_based_pricing", "decided_at", "1022.7"),
    ("risk_based_pricing", "product", "1002.12(b)(1)"),
    ("credit_score_disclosure", "decided_at", "1022.74(e)"),
    ("credit_score_disclosure", "product", "1002.12(b)(1)"),
]


@pytest.mark.parametrize(("kind", "field", "citation"), MISSING)
def test_a_missing_field_is_named_with_its_clause(kind: str, field: str, citation: str) -> None:
    """No blank is printed: the letter is refused, and says what is missing and who asks for it."""
    ledger, who = a_world(kind)
    record = {key: text for key, text in ledger.filed.record.items() if key != field}
    told = refused(replace(ledger, filed=replace(ledger.filed, record=record)), who, kind=kind)
    assert f"record.{field}" in told.cause
    assert citation in told.citation


@pytest.mark.parametrize("field", ["name", "address", "phone"])
@pytest.mark.parametrize("kind", ["fcra_notice", "risk_based_pricing", "credit_score_disclosure"])
def test_the_agency_is_named_whole(kind: str, field: str) -> None:
    """A letter that sends somebody to an agency knows its name, address and telephone."""
    ledger, who = a_world(kind)
    case = replace(ledger.filed, sources=(a_source(**{field: ""}),))
    assert f"sources.{field}" in refused(replace(ledger, filed=case), who).cause


@pytest.mark.parametrize("kind", ["fcra_notice", "risk_based_pricing"])
def test_a_score_that_was_used_is_told_whole(kind: str) -> None:
    """15 USC 1681g(f)(1)(B)-(E): value, range, date, provider and key factors, and the person's own alone."""
    ledger, who = a_world(kind)
    text = said(ledger, who)
    for part in ("612", "300", "850", "November 18, 2026", "Example Bureau, Inc.", "Level of delinquency"):
        assert part in text
    other = replace(ledger.filed, bureau_scores=(a_score(), a_score(of="joint", value="744")))
    assert "744" not in said(replace(ledger, filed=other), who)
    late = replace(ledger.filed, bureau_scores=(a_score(value="212"),))
    assert "outside of its range" in refused(replace(ledger, filed=late), who).cause


# --- incomplete --------------------------------------------------------------------------------


def test_what_is_missing_is_listed_with_its_day() -> None:
    """12 CFR 1002.9(c)(2): the information, the day, and what silence means."""
    text = said(*a_world("incomplete"))
    assert "1 Pay slips of the last two months 2 A copy of your lease" in text
    assert "Please send it by December 15, 2026" in text
    assert "we will not be able to give further consideration" in text
    assert "Equal Credit Opportunity" not in text


def test_a_day_that_has_passed_is_no_reasonable_period() -> None:
    """An answer that is due before the letter goes out is refused."""
    ledger, who = a_world("incomplete")
    gone = replace(ledger.filed, record={**ledger.filed.record, "respond_by": "2026-11-20"})
    assert "has passed" in refused(replace(ledger, filed=gone), who).cause


def test_incompleteness_is_told_within_thirty_days() -> None:
    """The thirty days run from the day on which the application came."""
    ledger, who = a_world("incomplete")
    old = replace(ledger.filed, record={**ledger.filed.record, "received_at": "2026-10-01"})
    told = refused(replace(ledger, filed=old), who)
    assert "past the deadline" in told.cause
    assert "1002.9(c)(1)" in told.citation
    assert said(replace(ledger, filed=old), who, late_reason="mail strike")


# --- the FCRA alone ----------------------------------------------------------------------------


def test_the_fcra_notice_has_the_five_rights_and_nothing_of_the_ecoa() -> None:
    """15 USC 1681m(a): the agency did not decide, a free copy within 60 days, the right to dispute."""
    text = said(*a_world("fcra_notice"))
    for part in (
        "did not make this decision",
        "free copy",
        "60 days",
        "right to dispute",
        "Example Bureau, Inc.",
        "affiliate or from an outside source",
        "We did not approve your rental application",
    ):
        assert part in text
    assert "Equal Credit Opportunity" not in text
    assert "main reasons" not in text


def test_a_guarantor_is_told_of_their_own_report_and_nobody_else_s() -> None:
    """A guarantor whose report was used gets the FCRA's notice, without the applicant's reasons."""
    ledger, who = a_guarantor()
    text = said(ledger, who)
    assert "We did not approve the application that you offered to guarantee" in text
    assert all(reason.statement not in text for reason in ledger.decided.reasons)


def test_employment_needs_the_notice_before_the_action() -> None:
    """15 USC 1681b(b)(3): the copy of the report and the summary of rights come first."""
    ledger, who = a_world("fcra_notice")
    record = {**ledger.filed.record, "purpose": "employment"}
    case = replace(ledger.filed, record=record)
    assert "pre_adverse_on is missing" in refused(replace(ledger, filed=case), who).cause
    case = replace(case, record={**record, "pre_adverse_on": "2026-11-19"})
    assert "not before" in refused(replace(ledger, filed=case), who).cause
    case = replace(case, record={**record, "pre_adverse_on": "2026-11-10"})
    assert "application for employment" in said(replace(ledger, filed=case), who)


def test_without_a_report_nothing_is_due() -> None:
    """No report, score or outside source: the FCRA asks for no notice."""
    ledger, who = a_world("fcra_notice")
    case = replace(ledger.filed, sources=(), bureau_scores=())
    assert "no notice is due" in refused(replace(ledger, filed=case), who).cause


# --- pricing and scores ------------------------------------------------------------------------


def test_a_score_at_the_cutoff_is_not_worse() -> None:
    """12 CFR 1022.72(b)(1): below the cutoff, or without a score; never at it."""
    ledger, _ = a_world("risk_based_pricing")
    for value, kind in (("679", "risk_based_pricing"), ("680", None)):
        case = replace(ledger.filed, bureau_scores=(a_score(value=value),))
        chosen = choose(ledger.decided, case, "primary", ledger.config["letters"])
        assert (chosen.kind if isinstance(chosen, Choice) else None) == kind
    chosen = choose(ledger.decided, replace(ledger.filed, bureau_scores=()), "primary", {"pricing": PRICING})
    assert isinstance(chosen, Choice)
    assert chosen.why == "no credit score was available"


@pytest.mark.parametrize("computed", ["2024-11-19", "2026-11-20"])
def test_a_cutoff_serves_two_years(computed: str) -> None:
    """1022.72(b)(1)(ii): older than two years at the decision, or younger than it, it serves nobody."""
    ledger, who = a_world("risk_based_pricing")
    rule = {**PRICING, "computed_on": computed}
    told = choose(ledger.decided, ledger.filed, who.role, {"pricing": rule})
    assert isinstance(told, Gap)
    assert "compute the cutoff anew" in told.fact


@pytest.mark.parametrize(
    ("tiers", "tier", "due"),
    [(4, 1, False), (4, 2, True), (5, 2, False), (5, 3, True), (10, 4, False), (10, 5, True)],
)
def test_tiers_follow_the_rule(tiers: int, tier: int, due: bool) -> None:
    """1022.72(b)(2): up to four tiers all but the top; from five on the top two, up to 40 percent."""
    case = a_case(record={"tier": str(tier)})
    chosen = choose(granted(), case, "primary", {"pricing": {"by": "tiers", "tiers": tiers}})
    assert isinstance(chosen, Choice) is due


@pytest.mark.parametrize("tier", ["", "0", "6", "best"])
def test_a_tier_that_is_none_cannot_be_told(tier: str) -> None:
    """An unknown tier is a gap, never a no."""
    told = choose(
        granted(), a_case(record={"tier": tier}), "primary", {"pricing": {"by": "tiers", "tiers": 5}}
    )
    assert isinstance(told, Gap)
    assert "record.tier" in told.fact


def test_a_refused_person_gets_no_pricing_notice() -> None:
    """12 CFR 1022.74(b): one notice of adverse action, no second one on the price."""
    ledger, who = a_world("risk_based_pricing")
    told = refused(replace(ledger, decided=a_decision()), who, kind="risk_based_pricing")
    assert "1022.74(b)" in told.citation


def test_the_distribution_stands_beside_the_score() -> None:
    """1022.74(e)(1)(ii)(F): at least six bars under the same model, and where one's own score lies."""
    text = said(*a_world("credit_score_disclosure"))
    assert "600–649 16% Your score is in this range" in text
    assert text.count("Your score is in this range") == 1
    assert "Key factors" not in text  # not in the list of (e)


def test_a_score_on_another_scale_is_refused() -> None:
    """A score outside all bars is not under the model that the bars are of."""
    ledger, who = a_world("credit_score_disclosure")
    case = replace(ledger.filed, bureau_scores=(a_score(value="870", high="900"),))
    assert "in no bar" in refused(replace(ledger, filed=case), who).cause


def test_no_disclosure_precedes_its_decision() -> None:
    """(i) The day before the decision is refused, the day of it is not."""
    ledger, who = a_world("credit_score_disclosure")
    letters = Letters(ledger, "latest")  # type: ignore[arg-type]
    decided = dt.date.fromisoformat(ledger.filed.record["decided_at"][:10])
    made = letters.render(ledger.decided, who, date=decided - dt.timedelta(days=1), formats=("txt",))
    assert isinstance(made, Refusal)
    assert "(check i)" in made.cause
    assert isinstance(letters.render(ledger.decided, who, date=decided, formats=("txt",)), tuple)


def test_no_score_is_said() -> None:
    """1022.74(f): that there is none, who was asked, and no bars."""
    ledger, who = a_world("credit_score_disclosure")
    text = said(replace(ledger, filed=replace(ledger.filed, bureau_scores=())), who)
    assert "No credit score was available about you" in text
    assert "Example Bureau, Inc." in text
    assert "600–649" not in text


def test_a_home_loan_is_refused() -> None:
    """1022.74(d): it needs the notice of 15 USC 1681g(g) too."""
    ledger, who = a_world("credit_score_disclosure")
    case = replace(ledger.filed, record={**ledger.filed.record, "product": "Home equity loan"})
    assert "1022.74(d)" in refused(replace(ledger, filed=case), who).citation


# --- language ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", US)
def test_another_language_offers_english_and_keeps_the_prescribed_texts(kind: str) -> None:
    """12 CFR 1002.4(e): it can be had in English; what the law prescribes word for word stays as it is."""
    ledger, who = a_world(kind)
    text = said(in_spanish(ledger), who, lang="es")
    assert "También puede pedirnos este aviso en inglés." in text
    if kind == "adverse_action":
        assert "The Federal Equal Credit Opportunity Act prohibits creditors" in text
        assert "Estado de pago" in text
        assert "Payment status" not in text


def test_a_reason_without_words_in_the_language_is_refused() -> None:
    """A statement is never translated on the way: without approved words there is no letter."""
    told = refused(Remembered(), a_recipient(), lang="es")
    assert "reason 1 has no statement in Spanish (code P1)" in told.cause


def test_the_lints_read_the_language() -> None:
    """A vague or protected statement in Spanish is as little sent as in English."""
    for sentence, check in (("Su puntuación es demasiado baja", "g"), ("Su estado civil", "h")):
        ledger = in_spanish(Remembered())
        code = ledger.dictionary["history"]
        changed = {"history": replace(code, statement={**code.statement, "es": sentence})}
        ledger = replace(ledger, dictionary=ledger.dictionary | changed)
        assert f"(check {check})" in refused(ledger, a_recipient(), lang="es").cause


def test_a_character_that_the_font_lacks_is_refused() -> None:
    """A name in a script that the page cannot draw is refused, never printed as boxes."""
    for name in ("山田 花子", "محمد"):
        told = refused(Remembered(), a_recipient(name=name))
        assert "no glyph" in told.cause
    assert said(Remembered(), a_recipient(name="Žofie Łukasiewicz-Ñandú"))


# --- what a kind must not be used for ----------------------------------------------------------


def test_an_applicant_for_credit_is_never_told_by_the_fcra_alone() -> None:
    """12 CFR 1002.9(a)(2): the action and its reasons are owed; a notice without them settles nothing."""
    told = refused(Remembered(), a_recipient(), kind="fcra_notice")
    assert "notice of adverse action" in told.cause


@pytest.mark.parametrize("state", ["held", "void"])
def test_what_is_held_is_held_in_every_kind(state: Any) -> None:
    """A hold or a void notice stops the FCRA's notice too."""
    ledger, who = a_world("fcra_notice")
    decided = replace(ledger.decided, notice=Notice(state, "decision_differs" if state == "held" else None))
    assert state in refused(replace(ledger, decided=decided), who, kind="fcra_notice").cause


def test_only_the_addressee_s_bureau_score_is_compared() -> None:
    """Neither the lender's own score nor another person's says anything of the terms of this one."""
    ledger, _ = a_world("risk_based_pricing")
    letters = ledger.config["letters"]
    good, own = a_score(value="790"), a_score(value="0.2", role="own_score")
    joint = a_score(value="600", of="joint")
    case = replace(ledger.filed, bureau_scores=(good, own, joint), sources=(a_source(), a_source(of="joint")))
    assert isinstance(choose(ledger.decided, case, "primary", letters), Gap)
    chosen = choose(ledger.decided, case, "joint", letters)
    assert isinstance(chosen, Choice)
    assert chosen.kind == "risk_based_pricing"


@pytest.mark.parametrize("value", ["nan", "inf", "high"])
def test_a_score_that_compares_with_nothing_is_no_no(value: str) -> None:
    """What is not finite is below no cutoff and above none: it cannot be told."""
    ledger, _ = a_world("risk_based_pricing")
    case = replace(ledger.filed, bureau_scores=(a_score(value=value),))
    told = choose(ledger.decided, case, "primary", ledger.config["letters"])
    assert isinstance(told, Gap)
    assert "no number" in told.fact
