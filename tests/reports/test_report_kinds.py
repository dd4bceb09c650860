"""Fair-lending report and public summary as a whole: what they must hold, and what they may never say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from audit.errors import UsageError
from audit.ledger import Ledger
from audit.ledger import documents as issued
from audit.record import Document, Figure
from reports import register, report
from reports.report_kind import FAIR_LENDING
from reports.sealed import read
from tests.test_promises import CONCLUSIONS, DENIED
from tests.worlds.sealed import SEALED_AT, seal_small_audit
from tests.worlds.told import AUDIT, ToldLedger
from tests.worlds.told_hiring import hiring

# A group's gap is told, and never what it means in law.
FORBIDDEN = re.compile(
    r"\b(compliant|compliance|unbiased|bias-free|no discrimination|no disparate|discriminates"
    r"|non-?discriminatory|fair(?![- ](?:lending|housing|credit))|fairly|unfair|significant|guilty|liable"
    r"|violat\w+)\b",
    re.IGNORECASE,
)
# The names of acts and of the section hold the word and conclude nothing.
NAMES = re.compile(r"Fair (?:Housing|Credit Reporting) Act|Fair-lending|unfair-practices law", re.IGNORECASE)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, str]]:
    """A small audit in a real ledger."""
    ledger, name = seal_small_audit(tmp_path_factory.mktemp("kinds"))
    with ledger:
        yield ledger, name


@pytest.fixture(scope="module")
def page() -> Document:
    return report.render(ToldLedger(), AUDIT, "html", kind="fair-lending")


@pytest.fixture(scope="module")
def paper() -> Document:
    return report.render(ToldLedger(), AUDIT, "pdf", kind="fair-lending", counsel=True)


def _texts(document: Document) -> list[str]:
    """Return the text of every page of a PDF, margins too."""
    import subprocess

    found = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=document.content, capture_output=True, check=True
    )
    return found.stdout.decode().split("\f")[:-1]


def test_every_item_of_the_specification_is_named(page: Document) -> None:
    """Ten parts, whatever was measured: each is listed, with a state."""
    items = register.register(read(ToldLedger(), AUDIT))
    parts = list(dict.fromkeys(one.heading for one in items))
    assert parts == [
        "Scope", "Legal frame", "Protected classes", "Class values", "Outcome tests", "Treatment tests",
        "Proxy scan", "Alternatives", "Reason-code audit", "Findings", "Record",
    ]  # fmt: skip
    for one in items:
        assert one.label in page.words
        assert one.says or one.state in ("measured", "stated")


def test_an_audit_that_measured_little_says_so_of_every_item() -> None:
    """Decisions alone, of one attribute: no part is silently missing, and each cause is printed."""
    told = ToldLedger()
    kept = {"population", "data", "environment", "method", "holds"}
    told.the_figures = {name: one for name, one in told.the_figures.items() if name in kept}
    data = dict(told.the_figures["data"].body)
    told.the_figures["data"] = replace(told.the_figures["data"], body={**data, "observed": None})
    told.the_disparities = tuple(d for d in told.the_disparities if d.metric == "adverse_impact_ratio")
    told.the_audit = replace(
        told.the_audit, model=replace(told.the_audit.model, framework="none", inputs=(), layers=())
    )
    items = register.register(read(told, AUDIT))
    state = {one.label: one.state for one in items}
    measured = {label for label, found in state.items() if found == "measured"}
    assert measured == {"Approval rate and adverse impact ratio", "Origin, coverage, unknowns"}
    document = report.render(told, AUDIT, "html", kind="fair-lending")
    for one in items:
        if one.open:
            assert one.says.lower() in document.words.lower(), one.label
    names = [one.name for one in report.sections(told, AUDIT, FAIR_LENDING)]
    assert names == list(FAIR_LENDING.names)
    for title in (
        "Groups were not estimated",
        "The gap in scores was not split",
        "No alternative was searched for",
    ):
        assert title in document.words
    assert document.words.count("Not measured: ") >= 5


def test_each_section_with_a_test_says_which_theory_it_serves(page: Document) -> None:
    """Under its title, as in force on the audit's day; an audit report says nothing of it."""
    notes = {one.name: one.note for one in report.sections(ToldLedger(), AUDIT, FAIR_LENDING) if one.note}
    assert set(notes) == {"fairness", "estimated", "lending_treatment", "gap", "alternatives", "reasons"}
    assert "Neither theory: four fifths." in notes["fairness"]
    assert "Disparate treatment: protected attributes" in notes["lending_treatment"]
    assert notes["alternatives"] == "Disparate impact: less discriminatory alternatives."
    assert notes["alternatives"] in page.words
    assert not any(one.note for one in report.sections(ToldLedger(), AUDIT))


def test_no_word_concludes(page: Document, paper: Document) -> None:
    """No rendered word says that a model or a lender is, or is not, as the law asks."""
    summary = report.render(hiring(), AUDIT, "html", kind="ll144")
    audit = report.render(ToldLedger(), AUDIT, "html")
    for document in (page, paper, summary, audit):
        text = " ".join(document.words.split()).replace(DENIED, "")
        assert CONCLUSIONS.search(text) is None
        text = NAMES.sub("", text).replace("4 Fairness", "").replace("Fairness", "")
        found = FORBIDDEN.search(text)
        assert found is None, found and text[max(0, found.start() - 60) : found.end() + 20]


@pytest.mark.parametrize(
    "sentence", ["The model is fair.", "It is unbiased.", "A significant gap", "Compliant."]
)
def test_a_conclusion_would_be_seen(sentence: str) -> None:
    """The scan finds what it looks for."""
    assert FORBIDDEN.search(sentence)


def test_the_access_class_stands_on_every_page(paper: Document) -> None:
    """And on the first page in the body, where a margin cannot be cut off."""
    plain = report.render(ToldLedger(), AUDIT, "pdf", kind="fair-lending")
    for document, words in (
        (plain, "Internal · fair lending"),
        (paper, "Prepared at the direction of counsel"),
    ):
        pages = _texts(document)
        assert len(pages) > 10
        for number, text in enumerate(pages, start=1):
            assert words.lower() in text.lower(), number
    assert not any("direction of counsel ·" in text for text in _texts(plain))


def test_paper_and_screen_have_the_same_words(page: Document) -> None:
    """Every sentence and table of the page stands on paper too."""
    assert report.render(ToldLedger(), AUDIT, "pdf", kind="fair-lending").words == page.words
    summary = (report.render(hiring(), AUDIT, f, kind="ll144").words for f in ("html", "pdf"))
    assert len(set(summary)) == 1


def test_no_applicant_is_told_of(page: Document) -> None:
    """The example of one refusal stays in the audit report."""
    whole = report.render(ToldLedger(), AUDIT, "html")
    assert "One refusal" in whole.words
    assert "One refusal" not in page.words
    assert "4c1e07ab" not in page.content.decode()


@pytest.mark.parametrize("kind", ["fair-lending", "ll144"])
def test_the_pdf_is_tagged(kind: str) -> None:
    """As the audit report: tags, language, title, standard, and a sentence for every figure."""
    told = hiring() if kind == "ll144" else ToldLedger()
    content = report.render(told, AUDIT, "pdf", kind=kind).content  # type: ignore[arg-type]
    with pikepdf.open(BytesIO(content)) as pdf:
        assert bool(pdf.Root.MarkInfo.Marked)
        assert str(pdf.Root.Lang) == "en"
        with pdf.open_metadata() as metadata:
            assert metadata.pdfa_status == "3A"
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"].startswith(told.the_audit.name)
        figures = [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/Figure"]
        assert all(str(figure.get("/Alt", "")).strip() for figure in figures)
        assert len(figures) > 3 or kind == "ll144"


def test_every_anchor_leads_somewhere(page: Document) -> None:
    """No link of the contents, of the register or of the legal frame is dead."""
    text = page.content.decode()
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in re.findall(r'href="(#[^"]*)"', text)} <= set(ids)


def test_the_summary_is_at_most_two_pages_and_carries_nothing() -> None:
    """Public is what it prints: no attachment, no reason, no code, no digest of model or data."""
    document = report.render(hiring(), AUDIT, "pdf", kind="ll144")
    with pikepdf.open(BytesIO(document.content)) as pdf:
        assert len(pdf.pages) <= 2
        assert "/AF" not in pdf.Root
        assert len(pdf.attachments) == 0
    page = report.render(hiring(), AUDIT, "html", kind="ll144").content.decode()
    told = hiring()
    inside = {c.statement["en"] for c in told.codes(AUDIT)} | {one.source for one in told.the_findings}
    inside |= {
        told.the_audit.owner,
        told.the_audit.model.name,
        told.the_audit.model.digest,
        "letter",
        "refus",
    }
    inside |= {told.the_audit.dataset.name, "median_score", "0.41", "fair lending", "credit"}
    for text in inside - {""}:
        assert text not in page.split("<main")[1], text
    assert "Public" in _texts(document)[-1] or "public" in _texts(document)[0]


def test_the_summary_of_the_example_in_the_rules_fits_two_pages() -> None:
    """Seven races, two sexes, fourteen crossings and both rates."""
    told = hiring()
    rows = told.the_figures["ll144"].body["tables"]
    wide = [
        {
            **t,
            "rows": [
                {**r, "withheld": False, "category": f"{r['category']} {i}"}
                for r in t["rows"]
                for i in range(3)
            ],
        }
        for t in rows
    ]
    content = report.render(hiring(tables=wide), AUDIT, "pdf", kind="ll144").content
    with pikepdf.open(BytesIO(content)) as pdf:
        assert len(pdf.pages) == 2


def test_without_protected_attributes_there_is_no_fair_lending_report() -> None:
    """The error says what to name; a report about nobody would read as praise."""
    told = ToldLedger()
    data = dict(told.the_figures["data"].body)
    told.the_figures["data"] = replace(told.the_figures["data"], body={**data, "protected": []})
    del told.the_figures["estimated_groups"]
    with pytest.raises(UsageError, match=r"states no protected attribute.*`protected`.*`fairness\.bisg`"):
        report.render(told, AUDIT, "html", kind="fair-lending")
    told = ToldLedger()
    told.the_audit = replace(told.the_audit, kind="images")
    with pytest.raises(UsageError, match="is of pictures"):
        report.render(told, AUDIT, "html", kind="fair-lending")


def test_an_audit_for_notices_alone_names_the_other_half() -> None:
    """Where groups are compared in another ledger, the report is made there."""
    told = ToldLedger()
    head = {"audit": {"only": "notices"}}
    told.the_audit = replace(told.the_audit, config={**told.the_audit.config, **head})
    told.the_figures["companion"] = Figure(
        "companion", "model_risk", {"only": "fairness", "audit": "5e" * 32}
    )
    with pytest.raises(UsageError, match=r"compares no group\. Groups are compared in audit 5e5e.*--ledger"):
        report.render(told, AUDIT, "html", kind="fair-lending")


def test_unknown_kinds_and_a_misplaced_direction_are_refused() -> None:
    """Counsel's direction is printed in a fair-lending report alone."""
    with pytest.raises(UsageError, match="audit, fair-lending, ll144"):
        report.render(ToldLedger(), AUDIT, "html", kind="lending")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no direction of counsel"):
        report.render(ToldLedger(), AUDIT, "html", counsel=True)


def test_who_may_read_is_sealed_with_the_document(sealed: tuple[Ledger, str]) -> None:
    """The class is part of the act's entry in the log, and read back with the document."""
    ledger, name = sealed
    for kind, counsel, access in (
        ("audit", False, "fair_lending"),
        ("fair-lending", False, "fair_lending"),
        ("fair-lending", True, "privileged"),
    ):
        document = report.render(ledger, name, "html", kind=kind, counsel=counsel)  # type: ignore[arg-type]
        assert document.access == access
        kept = ledger.record_document(name, document, SEALED_AT)
        assert kept.access == access
        assert issued.documents(ledger, name)[-1].access == access
    kinds = [one.kind for one in issued.documents(ledger, name)]
    assert kinds == ["report", "fair_lending_report", "fair_lending_report"]


def test_a_small_real_audit_renders_in_both_formats(sealed: tuple[Ledger, str], tmp_path: Path) -> None:
    """From a real ledger, twice, to the same bytes."""
    for format in ("html", "pdf"):
        first, again = (report.render(*sealed, format, kind="fair-lending") for _ in range(2))  # type: ignore[arg-type]
        assert first.content == again.content
        assert first.name.endswith(f"-fair-lending.{format}")


def test_a_batch_has_no_rates_and_says_so(page: Document) -> None:
    """The refusals of one night have a fair-lending report without a single rate."""
    told = ToldLedger(the_disparities=(), the_rates=())
    told.the_audit = replace(told.the_audit, kind="batch")
    document = report.render(told, AUDIT, "html", kind="fair-lending")
    assert document.words.count(register.BATCH.capitalize()) >= 5
    assert page.words.count(register.BATCH.capitalize()) == 0
