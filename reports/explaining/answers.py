"""What a person can do about a decision, and what the law has them told about the processing.

All of it is what the lender stated, under headings of ours; the sentences around it are in the words of
the kind, with their clause beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reports.deadline import read_date
from reports.explaining.inputs import came_from, columns, label, others_counted, table, value
from reports.explaining.parts import Block, Grid, Part, listing, paragraphs, part, rows
from reports.explaining.stated import entity, has_officer, stated, told, withheld
from reports.mandatory import score_of, sources_of

if TYPE_CHECKING:
    from audit.record import CaseFile, Decision, Recipient, Source
    from reports.terms import Terms

DATABASES = ("cra", "third_party")

# What must be known of a review that was closed, in the order in which it is told.
REVIEW = ("reviewer", "authority_to_change", "received_view", "outcome", "reason", "closed_at")


def review(terms: Terms) -> Part | None:
    """Return how a person has the decision reviewed by a human, and contests it."""
    words, lender = terms.words, terms.creditor
    contact = rows(
        (words["review_contact"], (lender.review_contact,) if lender.review_contact else ()),
        (words["review_time"], stated(terms, "review_time")),
    )
    return part("review", words["review"], (*paragraphs(*words["review_says"]), contact))


def reviewed(terms: Terms, case: CaseFile) -> Part | None:
    """Return what came of the review that the person asked for; None where none was."""
    words, found = terms.words, case.review
    if found is None:
        return None
    shown = {key: found.get(key, "") for key in REVIEW}
    closed = read_date(shown["closed_at"])
    shown["closed_at"] = words.day(closed) if closed else ""
    for key in ("authority_to_change", "received_view"):
        shown[key] = words["yes_no"][shown[key].strip().lower()]
    shown["outcome"] = words["outcomes"][shown["outcome"].strip().lower()]
    pairs = [(words["reviewed_rows"][key], (" ".join(shown[key].split()),)) for key in REVIEW]
    return part("reviewed", words["reviewed"], (rows(*pairs),))


def data(terms: Terms, case: CaseFile, recipient: Recipient) -> Part | None:
    """Return the person's data as they were scored."""
    words = terms.words
    shown = table(terms, case, recipient)
    return part("data", words["data"], (*paragraphs(words["data_intro"]), shown))


def processing(terms: Terms, *, alone: bool, names: tuple[str, ...] = ()) -> Part | None:
    """Return purposes, categories, recipients, storage, transfers, and the ground of the processing.

    Parameters
    ----------
    alone : whether the decision was made by automated means alone (Art. 22(2) then names its grounds)
    names : which of them; by default all
    """
    words = terms.words
    basis = terms.creditor.lawful_basis.strip().lower()
    grounds = words["grounds_alone" if alone else "grounds"]
    asked = names or ("purposes", "categories", "recipients", "storage", "transfers", "lawful_basis")
    pairs = {
        key: stated(terms, key) for key in ("purposes", "categories", "recipients", "storage", "transfers")
    }
    pairs["lawful_basis"] = (grounds[basis],) if basis in grounds else ()
    shown = rows(*((words["processing_rows"][key], pairs[key]) for key in asked))
    return part("processing", words["processing"], (shown,))


def rights(terms: Terms) -> Part | None:
    """Return the rights of the person as rows: what it is called, what it gives."""
    words = terms.words
    pairs = [(str(one["name"]), (str(one["says"]),)) for one in words["rights_rows"]]
    if terms.creditor.lawful_basis.strip().lower() == "consent":
        one = words["right_to_withdraw"]
        pairs.append((str(one["name"]), (str(one["says"]),)))
    return part("rights", words["rights"], (rows(*pairs),))


def complaint(terms: Terms) -> Part | None:
    """Return where a person complains."""
    words = terms.words
    place = rows((words["authority"], (terms.creditor.authority,) if terms.creditor.authority else ()))
    return part("complaint", words["complaint"], (*paragraphs(words["complaint_says"]), place))


def responsible(terms: Terms) -> Part | None:
    """Return who answers for the processing, and the data protection officer where there is one."""
    words, lender = terms.words, terms.creditor
    who = (lender.name, *lender.address, *((lender.phone,) if lender.phone else ()))
    officer = (lender.dpo,) if has_officer(terms) else ()
    return part(
        "responsible", words["responsible"], (rows((words["controller"], who), (words["dpo"], officer)),)
    )


def held_back(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> Part | None:
    """Return what is not told, of which kind it is and why; None where all is told."""
    words, items = terms.words, list(withheld(terms))
    if others_counted(terms, decision, case, recipient):
        items.append((words["withheld_others"]["what"], words["withheld_others"]["reason"]))
    if not items:
        return None
    shown = Grid("", (words["withheld_what"], words["withheld_why"]), tuple(items))
    blocks: tuple[Block, ...] = (
        *paragraphs(words["withheld_intro"]),
        shown,
        *paragraphs(words["withheld_balance"]),
    )
    return part("withheld", words["withheld"], blocks)


def databases_used(case: CaseFile, recipient: Recipient) -> tuple[Source, ...]:
    """Return the databases of others that were consulted about this person."""
    return tuple(one for one in sources_of(case, recipient) if one.kind in DATABASES)


def result_of(
    terms: Terms, case: CaseFile, recipient: Recipient, source: Source
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what a consultation gave: each value that came from there, and its score."""
    found = [
        (label(terms, column), (value(terms, column, case.inputs[column]),))
        for column in columns(terms, case, recipient)
        if came_from(terms, column, source)
    ]
    theirs = [one for one in score_of(case, recipient, "third_party_score") if one.provider == source.name]
    return (*found, *((terms.words["score_of_others"], (one.value,)) for one in theirs))


def categories_of(terms: Terms, source: Source) -> tuple[str, ...]:
    """Return the categories of data that the lender states of a database."""
    given = entity(terms).get("databases")
    return told(given.get(source.name) if isinstance(given, Mapping) else None, terms.words.code)


def databases(terms: Terms, case: CaseFile, recipient: Recipient) -> Part | None:
    """Return each database that was consulted: its particulars, its categories of data, its result."""
    words, blocks = terms.words, list[Block | None]()
    for source in databases_used(case, recipient):
        blocks.append(
            rows(
                (words["database"], (source.name,)),
                (words["database_address"], (source.address,) if source.address.strip() else ()),
                (words["database_phone"], (source.phone,) if source.phone.strip() else ()),
            )
        )
        blocks.append(listing(words["database_categories"], categories_of(terms, source), ranked=False))
        result = result_of(terms, case, recipient, source)
        shown = tuple((name, " ".join(lines)) for name, lines in result)
        if shown:
            blocks.append(Grid(words["database_result"], (words["information"], words["your_value"]), shown))
    if not blocks:
        return None
    return part("databases", words["databases"], (*paragraphs(words["databases_intro"]), *blocks))
