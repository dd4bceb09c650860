"""Tests of the letter: one decision and one person make equal words in three formats, or a refusal."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from audit.record import Approval, CaseFile, Document, Notice, Person, Recipient, Refusal
from reports.html import words
from reports.letter import Letters, file_stem
from reports.printing import FORMATS
from tests.worlds import noticed
from tests.worlds.noticed import (
    SENTENCES,
    TODAY,
    Remembered,
    a_case,
    a_code,
    a_config,
    a_decision,
    a_recipient,
    a_score,
    a_source,
    some_codes,
    some_reasons,
)

Outcome = tuple[Document, ...] | Refusal


def written(
    ledger: Remembered, recipient: Recipient | None = None, *, date: dt.date = TODAY, **asked: Any
) -> Outcome:
    """Return what comes of the ledger's one decision."""
    letters = Letters(ledger, "latest")  # type: ignore[arg-type]
    return letters.render(ledger.decided, recipient or a_recipient(), date=date, **asked)


def refusal(outcome: Outcome) -> Refusal:
    """Return the refusal; anything else is a failure."""
    assert isinstance(outcome, Refusal)
    return outcome


def text(outcome: Outcome) -> str:
    """Return the text of a letter that was asked for as text."""
    assert isinstance(outcome, tuple), outcome
    return outcome[0].content.decode()


def a_text(*args: Any, **asked: Any) -> str:
    """Return the text of a letter."""
    return text(written(*args, formats=("txt",), **asked))


WORLDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "nothing bought": {"filed": a_case(sources=(), bureau_scores=())},
    "example": {"example": True},
    "account": {
        "decided": a_decision(action="limit_decrease"),
        "filed": a_case(record={"offered_terms": "Credit limit of $500"}, without="completed_at"),
    },
    "everything": {
        "decided": a_decision(action="counteroffer", reasons=some_reasons(tuple(SENTENCES))),
        "filed": a_case(
            record={"offered_terms": "Credit limit of $2,000"},
            sources=(
                a_source(),
                a_source(name="Second Bureau LLC"),
                a_source(name="Third Bureau LLC"),
                a_source(kind="affiliate"),
            ),
            bureau_scores=(
                a_score(
                    key_factors=(
                        "Level of delinquency on accounts",
                        "Proportion of balances to credit limits on revolving accounts is too high",
                        "Length of time accounts have been established",
                        "Too many accounts with balances",
                    )
                ),
            ),
        ),
    },
}


def pdf_words(content: bytes, folder: Path, *options: str) -> list[str]:
    """Return the words of a PDF in reading order, without the footer of each page."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (package poppler-utils)")
    (folder / "letter.pdf").write_bytes(content)
    run = subprocess.run(
        ["pdftotext", *options, folder / "letter.pdf", "-"], capture_output=True, check=True, text=True
    )
    pages = run.stdout.split("\f")[:-1]
    assert len(pages) == 2
    bodies = []
    for number, page in enumerate(pages, start=1):
        body, footer = page[: page.rindex("Notice N-")], page[page.rindex("Notice N-") :]
        assert re.fullmatch(rf"Notice N-\d{{5}}-\d{{5}}\s+page {number} of 2", footer.strip())
        bodies.append(body)
    return " ".join(bodies).split()


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("options", [(), ("-raw",)], ids=["as it stands", "in the order of the file"])
def test_the_three_formats_have_equal_words(world: str, options: tuple[str, ...], tmp_path: Path) -> None:
    """PDF, HTML and text say the same words in the same order, and the record keeps those words."""
    documents = written(Remembered(**WORLDS[world]), formats=FORMATS)
    assert isinstance(documents, tuple), documents
    pdf, html, txt = documents
    assert [document.format for document in documents] == list(FORMATS)
    said = txt.content.decode().split()
    assert len(said) > 100
    assert words(html.content.decode()).split() == said
    assert pdf_words(pdf.content, tmp_path, *options) == said
    assert {document.words for document in documents} == {" ".join(said)}


def test_the_pdf_is_two_tagged_letter_pages_and_the_same_bytes_again() -> None:
    """The PDF has tags, a language, a title and fonts of its own; equal records give equal bytes."""
    first, second = (written(Remembered(), formats=("pdf",)) for _ in range(2))
    assert isinstance(first, tuple)
    assert isinstance(second, tuple)
    assert first[0].content == second[0].content
    with pikepdf.open(BytesIO(first[0].content)) as pdf:
        assert len(pdf.pages) == 2
        assert [round(float(x) / 72 * 25.4, 1) for x in pdf.pages[0].mediabox][2:] == [215.9, 279.4]
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "en"
        with pdf.open_metadata() as metadata:
            assert metadata["pdfaid:part"] == "3"
            assert metadata["pdfaid:conformance"] == "A"
            assert metadata["dc:title"] == "Notice of action taken, November 20, 2026"
            assert "Álvarez" not in str(metadata)


def test_html_is_one_file_that_asks_for_nothing() -> None:
    """The HTML letter names no other file, and a name with signs stays text."""
    documents = written(Remembered(), formats=("html",))
    assert isinstance(documents, tuple)
    html = documents[0].content.decode()
    assert re.search(r"(?:src|href)=|url\(|@import", html) is None
    assert "María T. Álvarez &amp; Sons" in html
    assert "María T. Álvarez & Sons" in words(html)


# --- what it says ----------------------------------------------------------------------------


def test_every_mandatory_item_is_said() -> None:
    """Items 1 to 8 of the combined notice stand in the letter, in their prescribed words."""
    world = WORLDS["everything"]
    said = " ".join(a_text(Remembered(**world)).split())
    for item in (
        "We did not approve the terms you asked for",
        "Harbor Lane Credit Co. 500 Market Street, Suite 900 Wilmington DE 19801",
        noticed.ECOA.split(" [")[0] + " Federal Trade Commission Consumer Response Center",
        "1 Payment status of your account in the most recent month 2 Balances on revolving accounts",
        noticed.FCRA_615A,
        "Example Bureau, Inc. P.O. Box 9999, Springfield IL 62701 1-800-555-0199",
        "Toll-free telephone",
        noticed.FCRA_SCORE,
        "Your credit score 612 Created on November 18, 2026 Scores range from a low of 300 to a high of 850",
        "Provided by Example Bureau, Inc.",
        "Key factors that adversely affected your credit score: 1 Level of delinquency on accounts",
        "5 Number of recent inquiries on your credit report",
        noticed.FCRA_615B,
    ):
        assert item in said


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (None, "We did not approve your application"),
        ("denied", "We did not approve your application"),
        ("partial", "We approved less than you asked for"),
        ("limit_decrease", "We lowered your credit limit"),
        ("terminate", "We closed your account"),
        ("apr_increase", "We raised the interest rate on your account"),
    ],
)
def test_the_decision_is_told_by_its_action(action: str | None, sentence: str) -> None:
    """Each action has its sentence; an adverse outcome without one is an application not approved."""
    assert sentence in a_text(Remembered(decided=a_decision(action=action)))


def test_nothing_of_the_explanation_is_printed() -> None:
    """No contribution, code, factor name, our score, cutoff or model stands in a letter."""
    said = a_text(Remembered())
    for inner in ("P1", "utilisation", "0.41", "0.30", "0.5", "m.keras", "pseudonym", "PER-7"):
        assert inner not in said


def test_blocks_that_do_not_apply_leave_nothing() -> None:
    """Without report, score or other source the letter has no word of them."""
    said = a_text(Remembered(filed=a_case(sources=(), bureau_scores=())))
    for block in ("credit report", "credit score", "other sources", "None"):
        assert block not in said
    assert "\n\n\n\n" not in said


def test_a_co_applicant_s_score_and_report_never_appear() -> None:
    """Each person's letter has that person's score and report alone."""
    case = a_case(
        sources=(a_source(), a_source(of="joint", name="Joint Bureau LLC")),
        bureau_scores=(a_score(), a_score(of="joint", value="777", provider="Joint Bureau LLC")),
    )
    joint = a_recipient(person="PER-7-B", role="joint", name="Jo Example")
    first, second = a_text(Remembered(filed=case)), a_text(Remembered(filed=case), joint)
    assert "612" in first
    assert "777" not in first
    assert "Joint Bureau" not in first
    assert "777" in second
    assert "612" not in second
    assert "Example Bureau" not in second


def test_a_joint_applicant_without_a_report_gets_no_report_block() -> None:
    """The primary applicant's report is not told to the joint applicant."""
    said = a_text(Remembered(), a_recipient(person="PER-7-B", role="joint"))
    assert "credit report" not in said
    assert "612" not in said


def test_reasons_never_stand_in_for_the_key_factors_of_the_lender_s_own_score() -> None:
    """Our score as a credit score needs its own key factors and date from the data, else no letter."""
    config = a_config()
    config["decision"]["disclosed_score"] = {"role": "credit_score", "low": 0, "high": 1, "by": "x"}
    refused = refusal(written(Remembered(config=config, filed=a_case(bureau_scores=()))))
    assert "not built yet" in refused.cause
    assert "comment 9(b)(2)-9" in refused.citation
    ours = a_score(
        role="own_score",
        value="0.41",
        low="0",
        high="1",
        created_on=dt.date(2026, 11, 17),
        provider="Harbor Lane Credit Co.",
        key_factors=("Proportion of balances to limits",),
        inquiries=None,
    )
    case = a_case(bureau_scores=(ours,))
    said = " ".join(a_text(Remembered(config=config, filed=case)).split())
    assert "We calculated your credit score ourselves" in said
    assert (
        "Your credit score 0.41 Created on November 17, 2026 Scores range from a low of 0 to a high of 1"
        in said
    )
    assert "Provided by Harbor Lane Credit Co." in said
    told = said.partition("Key factors that adversely affected your credit score:")[2]
    assert told.strip().startswith("1 Proportion of balances to limits Your credit report")
    assert not any(statement in told for _, statement in SENTENCES.values())
    for gone in ({"created_on": None}, {"key_factors": ()}, {"provider": ""}):
        bare = Remembered(config=config, filed=a_case(bureau_scores=(replace(ours, **gone),)))
        assert f"bureau_scores.{next(iter(gone))}" in refusal(written(bare)).cause
    assert "credit score" not in a_text(Remembered(filed=case))


def test_an_own_score_of_the_record_is_told_only_by_its_role() -> None:
    """A score of role own_score is printed where it is a credit score, and left out where it is not."""
    case = a_case(bureau_scores=(a_score(role="own_score", value="455", provider="Harbor Lane Credit Co."),))
    assert "455" not in a_text(Remembered(filed=case))
    config = a_config()
    config["decision"]["disclosed_score"] = {"role": "credit_score", "low": 300, "high": 850}
    assert "455" in a_text(Remembered(config=config, filed=case))
    del config["decision"]["disclosed_score"]
    assert "disclosed_score.role" in refusal(written(Remembered(config=config, filed=case))).cause


def test_the_example_says_so() -> None:
    """A letter of the demonstration says that person and lender are invented, others do not."""
    assert "Example with an invented person and lender" in a_text(Remembered(example=True))
    assert "Example with" not in a_text(Remembered())


def test_a_creditor_without_telephone_is_written_to() -> None:
    """The telephone is no mandatory field: without one the letter asks to write."""
    said = a_text(Remembered(config=a_config(phone=None)))
    assert "Write to us at the address at the top." in said
    assert "Call" not in said


# --- what refuses it -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ledger", "recipient", "name", "citation"),
    [
        ({"config": a_config(name=None)}, {}, "entities.us.name", "1002.9(a)(2)"),
        ({"config": a_config(address=None)}, {}, "entities.us.address", "1002.9(a)(2)"),
        ({"config": a_config(ecoa_agency=None)}, {}, "ecoa_agency", "1002.9(b)(1)"),
        ({"config": a_config(ecoa_agency="nobody")}, {}, "ecoa_agency", "1002.9(b)(1)"),
        ({"config": a_config(ecoa_agency={"name": "An Agency"})}, {}, "ecoa_agency", "1002.9(b)(1)"),
        *(
            ({"filed": a_case(without=field)}, {}, f"record.{field}", citation)
            for field, citation in (
                ("received_at", "1002.9(a)(1)"),
                ("completed_at", "1002.9(a)(1)"),
                ("decided_at", "1002.9(a)(2)"),
                ("product", "1002.12(b)"),
                ("requested_terms", "1002.12(b)"),
                ("purpose", "1002.12(b)"),
                ("jurisdiction", "1002.12(b)"),
                ("language", "1002.12(b)"),
            )
        ),
        ({"filed": a_case(record={"decided_at": "soon"})}, {}, "record.decided_at", "1002.9(a)(2)"),
        ({"decided": a_decision(action="counteroffer")}, {}, "record.offered_terms", "9(a)(1)-6"),
        ({"decided": a_decision(reasons=())}, {}, "principal reasons", "1002.9(a)(2)(i)"),
        *(
            ({"filed": a_case(sources=(a_source(**{field: ""}),))}, {}, f"sources.{field}", "1681m(a)(3)")
            for field in ("name", "address", "phone")
        ),
        ({"filed": a_case(sources=(a_source(toll_free=False),))}, {}, "toll_free", "1681m(a)(3)"),
        ({"filed": a_case(sources=())}, {}, "no consumer reporting agency", "1681m(a)(3)"),
        *(
            (
                {"filed": a_case(bureau_scores=(a_score(**{field: empty}),))},
                {},
                f"bureau_scores.{field}",
                clause,
            )
            for field, empty, clause in (
                ("value", "", "1681m(a)(2)"),
                ("low", "", "1681g(f)(1)(B)"),
                ("high", "", "1681g(f)(1)(B)"),
                ("key_factors", ("", ""), "1681g(f)(1)(C)"),
                ("created_on", None, "1681g(f)(1)(D)"),
                ("provider", "", "1681g(f)(1)(E)"),
            )
        ),
        *(
            ({"texts": {k: v for k, v in noticed.TEXTS.items() if k != key}, "filed": filed}, {}, key, clause)
            for key, filed, clause in (
                ("ecoa_notice", a_case(), "1002.9(b)(1)"),
                ("fcra_615a", a_case(), "1681m(a)(4)"),
                ("fcra_score", a_case(), "1681m(a)(2)"),
                ("fcra_615b", a_case(sources=(a_source(), a_source(kind="affiliate"))), "1681m(b)"),
            )
        ),
        ({}, {"name": " "}, "recipients.name", "1002.9(f)"),
        ({}, {"address": ()}, "recipients.address", "1002.9(f)"),
        ({}, {"channel": "portal"}, "recipients.esign_consent", "1002.4(d)"),
    ],
)
def test_a_missing_field_refuses_by_name_and_clause(
    ledger: dict[str, Any], recipient: dict[str, Any], name: str, citation: str
) -> None:
    """Each mandatory field, taken away alone, refuses the letter with its name and its citation."""
    refused = refusal(written(Remembered(**ledger), a_recipient(**recipient)))
    assert name in refused.cause
    assert citation in refused.citation
    assert ";" not in refused.cause  # this field, and nothing else
    assert refused.decision == "APP-7"
    assert refused.role == "primary"


def test_every_gap_is_named_at_once() -> None:
    """Two missing fields are one refusal with both names."""
    refused = refusal(written(Remembered(config=a_config(name=None)), a_recipient(name="")))
    assert "entities.us.name" in refused.cause
    assert "recipients.name" in refused.cause


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"purpose": "business"}, "purpose"),
        ({"language": "xx"}, "language"),
        ({"jurisdiction": "mars"}, "jurisdiction"),
    ],
)
def test_what_is_to_come_says_so(record: dict[str, str], name: str) -> None:
    """Business credit, and languages and places without words of their own, are refused by name."""
    refused = refusal(written(Remembered(filed=a_case(record=record))))
    assert name in refused.cause
    assert next(iter(record.values())) in refused.cause or "not built yet" in refused.cause


def test_a4_has_its_own_window_and_page() -> None:
    """On A4 the letter has the page of DIN 5008, and six lines of address fit its window."""
    ledger = Remembered(config=a_config() | {"letters": {"paper": "a4"}})
    outcome = written(ledger, a_recipient(address=("line",) * 5))
    assert isinstance(outcome, tuple), outcome
    with pikepdf.open(BytesIO(outcome[0].content)) as pdf:
        assert [round(float(side)) for side in pdf.pages[0].mediabox] == [0, 0, 595, 842]
        assert len(pdf.pages) == 2


def test_an_electronic_letter_needs_no_postal_address() -> None:
    """Mail needs an address; the portal needs consent, and prints the name alone."""
    portal = a_recipient(channel="portal", esign_consent=True, address=())
    said = a_text(Remembered(), portal)
    assert "María T. Álvarez & Sons\n\n\nNotice of action taken" in said


def test_several_creditors_are_refused() -> None:
    """One creditor a notice: a list of lenders is not printed as one."""
    config = a_config()
    config["entities"]["us"] = [config["entities"]["us"], config["entities"]["us"]]
    refused = refusal(written(Remembered(config=config)))
    assert "several creditors" in refused.cause
    assert "9(g)-1" in refused.citation


@pytest.mark.parametrize("cause", ["protected_basis", "ranking_uncertain", "decision_differs"])
def test_a_held_notice_has_no_letter_not_even_a_draft(cause: str) -> None:
    """A hold refuses with its cause, draft or not."""
    ledger = Remembered(decided=a_decision(notice=Notice("held", cause)))
    for draft in (False, True):
        refused = refusal(written(ledger, draft=draft))
        assert refused.cause == f"held: {cause}"
        assert "12 CFR" in refused.citation
        assert refused.days_left == 12


@pytest.mark.parametrize(
    ("changes", "words_of_it"),
    [
        ({"outcome": "favourable", "action": "approved"}, "no notice is due"),
        ({"outcome": "none", "action": "withdrawn"}, "no notice is due"),
        ({"notice": Notice("void")}, "void"),
        ({"action": "embargo"}, "not built yet"),
    ],
)
def test_only_an_adverse_decision_is_told(changes: dict[str, Any], words_of_it: str) -> None:
    """Approved, withdrawn and void decisions get no denial letter."""
    assert words_of_it in refusal(written(Remembered(decided=a_decision(**changes)))).cause


def test_a_letter_never_goes_to_another_person() -> None:
    """A recipients file that names another person for the role is refused."""
    assert "another person" in refusal(written(Remembered(), a_recipient(person="PER-8"))).cause
    joint = a_recipient(person="PER-9", role="joint")
    assert "another person" in refusal(written(Remembered(), joint)).cause


def test_without_persons_in_the_data_each_decision_is_one() -> None:
    """Where the data name nobody, the recipients file says who the one person is."""
    config = a_config()
    config["data"]["person"] = None
    decided = a_decision(persons=(Person("pseudonym-of-APP-7"),))
    made = written(Remembered(config=config, decided=decided), a_recipient(person="PER-8"), formats=("txt",))
    assert isinstance(made, tuple)
    assert made[0].person == "pseudonym-of-APP-7"


def test_a_notice_is_issued_once() -> None:
    """The key entity, decision, action, person, kind is issued once, and again only with a reason."""
    ledger = Remembered()
    first = written(ledger, formats=("txt",))
    assert isinstance(first, tuple)
    made = first[0]
    key = (str(made.entity), str(made.decision), str(made.action), str(made.person), made.kind)
    assert key == ("us", "pseudonym-of-APP-7", "denied", "pseudonym-of-PER-7", "adverse_action")
    ledger.sent.add(key)
    assert "issued already" in refusal(written(ledger, formats=("txt",))).cause
    assert isinstance(written(ledger, formats=("txt",), again_reason="lost in the mail"), tuple)
    joint = a_recipient(person="PER-7-B", role="joint")
    assert isinstance(written(ledger, joint, formats=("txt",)), tuple)
    ledger.decided = replace(ledger.decided, action="partial")
    assert isinstance(written(ledger, formats=("txt",)), tuple)


def test_a_late_notice_needs_a_reason() -> None:
    """Day 30 is in time; day 31 is refused with -1 days left, unless late has a reason."""
    assert isinstance(written(Remembered(), date=dt.date(2026, 12, 2), formats=("txt",)), tuple)
    refused = refusal(written(Remembered(), date=dt.date(2026, 12, 3)))
    assert "deadline" in refused.cause
    assert "1002.9(a)(1)" in refused.citation
    assert refused.days_left == -1
    late = written(Remembered(), date=dt.date(2026, 12, 3), late_reason="mail strike", formats=("txt",))
    assert "December 3, 2026" in text(late)


def test_a_notice_issued_again_is_late_only_where_the_first_was() -> None:
    """The 30 days are the first notice's: what was told in time may be told again after day 30."""
    ledger, after = Remembered(), dt.date(2026, 12, 3)
    ledger.sent.add(("us", "pseudonym-of-APP-7", "denied", "pseudonym-of-PER-7", "adverse_action"))

    def again() -> Outcome:
        return written(ledger, date=after, again_reason="lost in the mail", formats=("txt",))

    ledger.sent_on = dt.date(2026, 12, 2)
    assert "December 3, 2026" in text(again())
    ledger.sent_on, ledger.sent_late = after, True
    assert "past the deadline" in refusal(again()).cause
    ledger.sent_again, ledger.sent_late = True, False  # itself issued again, of one that was in time
    assert isinstance(again(), tuple)
    assert "past the deadline" in refusal(written(Remembered(), date=after, again_reason="x")).cause


def test_an_unsealed_audit_sends_nothing() -> None:
    """A letter quotes a sealed record or none (check l)."""
    assert "not sealed" in refusal(written(Remembered(state="open"))).cause


def test_an_address_that_the_window_hides_is_refused() -> None:
    """Six lines, and a line wider than the window, are refused before anything is printed."""
    for address in (("line",) * 5, ("n" * 60,)):
        assert "window" in refusal(written(Remembered(), a_recipient(address=address))).cause


def test_a_notice_past_two_pages_is_refused() -> None:
    """Eight agencies do not fit on page 2: the letter is refused, not continued."""
    case = a_case(
        sources=tuple(
            a_source(
                name=f"Bureau number {n} of the country",
                address=f"P.O. Box {n}, " + "A long street name, " * 5,
            )
            for n in range(9)
        )
    )
    assert "runs to 3 pages" in refusal(written(Remembered(filed=case))).cause


# --- drafts ----------------------------------------------------------------------------------


def test_an_unapproved_statement_makes_a_draft_or_nothing(tmp_path: Path) -> None:
    """Without --draft the letter is refused with the reason named; with it, it cannot be mailed."""
    codes = some_codes() | {"history": a_code("history", *SENTENCES["history"], approved=None)}
    ledger = Remembered(dictionary=codes)
    assert "Reason 3 has no approved statement (code H1)" in refusal(written(ledger)).cause
    documents = written(ledger, draft=True, formats=FORMATS)
    assert isinstance(documents, tuple)
    pdf, html, txt = documents
    assert all(document.draft for document in documents)
    said = txt.content.decode()
    assert said.startswith("DRAFT. Do not send. Reason 3 has no approved statement (code H1).")
    assert "Length of time accounts have been established  statement not approved" in said
    assert said.count("statement not approved") == 1
    assert "No address on a draft" in said
    for document in documents:
        assert "Álvarez" not in document.words
        assert "Linden" not in document.words
        assert b"Linden" not in document.content
    assert words(html.content.decode()).split() == said.split()
    printed = pdf_words(pdf.content, tmp_path, "-raw")
    bar = said.partition("\n\n")[0].split()
    assert sum(printed[i : i + len(bar)] == bar for i in range(len(printed))) == 2  # on each page
    assert set(printed) == set(said.split())


def test_an_approval_after_the_audits_date_is_none() -> None:
    """Words that the audit found unapproved are not sent, whatever date stands beside them."""
    later = Approval("Counsel", dt.date(2027, 1, 2))
    codes = some_codes() | {"history": a_code("history", *SENTENCES["history"], approved=later)}
    assert "Reason 3 has no approved statement" in refusal(written(Remembered(dictionary=codes))).cause


def test_asking_for_a_draft_of_approved_words_gives_one() -> None:
    """--draft never makes a letter that could be sent."""
    said = a_text(Remembered(), draft=True)
    assert said.startswith("DRAFT. Do not send. Asked for as a draft.")
    assert "Linden" not in said


def test_a_draft_may_be_late_and_made_again() -> None:
    """A draft is nowhere issued, so neither the deadline nor an earlier notice refuses it."""
    ledger = Remembered()
    ledger.sent.add(("us", "pseudonym-of-APP-7", "denied", "pseudonym-of-PER-7", "adverse_action"))
    assert "DRAFT" in a_text(ledger, draft=True, date=dt.date(2027, 3, 1))


# --- names -----------------------------------------------------------------------------------


def test_files_are_named_by_decision_and_role() -> None:
    """``<decision>[-<role>].<format>``; what no file name may hold is written as in an address."""
    documents = written(Remembered(), formats=("html", "txt"))
    assert isinstance(documents, tuple)
    assert [document.name for document in documents] == ["APP-7.html", "APP-7.txt"]
    joint = written(Remembered(), a_recipient(person="PER-7-B", role="joint"), formats=("txt",))
    assert isinstance(joint, tuple)
    assert joint[0].name == "APP-7-joint.txt"
    assert file_stem("../../etc/passwd", "primary") == "..%2F..%2Fetc%2Fpasswd"
    assert file_stem("..", "primary") == "%2E%2E"


def test_a_person_of_the_decision_is_known_by_role() -> None:
    """A person whom the decision knows in a role is compared in that role."""
    joint = a_recipient(person="PER-7-B", role="joint")
    assert isinstance(written(Remembered(), joint, formats=("txt",)), tuple)
    assert "another person" in refusal(written(Remembered(), replace(joint, person="H"))).cause
    assert "another person" in refusal(written(Remembered(), replace(joint, role="primary"))).cause


# --- guarantors ------------------------------------------------------------------------------


@pytest.mark.parametrize("draft", [False, True])
@pytest.mark.parametrize("filed", [a_case(), a_case(sources=(a_source(kind="applicant", of="guarantor"),))])
def test_a_guarantor_without_a_report_gets_no_letter(filed: CaseFile, draft: bool) -> None:
    """No guarantor reads "your application" and the applicant's reasons."""
    decided = a_decision(persons=(Person("pseudonym-of-PER-7"), Person("pseudonym-of-G", "guarantor")))
    guarantor, ledger = a_recipient(person="G", role="guarantor"), Remembered(decided=decided, filed=filed)
    refused = refusal(written(ledger, guarantor, draft=draft))
    assert "a guarantor is no applicant" in refused.cause
    assert "1002.2(e)" in refused.citation
    assert refused.role == "guarantor"
    assert isinstance(written(Remembered(decided=decided), formats=("txt",)), tuple)
    asked = refusal(written(ledger, guarantor, draft=draft, kind="adverse_action"))
    assert "a guarantor is no applicant" in asked.cause
