"""What a house's own files may change in letters: words, never what no reason may say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit.record import Document, Refusal
from reports.house import house_faults
from reports.html import environment
from reports.language import Language, WordsError, language
from reports.letter import Letters
from tests.worlds.noticed import (
    TODAY,
    Remembered,
    a_config,
    a_decision,
    a_recipient,
    some_codes,
    some_reasons,
)

ADVERSE = "letters/adverse_action"
OURS = '{% extends "plainspoken/letters/adverse_action/body.html" %}'


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    for one in (language, environment):
        one.cache_clear()
    yield
    for one in (language, environment):
        one.cache_clear()


def spoken(folder: Path, name: str, text: str, code: str = "en", kind: str = "adverse_action") -> Language:
    """Return a language in which a house wrote one file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return language(kind, code, "other", folder)


def written(folder: Path, files: dict[str, str], **ledger: Any) -> tuple[Document, ...] | Refusal:
    """Return a letter of a house that has these files."""
    for name, text in files.items():
        path = folder / "house" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    known = Remembered(config=a_config() | {"letters": {"templates": "house"}}, **ledger)
    letters = Letters(known, "latest", folder)  # type: ignore[arg-type]
    return letters.render(known.decided, a_recipient(), date=TODAY, formats=("txt", "html"))


PROTECTED = {
    "en": ("Age of applicant", "Food stamps", "Colour"),
    "de": ("Alter des Antragstellers", "Schwerbehinderung", "Muslimin"),
    "fr": ("Âge du demandeur", "Handicap", "Musulmane"),
    "es": ("Edad del solicitante", "discapacidad", "Musulmana", "Su color"),
}
VAGUE = {
    "en": ("Credit score", "Risk profile"),
    "de": ("Interne Gründe", "Mangelnde Kreditwürdigkeit", "Scoring", "Risikoprofil"),
    "fr": ("Autre", "Profil de risque", "Raisons internes"),
    "es": ("Perfil de riesgo", "Puntuación", "Motivos internos"),
}
SPECIFIC = {
    "en": ("Age of the automobile", "Color of the vehicle", "Balances are too high"),
    "de": ("Alter des Fahrzeugs", "Alter der Konten", "Farbe des Fahrzeugs", "Zahl der Anfragen"),
    "fr": ("Âge du véhicule", "Couleur du véhicule", "Autres crédits en cours", "Nombre de demandes"),
    "es": ("Edad del vehículo", "Color del vehículo", "Número de consultas recientes"),
}
KIND = {"en": "adverse_action", "de": "gdpr_explanation", "fr": "gdpr_explanation", "es": "adverse_action"}


@pytest.mark.parametrize("code", KIND)
def test_each_language_knows_protected_vague_and_specific_words(code: str) -> None:
    """A protected basis and an empty phrase are seen in each language, and a true reason is neither."""
    words = language(KIND[code], code, "other")
    assert [one for one in PROTECTED[code] if not words.protected.search(one)] == []
    assert [one for one in VAGUE[code] if not words.is_vague(one)] == []
    told = [one for one in SPECIFIC[code] if words.protected.search(one) or words.is_vague(one)]
    assert told == []


@pytest.mark.parametrize("code", KIND)
def test_a_house_adds_to_what_no_reason_may_say(code: str, tmp_path: Path) -> None:
    """Its lists stand beside ours: none of them takes one of ours away."""
    rules = "protected: [qqqq]\nage: [wwww]\nvague: [zzzz]\nfiller: yyyy\n"
    words = spoken(tmp_path, f"letters/languages/{code}.yaml", rules, code, KIND[code])
    assert [one for one in (*PROTECTED[code], "qqqq", "wwww") if not words.protected.search(one)] == []
    assert words.protected_but_age.search("wwww") is None
    assert [one for one in (*VAGUE[code], "zzzz yyyy") if not words.is_vague(one)] == []


def test_a_protected_reason_is_refused_whatever_the_house_says(tmp_path: Path) -> None:
    """The letter itself is refused, too."""
    codes = some_codes()
    codes["latest_payment"] = replace(codes["latest_payment"], statement={"en": "Your race"})
    reason = replace(some_reasons()[0], statement="Your race")
    for rules in ("protected: [qqqq]\nage: [qqqq]\n", "protected: []\nage: []\n"):
        language.cache_clear()
        files = {"letters/languages/en.yaml": rules}
        made = written(tmp_path, files, dictionary=codes, decided=a_decision(reasons=(reason,)))
        assert isinstance(made, Refusal)
        assert "(check h)" in made.cause


@pytest.mark.parametrize(
    ("name", "text", "line", "place"),
    [
        (f"{ADVERSE}/words.en.yaml", "# ours\nreach_phone:\n", 2, "reach_phone"),
        (f"{ADVERSE}/words.en.yaml", "reach: 5\n", 1, "reach"),
        (f"{ADVERSE}/words.en.yaml", "sentences: none\n", 1, "sentences"),
        (f"{ADVERSE}/words.en.yaml", "sentences:\n  denied:\n", 2, "sentences.denied"),
        (f"{ADVERSE}/words.en.yaml", "new:\n  - 5\n", 2, "new.0"),
        ("letters/languages/en.yaml", "protected: zzz\n", 1, "protected"),
        ("letters/languages/en.yaml", "protected:\n  - aa\n  - 5\n", 3, "protected.1"),
        ("letters/languages/en.yaml", "age: ['(']\n", 1, "age.0"),
        ("letters/languages/en.yaml", "filler: [a]\n", 1, "filler"),
    ],
)
def test_a_word_that_is_no_text_is_named_before_any_letter(
    name: str, text: str, line: int, place: str, tmp_path: Path
) -> None:
    """File, line and key are said, and no letter is begun."""
    with pytest.raises(WordsError) as found:
        written(tmp_path, {name: text})
    assert str(found.value).startswith(f"{tmp_path / 'house' / name}:{line}: {place}: ")


@pytest.mark.parametrize(
    "body",
    [
        "\n{% block foot %}{{ nope }}{% endblock %}",
        "\n{% block foot %}{{ 1 / 0 }}{% endblock %}",
        "\n{% if",
        "\n{% block foot %}{% include 'nowhere.html' %}{% endblock %}",
        "\n{% block foot %}{{ notice.__class__.x }}{% endblock %}",
        "\n{% block foot %}{% if styled %}{{ nope }}{% endif %}{% endblock %}",
    ],
)
def test_a_template_that_breaks_refuses_its_letter(body: str, tmp_path: Path) -> None:
    """The refusal names the file and its line; no letter comes half-written."""
    made = written(tmp_path, {f"{ADVERSE}/body.html": OURS + body})
    assert isinstance(made, Refusal)
    assert f"{tmp_path / 'house' / ADVERSE / 'body.html'}:2: the template breaks" in made.cause


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        (f"{ADVERSE}/body.html", f"{OURS}\n{{% block reasons %}}\n", "body.html:2: no template: "),
        (f"{ADVERSE}/body.txt", "{{ one | nosuchfilter }}", "body.txt:1: no template: No filter named"),
        ("letters/languages/es.yaml", "protected: [a\n", "letters/languages/es.yaml: it is no YAML"),
        (f"{ADVERSE}/words.en.yaml", "subject: 5\n", "words.en.yaml:1: subject: "),
        (f"{ADVERSE}/words.it.yaml", "subject: Rifiuto\n", None),  # no language: its shared words are missing
        (f"{ADVERSE}/body.html", OURS, None),
    ],
)
def test_what_is_wrong_with_a_house_is_seen_before_any_letter(
    name: str, text: str, fault: str | None, tmp_path: Path
) -> None:
    """A template that is none and words that are none are named with their file, each once."""
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    found = house_faults(tmp_path)
    assert len(found) == (fault is not None), found
    assert all(fault in one and one.endswith(".") for one in found if fault)
