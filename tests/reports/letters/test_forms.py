"""The sample forms of Regulation B, the house's own hand, and what a letter tells machines."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import jsonschema
import pikepdf
import pytest
import zxingcpp
from PIL import Image

from audit.errors import UsageError
from audit.record import Document, Refusal
from reports.letter import Letters
from reports.public_record import SCHEMA
from reports.terms import letterhead
from tests.worlds.noticed import (
    TODAY,
    Remembered,
    a_case,
    a_config,
    a_decision,
    a_recipient,
    some_codes,
    some_reasons,
)

PORTAL: dict[str, Any] = {"channel": "portal", "esign_consent": True}
MARK = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 20"><rect width="90" height="20"/></svg>'


def made(letters: dict[str, Any], folder: Path | None = None, **asked: Any) -> tuple[Document, ...] | Refusal:
    """Return the letter of the plain world under these ``letters`` of the config."""
    recipient = asked.pop("recipient", a_recipient())
    ledger = Remembered(config=a_config() | {"letters": letters}, **asked.pop("ledger", {}))
    letters_ = Letters(ledger, "latest", folder)  # type: ignore[arg-type]
    return letters_.render(ledger.decided, recipient, date=TODAY, **{"formats": ("txt",), **asked})


def text(outcome: tuple[Document, ...] | Refusal) -> str:
    """Return the text of a letter, its lines joined."""
    assert isinstance(outcome, tuple), outcome
    return " ".join(outcome[0].content.decode().split())


# --- sample forms ------------------------------------------------------------------------------


def test_c1_lists_all_approved_reasons_and_marks_those_of_the_decision() -> None:
    """Form C-1: each reason of the decision bears its rank; every other box is empty."""
    said = text(made({"form": "c1"}))
    assert "[1] Payment status of your account" in said
    assert "[2] Balances on revolving accounts" in said
    assert "[3] Length of time accounts" in said
    assert "[ ] Income" in said
    assert said.count("[1]") == 1


def test_c1_never_offers_an_unapproved_reason() -> None:
    """A statement that nobody approved stands on no form, checked or not."""
    codes = some_codes()
    codes["verified_income"] = replace(codes["verified_income"], approved=None)
    assert "[ ] Income" not in text(made({"form": "c1"}, ledger={"dictionary": codes}))


def test_c2_sets_reasons_under_headings_with_their_ranks() -> None:
    """Form C-2: headings by what a reason is about, first the one with the first reason."""
    codes = some_codes()
    for factor, about in (("latest_payment", 3), ("utilisation", 1), ("history", 3)):
        codes[factor] = replace(codes[factor], hmda=about)
    said = text(made({"form": "c2"}, ledger={"dictionary": codes}))
    assert said.index("Credit history") < said.index("1 Payment status") < said.index("3 Length of time")
    assert said.index("3 Length of time") < said.index("Income and obligations") < said.index("2 Balances")


def test_c3_says_that_a_system_scored_only_where_it_did() -> None:
    """Form C-3 speaks of a scoring system; where a person judged, it does not."""
    assert "credit scoring system" in text(made({"form": "c3"}))
    judged = tuple(replace(reason, component="judgmental") for reason in some_reasons())
    decided = a_decision(reasons=judged, judgment=tuple(r.factor for r in judged), stage="judgmental")
    assert "credit scoring system" not in text(made({"form": "c3"}, ledger={"decided": decided}))


@pytest.mark.parametrize("form", ["standard", "c1", "c2"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_only_a_score_says_which_reason_counted_most(form: str, language: str) -> None:
    """Grounds of a reviewer have no size, so no form of letter says that they stand in its order."""
    judged = tuple(replace(reason, component="judgmental", contribution=None) for reason in some_reasons())
    by_judgment = a_decision(reasons=judged, judgment=tuple(r.factor for r in judged), stage="judgmental")
    filed = a_case(record={"language": language})
    codes = {
        factor: replace(code, statement={**code.statement, "es": f"Sobre esto: {code.code}"})
        for factor, code in some_codes().items()
    }
    said = {"en": "counted most", "es": "que más pesó"}[language]
    for decided, says in ((a_decision(), True), (by_judgment, False)):
        told = made({"form": form}, ledger={"decided": decided, "filed": filed, "dictionary": codes})
        assert (said in text(told)) is says


# --- the house's hand --------------------------------------------------------------------------


def test_a_house_template_overrides_one_block(tmp_path: Path) -> None:
    """A block of the house stands in for ours, the rest stays, and the template's digest tells it."""
    ours = made({})
    folder = tmp_path / "house" / "letters" / "adverse_action"
    folder.mkdir(parents=True)
    for ending, line in (("html", "<p>Founded in a made-up year</p>"), ("txt", "Founded in a made-up year")):
        (folder / f"body.{ending}").write_text(
            f'{{% extends "plainspoken/letters/adverse_action/body.{ending}" %}}\n'
            f"{{% block sender %}}\n{{{{ super() }}}}\n{line}\n{{% endblock %}}\n"
        )
    theirs = made({"templates": "house"}, tmp_path)
    assert "1-800-555-0142 Founded in a made-up year" in text(theirs)
    assert "We did not approve your application" in text(theirs)
    assert isinstance(ours, tuple)
    assert isinstance(theirs, tuple)
    assert ours[0].template_digest != theirs[0].template_digest


def test_a_house_template_of_one_format_alone_is_refused(tmp_path: Path) -> None:
    """Words that stand in one format only break check (l): the letter is refused."""
    folder = tmp_path / "house" / "letters" / "adverse_action"
    folder.mkdir(parents=True)
    (folder / "body.html").write_text(
        '{% extends "plainspoken/letters/adverse_action/body.html" %}'
        "{% block foot %}<p>More</p>{% endblock %}"
    )
    outcome = made({"templates": "house"}, tmp_path)
    assert isinstance(outcome, Refusal)
    assert "(check l)" in outcome.cause


def test_a_house_template_reaches_nothing_beyond_its_facts(tmp_path: Path) -> None:
    """The house's templates run in a sandbox: no way leads from a fact to the interpreter."""
    folder = tmp_path / "house" / "letters" / "adverse_action"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("{{ notice.__class__.__mro__[1].__subclasses__() }}")
    outcome = made({"templates": "house"}, tmp_path)
    assert isinstance(outcome, Refusal)
    assert "subject.txt:1: the template breaks (SecurityError" in outcome.cause


def test_a_house_adds_a_language_with_files_alone(tmp_path: Path) -> None:
    """Two files of words and the dictionary's sentences make letters in another language."""
    from audit import assets

    ours = assets.templates() / "letters"
    (tmp_path / "house" / "letters" / "languages").mkdir(parents=True)
    (tmp_path / "house" / "letters" / "adverse_action").mkdir()
    shared = (
        (ours / "languages" / "es.yaml")
        .read_text()
        .replace("es_US", "it_IT")
        .replace("Aviso n.º", "Avviso n.")
    )
    (tmp_path / "house" / "letters" / "languages" / "it.yaml").write_text(shared)
    own = (ours / "adverse_action" / "words.es.yaml").read_text().replace("No aprobamos", "Non approviamo")
    (tmp_path / "house" / "letters" / "adverse_action" / "words.it.yaml").write_text(own)
    codes = {
        name: replace(code, statement={**code.statement, "it": f"Motivo: {name}".replace("_", " ")})
        for name, code in some_codes().items()
    }
    said = text(made({"templates": "house"}, tmp_path, lang="it", ledger={"dictionary": codes}))
    assert "Avviso n." in said
    assert "Non approviamo su solicitud" in said
    assert "20 novembre 2026" in said


def test_a_word_that_a_language_lacks_is_named(tmp_path: Path) -> None:
    """A language without a word that English has is refused by that word."""
    (tmp_path / "house" / "letters" / "adverse_action").mkdir(parents=True)
    (tmp_path / "house" / "letters" / "languages").mkdir()
    (tmp_path / "house" / "letters" / "languages" / "it.yaml").write_text("name: Italian\n")
    (tmp_path / "house" / "letters" / "adverse_action" / "words.it.yaml").write_text("title: Avviso\n")
    outcome = made({"templates": "house"}, tmp_path, lang="it")
    assert isinstance(outcome, Refusal)
    assert "words.it.yaml: the words of" in outcome.cause


def test_a_letterhead_is_part_of_the_page_and_asks_for_nothing(tmp_path: Path) -> None:
    """The mark lies within the file, and the template's digest tells another mark."""
    (tmp_path / "mark.svg").write_text(MARK)
    outcome = made({"letterhead": "mark.svg"}, tmp_path, formats=("html",))
    assert isinstance(outcome, tuple)
    assert b'<img class="mark" src="data:image/svg+xml;base64,' in outcome[0].content
    plain = made({}, formats=("html",))
    assert isinstance(plain, tuple)
    assert plain[0].template_digest != outcome[0].template_digest
    assert plain[0].words == outcome[0].words


def test_a_letterhead_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    """A missing file and another kind of file are told before any letter is made."""
    with pytest.raises(UsageError, match="is no picture"):
        letterhead(tmp_path / "mark.exe")
    with pytest.raises(UsageError, match="No such file"):
        letterhead(tmp_path / "mark.svg")


def test_a_code_stands_only_where_a_house_asks_and_holds_no_id(tmp_path: Path) -> None:
    """The token tells letters apart and is no application id; our own pages show none."""
    folder = tmp_path / "house" / "letters" / "adverse_action"
    folder.mkdir(parents=True)
    (folder / "body.html").write_text(
        '{% extends "plainspoken/letters/adverse_action/body.html" %}'
        "{% block token %}{{ qr(token, words.notice) }}{% endblock %}"
    )
    ours, theirs = (
        made({}, formats=("html",)),
        made({"templates": "house"}, tmp_path, formats=("pdf", "html")),
    )
    assert isinstance(ours, tuple)
    assert isinstance(theirs, tuple)
    assert b"<svg" not in ours[0].content
    from tests.reports.letters.drawn import page_images

    codes = [
        code.text
        for image in page_images(theirs[0].content, tmp_path)
        for code in zxingcpp.read_barcodes(Image.open(image))
    ]
    assert len(codes) == 1
    assert "APP-7" not in codes[0].replace("pseudonym-of-", "")


# --- for machines ------------------------------------------------------------------------------


def record_of(outcome: tuple[Document, ...] | Refusal) -> dict[str, Any] | None:
    """Return the public record within a PDF; None where there is none."""
    assert isinstance(outcome, tuple), outcome
    with pikepdf.open(BytesIO(outcome[0].content)) as pdf:
        files = {name: spec.get_file().read_bytes() for name, spec in pdf.attachments.items()}
    return json.loads(files["record.json"]) if files else None


def test_the_public_record_says_what_the_page_says() -> None:
    """Its fields are those of the schema, and its reasons those that are printed."""
    outcome = made({}, recipient=a_recipient(**PORTAL), formats=("pdf", "txt"))
    record = record_of(outcome)
    assert record is not None
    jsonschema.Draft202012Validator(SCHEMA).validate(record)
    said = text(outcome[1:]) if isinstance(outcome, tuple) else ""
    assert [one["statement"] for one in record["reasons"]] == [r.statement for r in some_reasons()]
    assert all(one["statement"] in said for one in record["reasons"])
    assert record["record"] in said
    assert record["dates"] == {
        "sent": "2026-11-20",
        "received_at": "2026-11-01",
        "completed_at": "2026-11-02",
        "decided_at": "2026-11-19",
    }


def test_the_public_record_holds_nothing_else() -> None:
    """No name, address, application id, score, column or contribution is in the file."""
    record = json.dumps(record_of(made({}, recipient=a_recipient(**PORTAL), formats=("pdf",))))
    record = re.sub(r'"[0-9a-f]{64}"', '"digest"', record)  # any three digits may stand in one
    for secret in (
        "Álvarez",
        "Linden",
        "APP-7",
        "PER-7",
        "612",
        "0.41",
        "_raw",
        "latest_payment",
        "pseudonym",
    ):
        assert secret not in record


@pytest.mark.parametrize(
    ("letters", "channel"), [({}, {"channel": "mail"}), ({"public_record": False}, PORTAL)]
)
def test_mail_and_whoever_says_no_get_no_record(letters: dict[str, Any], channel: dict[str, Any]) -> None:
    """Printed mail has nothing attached, nor has a house that wants none."""
    assert record_of(made(letters, recipient=a_recipient(**channel), formats=("pdf",))) is None


# --- what a house template may not do ----------------------------------------------------------


def with_block(folder: Path, block: str, html: str, text: str = "") -> None:
    """Let the house fill one block of the notice of action taken."""
    place = folder / "house" / "letters" / "adverse_action"
    place.mkdir(parents=True)
    for ending, content in (("html", html), ("txt", text)):
        (place / f"body.{ending}").write_text(
            f'{{% extends "plainspoken/letters/adverse_action/body.{ending}" %}}'
            f"{{% block {block} %}}{{{{ super() }}}}{content}{{% endblock %}}"
        )


@pytest.mark.parametrize(
    ("html", "fact"),
    [
        ("<style>.rights,.reasons{display:none}</style>", "<style>"),
        ('<script src="https://example.com/a.js"></script>', "<script>"),
        ('<img alt="" src="https://example.com/pixel.gif">', "a picture from elsewhere"),
        ('<div style="position:absolute;top:0"></div>', "a style of its own"),
        ('<p onclick="x()"></p>', "the attribute onclick"),
    ],
)
def test_a_page_holds_words_and_nothing_that_acts(html: str, fact: str, tmp_path: Path) -> None:
    """What would hide, fetch or run something keeps the letter back, whatever its words are."""
    with_block(tmp_path, "foot", html)
    outcome = made({"templates": "house"}, tmp_path, formats=("pdf",))
    assert isinstance(outcome, Refusal)
    assert fact in outcome.cause


def test_words_that_the_paper_does_not_show_keep_the_letter_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The PDF is read back as it was laid out: a block that is not drawn is missed."""
    from reports import printing

    hidden = tmp_path / "hidden.css"
    hidden.write_text(".reasons { display: none }")
    to_pdf = printing._to_pdf

    def hiding(html: str, *rest: Any) -> Any:
        return to_pdf(html.replace('<section class="reasons">', '<section hidden class="reasons">'), *rest)

    monkeypatch.setattr(printing, "_to_pdf", hiding)
    outcome = made({}, formats=("pdf",))
    assert isinstance(outcome, Refusal)
    assert "does not show all words" in outcome.cause
