"""Does everything fit together? Each kind of misfit, at its line, all at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from audit.check import check, examine
from audit.config import Inspection, NumbersSeen, PinnedSeen, load_config
from tests.worlds.full_config import COLUMNS, REASONS_YAML, RECIPIENTS_COLUMNS, lay

SEEN = Inspection(
    source="applications.csv",
    columns=COLUMNS,
    n_rows=1000,
    groups={
        "sex": {"male": 600, "female": 390, "unknown": 10},
        "age": {"18-24": 100, "25-39": 400, "40-61": 400, "62+": 100},
    },
    numbers={"age": NumbersSeen(n=1000, low=18, high=90)},
    missing={"balance_to_limit": 12},
    actions={"A": 700, "D": 300},
    cutoffs=(0.3,),
    score_low=0.01,
    score_high=0.98,
    model_inputs=("balance_to_limit", "balance_missing", "months_late"),
    model_digest="a" * 64,
    recipients_columns=RECIPIENTS_COLUMNS,
)

BATCH = "audit: {name: Night, kind: batch, owner: Model Risk, as_of: 2026-11-20}"
PIN = f"explain: {{reference: {{pinned: {{from: latest, sha256: {'0' * 64}}}}}}}"
PINNED = PinnedSeen(digest="0" * 64, model_digest="a" * 64, cutoffs=(0.3,), low=0.2, high=0.3)


def faults(path: Path, inspection: Inspection | None = SEEN) -> list[str]:
    found = check(load_config(path), inspection)
    return [str(fault).replace(f"{path.parent}/", "") for fault in found]


def one(path: Path, inspection: Inspection | None = SEEN) -> str:
    (fault,) = faults(path, inspection)
    return fault


def test_what_fits_has_no_fault(tmp_path: Path) -> None:
    """The full config, its files and what was seen of them fit, before and after looking inside."""
    path = lay(tmp_path)
    assert faults(path, None) == []
    assert faults(path) == []


def test_the_house_s_hand_must_be_there(tmp_path: Path) -> None:
    """A letterhead and a folder of templates that are absent, or are not what they should be, are told."""
    told = faults(lay(tmp_path, letters="letters: {letterhead: no.svg, templates: house}"), None)
    assert [fault.split(": ")[1] for fault in told] == ["letters.letterhead", "letters.templates"]
    (tmp_path / "no.svg").write_text("<svg/>")
    (tmp_path / "house").mkdir()
    path = lay(tmp_path, letters="letters: {letterhead: no.svg, templates: house}")
    assert faults(path, None) == []
    path = lay(tmp_path, letters="letters: {letterhead: house, templates: no.svg}")
    told = faults(path, None)
    assert "is a folder" in told[0]
    assert "is a file" in told[1]


def test_misfits_of_every_kind_come_at_once_in_order(tmp_path: Path) -> None:
    """Files, columns, groups, cutoffs, factors and duties are told together."""
    path = lay(
        tmp_path,
        entities="entities: {us: {name: n}}",
        recipients="recipients: {path: no.csv, decision: d, person: p, name: n, address: [a], channel: mail}",
    )
    (tmp_path / "reasons.yaml").write_text(REASONS_YAML.replace("months_late", "months_lat"))
    inspection = replace(
        SEEN,
        columns=tuple(column for column in COLUMNS if column not in {"sex", "k3"}),
        numbers={"age": NumbersSeen(n=1000, low=16, high=90, n_below_bands=4)},
        cutoffs=(3.0,),
        recipients_columns=None,
    )
    places = [fault.split(": ")[1] for fault in faults(path, inspection)]
    assert places == [
        "decision.cutoff",
        "protected.sex.column",
        "protected.age.bands",
        "entities.us.ecoa_agency",
        "bureau_scores[0].key_factors[2]",
        "recipients.path",
        "months_late",
        "late.columns[0]",
    ]


def test_examining_goes_on_after_faults_of_the_config(tmp_path: Path) -> None:
    """Faults of the config and of what it names come together; data are opened only without them."""
    looked: list[object] = []

    def look(config: object) -> Inspection:
        looked.append(config)
        return replace(SEEN, n_rows=0)

    path = lay(tmp_path, seed="sede: 8", entities="entities: {us: {name: n}}", letters="letters: {paper: a5}")
    config, found = examine(path, look)
    assert config is not None
    assert [fault.place for fault in found] == ["entities.us.ecoa_agency", "letters.paper", "sede"]
    assert looked == []
    config, found = examine(lay(tmp_path), look)
    assert looked == [config]
    assert [fault.place for fault in found] == ["data.path"]


def test_what_was_left_out_is_not_called_missing(tmp_path: Path) -> None:
    """A refused attribute, entity or cutoff gives its own fault, and none where others name it."""
    path = lay(
        tmp_path,
        protected="protected:\n  sex: {column: sex, type: category, reference: male}\n"
        "  age: {column: age, type: integer, bands: [62, 18], reference: 40-61}",
        entities="entities: {us: {adress: a, ecoa_agency: ftc}}",
        decision="decision: {adverse: high, cutoff: much}",
        policies="policies: [us_ecoa_regb]",
    )
    _, found = examine(path)
    assert [fault.place for fault in found] == [
        "decision.cutoff",
        "protected.age.bands",
        "entities.us.name",
        "entities.us.adress",
    ]


# --- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["applications.csv", "model.keras", "reasons.yaml", "recipients.csv"])
def test_a_missing_file_is_named_at_the_line_that_names_it(tmp_path: Path, name: str) -> None:
    """Every file of the config must be there; one of a like name is offered."""
    path = lay(tmp_path)
    (tmp_path / name).rename(tmp_path / f"{name}x")
    fault = one(path)
    assert f"file {name}. Did you mean '{name}x'?" in fault
    assert fault.startswith("audit.yaml:")


def test_another_model_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    """A digest that differs is told with both values, before anything opens the file."""
    path = lay(tmp_path)
    (tmp_path / "model.keras").write_bytes(b"other bytes")
    fault = one(path, None)
    assert "model.sha256: the digest of model.keras differs (got " in fault
    assert load_config(path).model.sha256 in fault  # type: ignore[union-attr, operator]


def test_an_unset_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable's name stands in the fault, at the line that needs it; set ones are not told."""
    monkeypatch.delenv("APPLICATIONS_DB", raising=False)
    monkeypatch.setenv("OTHER", "hunter2")
    rows = "{url: '${OTHER}://${APPLICATIONS_DB}', query: S}"
    features = "features: [balance_to_limit, balance_missing, months_late]"
    path = lay(tmp_path, data=f"data: {{path: {rows}, id: application_id, {features}}}")
    fault = one(path)
    assert "data.path.url: the environment variable APPLICATIONS_DB is not set" in fault
    assert "hunter2" not in fault


# --- duties -----------------------------------------------------------------------------------


def test_an_agency_is_needed_where_regulation_b_is_in_force(tmp_path: Path) -> None:
    """Without the pack no agency is asked for; with it, by every config."""
    without = lay(tmp_path, entities="entities: {us: {name: n}}", policies="policies: [screening]")
    assert faults(without) == []
    assert "entities.us.ecoa_agency: us_ecoa_regb is in force, and no agency is named" in one(
        lay(tmp_path, entities="entities: {us: {name: n}}")
    )


def test_a_disclosed_score_is_needed_where_the_fcra_is_in_force(tmp_path: Path) -> None:
    """Nobody but counsel says what the score is; there is no default."""
    decision = "decision: {adverse: high, cutoff: 0.3}"
    assert "decision.disclosed_score: us_fcra is in force" in one(lay(tmp_path, decision=decision))
    assert faults(lay(tmp_path, decision=decision, policies="policies: [screening]")) == []


def test_an_unknown_policy_stands_at_its_line(tmp_path: Path) -> None:
    """A misspelt pack is told at the config's line, with the one that was meant."""
    fault = one(lay(tmp_path, policies="policies: [screening, us_fcar]"))
    assert fault.startswith("audit.yaml:")
    assert (
        "policies[1]: there is no policy pack 'us_fcar' and no such folder. Did you mean 'us_fcra'" in fault
    )


# --- columns and inputs -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "place"),
    [
        ("application_id", "data.id"),
        ("applicant_id", "data.person"),
        ("defaulted", "data.observed.column"),
        ("decision", "decision.taken.column"),
        ("decided_by", "decision.stage.column"),
        ("fired", "decision.rules.column"),
        ("reviewed", "decision.judgment.column"),
        ("age", "protected.age.column"),
        ("action", "record.action"),
        ("fico", "bureau_scores[0].value"),
    ],
)
def test_a_missing_column_is_named(tmp_path: Path, column: str, place: str) -> None:
    """Each column that the config names must be there."""
    inspection = replace(SEEN, columns=tuple(name for name in COLUMNS if name != column))
    fault = one(lay(tmp_path), inspection)
    assert f": {place}: " in fault
    assert repr(column) in fault
    assert "applications.csv" in fault or "columns:" in fault


def test_inputs_and_features_are_the_same(tmp_path: Path) -> None:
    """What the model reads is a feature with a factor, and no feature stands idle."""
    inspection = replace(SEEN, model_inputs=("balance_to_limit", "months_late", "income"))
    found = "\n".join(faults(lay(tmp_path), inspection))
    assert "data.features: the model reads 'income', which is no feature" in found
    assert "data.features[1]: the model does not read 'balance_missing'" in found
    assert "income: the model reads this column, and no factor has it" in found
    assert "balance.columns[1]: the model does not read 'balance_missing'" in found


def test_a_factor_that_can_be_missing_says_so(tmp_path: Path) -> None:
    """R12: gaps in a factor's columns need words for the missing information."""
    fault = one(lay(tmp_path), replace(SEEN, missing={"months_late": 1200}))
    assert fault.startswith("reasons.yaml:12: late.missing: months_late can be missing (in 1,200 rows)")


def test_a_proxy_is_of_a_protected_attribute(tmp_path: Path) -> None:
    """What a factor is like must be an attribute that the config knows."""
    path = lay(tmp_path)
    (tmp_path / "reasons.yaml").write_text(REASONS_YAML.replace("{of: age,", "{of: agee,"))
    assert "balance.proxy.of: no protected attribute 'agee' in audit.yaml. Did you mean 'age'?" in one(path)


def test_faults_of_the_dictionary_come_along(tmp_path: Path) -> None:
    """A vague statement is told with the rest; columns of unread entries are not called unmapped."""
    path = lay(tmp_path)
    (tmp_path / "reasons.yaml").write_text(
        REASONS_YAML.replace("Payments made after their due date", "Our policy")
    )
    assert "late.statement.en: 'Our policy' names nothing specific" in one(path)
    (tmp_path / "reasons.yaml").write_text(REASONS_YAML.replace("  code: 7\n", ""))
    assert "late.code: this key is missing" in one(path)


# --- the population ---------------------------------------------------------------------------


def test_no_rows_are_refused(tmp_path: Path) -> None:
    """Empty data are no audit."""
    assert "data.path: applications.csv has no rows" in one(lay(tmp_path), replace(SEEN, n_rows=0))


def test_bands_hold_every_value(tmp_path: Path) -> None:
    """Rows below the first band are counted in the fault."""
    inspection = replace(SEEN, numbers={"age": NumbersSeen(n=1000, low=16, high=90, n_below_bands=1234)})
    assert "protected.age.bands: 1,234 rows lie below the first band (the lowest value is 16, the" in one(
        lay(tmp_path), inspection
    )


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ({"man": 5, "female": 9}, "no row belongs to the reference 'male' (groups: female 9, man 5)"),
        ({"male": 9, "unknown": 3}, "every known row is 'male': there is no second group to compare"),
        ({"male": 0, "female": 0, "unknown": 3}, "every row's 'sex' is missing"),
    ],
)
def test_a_reference_group_stands_beside_another(tmp_path: Path, groups: dict[str, int], words: str) -> None:
    """An unknown reference, a constant attribute and an empty one are faults of a population only."""
    inspection = replace(SEEN, groups={"sex": groups})
    assert words in one(lay(tmp_path), inspection)
    batch = lay(tmp_path, audit=BATCH, explain=PIN)
    assert faults(batch, replace(inspection, pinned=PINNED)) == []


def test_actions_without_a_meaning_are_counted(tmp_path: Path) -> None:
    """Every word of the action column must mean one of the known actions."""
    fault = one(lay(tmp_path), replace(SEEN, actions={"A": 5, "D": 3, "X": 2, "": 1}))
    assert "record.action.values: the data hold actions without a meaning here (X 2, (empty) 1)" in fault


@pytest.mark.parametrize(
    ("decision", "changes", "words"),
    [
        ("cutoff: 30", {}, "the cutoff 30 lies outside the scores (0.01 to 0.98)"),
        ("cutoff: {column: fico}", {"cutoffs": (0.3, 600.0)}, "the cutoff 600 lies outside the scores"),
        (
            "cutoff: {by: action, values: {A: 0.3}}",
            {"cutoff_keys": {"A": 5, "Z": 4}},
            "decision.cutoff.values: no cutoff is given for action Z 4",
        ),
    ],
)
def test_cutoffs_lie_among_the_scores(
    tmp_path: Path, decision: str, changes: dict[str, object], words: str
) -> None:
    """A cutoff that no score can meet, or a group without one, is a fault."""
    score = "disclosed_score: {role: not_a_credit_score, by: c, date: 2026-01-01}"
    path = lay(tmp_path, decision=f"decision: {{adverse: high, {decision}, {score}}}")
    assert words in one(path, replace(SEEN, **changes))  # type: ignore[arg-type]


def test_a_cutoff_below_every_refused_score_is_no_fault_of_a_batch(tmp_path: Path) -> None:
    """A night's refusals all lie past the cutoff; with their reference they stand around it."""
    path = lay(tmp_path, audit=BATCH, explain=PIN)
    night = replace(SEEN, score_low=0.31, score_high=0.98)
    assert faults(path, replace(night, pinned=PINNED)) == []
    far = replace(PINNED, low=0.32, high=0.33)
    assert "the cutoff 0.3 lies outside the scores (0.31 to 0.98)" in one(path, replace(night, pinned=far))


@pytest.mark.parametrize(
    ("pinned", "words"),
    [
        (replace(PINNED, digest="1" * 64), "the digest of the pinned reference differs (got 1111"),
        (replace(PINNED, model_digest="b" * 64), "the pinned reference was scored by another model (bbbb"),
        (replace(PINNED, cutoffs=(0.4,)), "the pinned reference has no applicants for the cutoff 0.3"),
    ],
)
def test_a_pinned_reference_is_the_one_that_was_meant(tmp_path: Path, pinned: PinnedSeen, words: str) -> None:
    """Digest, model and cutoff of a pinned reference must be those of this audit."""
    assert words in one(lay(tmp_path, explain=PIN), replace(SEEN, pinned=pinned))


def test_a_model_file_that_runs_code_needs_trust(tmp_path: Path) -> None:
    """A Lambda layer is told as what it is; with trust the file may be opened."""
    inspection = replace(SEEN, model_runs_code="a Lambda layer 'double'")
    assert faults(lay(tmp_path), inspection) == []  # the full config names who trusts it
    fault = one(lay(tmp_path, model="model: {path: model.keras}"), inspection)
    assert (
        "opening this model runs code (a Lambda layer 'double'), and nobody is named who trusts it" in fault
    )


def test_stages_need_a_meaning(tmp_path: Path) -> None:
    """R7: a word for what decided that the config does not know is named with its count."""
    path = lay(tmp_path)
    assert faults(path, replace(SEEN, stages={"R": 3, "S": 990})) == []
    fault = one(path, replace(SEEN, stages={"R": 3, "X": 7}))
    assert "decision.stage.values: the data hold stages without a meaning here (X 7)." in fault
    assert "each as one of rule, score, judgmental, gray_band" in fault


def test_rules_that_fired_need_a_statement(tmp_path: Path) -> None:
    """R8, R10: a knock-out is stated itself, by an entry of its own, found by its factor or its code."""
    path = lay(tmp_path)
    entry = "bankruptcy:\n  code: K1\n  statement: {en: Bankruptcy}\n"
    (tmp_path / "reasons.yaml").write_text(REASONS_YAML + entry)
    assert faults(path, replace(SEEN, rules={"K1": 3, "bankruptcy": 1})) == []
    fault = one(path, replace(SEEN, rules={"K1": 3, "bankruptcyy": 2, "K9": 5}))
    assert "decision.rules: rules fired that no entry of reasons.yaml states (K9 5, bankruptcyy 2)." in fault
