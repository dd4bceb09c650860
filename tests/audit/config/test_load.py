"""From a file to a Config."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from audit.config import load_config, read_config, read_yaml
from audit.errors import ConfigError
from tests.worlds.full_config import lay


def faults(folder: Path, **changes: str) -> list[str]:
    found = read_config(lay(folder, **changes)).faults
    return [str(fault).replace(f"{folder}/", "") for fault in found]


def one(folder: Path, **changes: str) -> str:
    (fault,) = faults(folder, **changes)
    return fault


def test_every_key_of_the_full_config_is_taken(tmp_path: Path) -> None:
    """The config with every key is read, and each key is where its name says."""
    config = load_config(lay(tmp_path))
    assert config.audit.kind == "population"
    assert config.audit.as_of.isoformat() == "2026-11-20"
    assert config.model is not None
    assert config.model.output == 0
    assert config.model.trust is not None
    assert config.data.features == ("balance_to_limit", "balance_missing", "months_late")
    assert config.decision.cutoff is not None
    assert config.decision.cutoff.value == 0.3
    assert config.decision.adverse_high
    assert config.decision.rules is not None
    assert (
        config.decision.rules.separator,
        config.decision.judgment and config.decision.judgment.separator,
    ) == (
        "|",
        ";",
    )
    assert config.protected["age"].band_names == ("18-24", "25-39", "40-61", "62+")
    assert config.intersections == (("sex", "age"),)
    assert config.entities["us"].address == "500 Example Street\nSampletown"
    assert config.record.action is not None
    assert config.record.action.values["W"] == "withdrawn"
    assert config.record.decided_at is not None
    assert config.record.decided_at.raw == "2026-11-19"
    assert config.bureau_scores[0].key_factors[3].raw == "k4"
    assert config.recipients is not None
    assert config.recipients.esign_consent is not None
    assert config.recipients.esign_consent.raw == "no"
    assert config.folder == tmp_path
    assert config.file("reasons.yaml") == tmp_path / "reasons.yaml"


def test_defaults_are_as_stated() -> None:
    """What the config leaves out has one stated value."""
    config = load_config(
        {
            "audit": {"name": "n", "owner": "o", "as_of": "2026-11-20"},
            "data": {"path": "a.csv", "id": "id"},
            "decision": {"taken": {"column": "d", "adverse": "no"}},
        }
    )
    assert config.seed == 7
    assert config.fairness.min_group == 30
    assert config.data.max_quarantined == 0.01
    assert config.fail_on == ("not_met", "error")
    assert config.decision.at_cutoff == "adverse"
    explain = config.explain
    assert (explain.sample, explain.favourable, explain.also) == (200, 500, ())
    assert (explain.reasons.exact_up_to, explain.reasons.at_most, explain.reasons.floor) == (10, 4, 0.05)
    assert (explain.reference.kind, explain.reference.rows, explain.reference.min_rows) == (
        "near_cutoff",
        1000,
        50,
    )
    assert (config.letters.keep, config.letters.paper) == ("words", "letter")
    assert config.audit.kind == "population"


def test_all_faults_come_at_once_each_with_its_line(tmp_path: Path) -> None:
    """Unknown keys, bad values, later keys and keys that do not fit together are told in one go."""
    found = faults(
        tmp_path,
        audit="audit: {name: x, knd: population, owner: o, as_of: 2026-11-20}",
        intersections="intersections: [[sex, agee]]",
        explain="explain:\n  also: [shap, shpa, xrai]\n  sample: -1",
        release="release: 3f2a",
        fairness="fairness: {min_group: 0}",
    )
    assert [fault.split(": ")[1] for fault in found] == [
        "audit.knd",
        "intersections[0][1]",
        "explain.also[1]",
        "explain.also[2]",
        "explain.sample",
        "fairness.min_group",
        "release",
    ]
    assert found[0].startswith("audit.yaml:1: audit.knd: this key is not known. Did you mean 'kind'?")
    assert "no protected attribute 'agee'. Did you mean 'age'?" in found[1]
    assert "Did you mean 'shap'?" in found[2]
    assert "explains pictures, not columns" in found[3]
    assert found[4].endswith("got -1, expected at least 0. Mend the value.")
    assert all(int(fault.split(":")[1]) > 0 for fault in found)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"release": "release: 3f2a"}, "release: only a batch runs under a release"),
        ({"slices": "slices: [[product, product]]"}, r"slices\[0\].*column product is named twice"),
        (
            {"slices": "slices: [{by: [income], bins: {term: [1]}}]"},
            r"slices\[0\].bins: 'term' is not in by",
        ),
        ({"slices": "slices: [{by: [income], bins: {income: [2, 1]}}]"}, "the edges do not ascend"),
        (
            {"slices": "slices: [{by: [a], bins: {a: [1]}, values: {a: [x]}}]"},
            r"slices\[0\].bins: 'a' has values too",
        ),
        (
            {"slices": "slices: [[a, b], [a, b]]"},
            r"slices\[1\]: these columns are crossed in entry 1 already",
        ),
        ({"performance": "performance: {search: {metric: speed}}"}, "performance.search.metric: got 'speed'"),
        (
            {"performance": "performance: {baseline: {path: old.keras}}"},
            "performance.baseline: the baseline is not pinned to its bytes",
        ),
        (
            {"performance": "performance: {baseline: {cutoff: 0.4}}"},
            "performance.baseline: a baseline is a path or a column of scores",
        ),
        (
            {"performance": "performance: {baseline: {path: 'python:p.m:f'}}"},
            "performance.baseline.path: a function has no file that could be pinned",
        ),
        (
            {"performance": f"performance: {{baseline: {{path: old.pkl, sha256: {'0' * 64}}}}}"},
            "performance.baseline.path: opening it runs code",
        ),
        ({"record": "record: {purpose: business}"}, "record.purpose: notices for business credit: not built"),
        ({"record": "record: {gross_revenue_band: a}"}, "record.gross_revenue_band: .*not built yet"),
        (
            {"explain": "explain: {also: [xrai]}"},
            r"explain.also\[0\]: the method 'xrai' explains pictures, not columns\. .*kind: images",
        ),
        (
            {"explain": "explain: {reasons: {method: lime}}"},
            "explain.reasons.method: .*'lime': not built yet",
        ),
    ],
)
def test_keys_of_later_capabilities_are_refused(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    """What is not built yet is said so, never ignored."""
    import re

    assert re.search(words, one(tmp_path, **changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": "data: {path: a.xls, id: i, features: [a]}"}, "no data format is known for 'a.xls'"),
        ({"data": "data: {path: a.csv, id: i, features: [a, a]}"}, "feature a is named twice"),
        ({"data": "data: {path: a.csv, id: i}"}, "no features are named for the model"),
        ({"data": "data: {path: 'postgresql://h/d', id: i, features: [a]}"}, "this is a URL, not a file"),
        ({"decision": "decision: {cutoff: 0.3}"}, "nothing says which scores are bad"),
        ({"decision": "decision: {adverse: high, cutoff: {by: p}}"}, "no cutoff can be read from this"),
        ({"decision": "decision: {adverse: high, cutoff: .nan}"}, "expected a finite number"),
        ({"decision": "decision: {adverse: high, cutoff: '0.3'}"}, "no cutoff can be read from this"),
        ({"decision": "decision: {adverse: hihg, cutoff: 0.3}"}, "Did you mean 'high'"),
        ({"dictionary": ""}, "no dictionary says what the factors mean"),
        ({"intersections": "intersections: [[sex]]"}, "got 1 entries, expected at least 2"),
        ({"intersections": "intersections: [[sex, age], [age, sex]]"}, "crossed in entry 1 already"),
        ({"seed": "seed: 7.5"}, "expected a whole number"),
        ({"seed": "seed: yes"}, "got 'yes', expected a whole number"),
        ({"fail_on": "fail_on: [not_mett]"}, "Did you mean 'not_met'"),
        ({"letters": "letters: {paper: legal}"}, "got 'legal', expected 'letter' or 'a4'"),
        ({"model": "model: {path: 'python:f'}"}, "'python:f' names no function"),
        ({"model": "model: {path: 'python:m:f'}"}, "runs code, and nobody is named who trusts it"),
        ({"model": "model: {path: m.keras, scores: s}"}, "are both given"),
        ({"model": "model: {output: 0}"}, "nothing says what scores"),
        ({"model": "model: {path: m.keras, sha256: 3f}"}, "expected 64 digits"),
        ({"explain": "explain: {reference: {rows: 10}}"}, r"min_rows \(50\) is above rows \(10\)"),
        ({"explain": "explain: {reference: {kind: pinned}}"}, "the kind is pinned and pinned is not given"),
        ({"audit": "audit: {name: n, owner: o, as_of: 20 Nov}"}, "'20 Nov' is no date"),
        (
            {"audit": "audit: {name: n, owner: o, as_of: 2026-11-20, kind: batch}"},
            "a batch has no pinned reference",
        ),
        ({"audit": "audit: {name: 12, owner: o, as_of: 2026-11-20}"}, "got 12, expected text"),
        ({"policies": "policies: [screening, screening]"}, "policy screening is named twice"),
        ({"entities": "entities: {us: {name: n, ecoa_agency: ft}}"}, "Did you mean 'ftc'"),
        ({"record": "record: {jurisdiction: {value: uk}}"}, "no entity decides in 'uk'"),
        ({"record": "record: {product: [a]}"}, "a column or a constant was expected"),
        ({"seed": "seed: 7\nsede: 8"}, "sede: this key is not known. Did you mean 'seed'"),
    ],
)
def test_a_fault_says_what_is_so(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    """Each bad value gives one fault, in words, at a line of the file."""
    import re

    fault = one(tmp_path, **changes)
    assert re.search(words, fault)
    assert re.match(r"audit\.yaml:\d+: ", fault)
    assert fault.endswith(".")


def test_a_pickle_needs_trust_and_its_digest(tmp_path: Path) -> None:
    """Trust in bytes that run code is a person's, and pinned to those bytes."""
    first, second = faults(tmp_path, model="model: {path: m.joblib}")
    assert "opening a pickle runs code, and nobody is named who trusts it" in first
    assert "not pinned to its bytes" in second


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "", "performance": "", "decision": "decision: {taken: {column: d, adverse: no}}"},
        {"model": "model: {scores: s}", "decision": "decision: {adverse: low, cutoff: 600}"},
        {"decision": "decision: {adverse: low, cutoff: {column: c}}"},
        {"decision": "decision: {adverse: low, cutoff: {by: product, values: {1: 0.3, card: 1}}}"},
        {"data": "data: {path: {url: '${DB}', query: SELECT 1}, id: i, features: [a]}"},
        {"data": "data: {path: {url: 'postgresql://u:${PW}@h/d', query: SELECT 1}, id: i, features: [a]}"},
        {"explain": f"explain: {{reference: {{pinned: {{from: latest, sha256: {'0' * 64}}}}}}}"},
        {"reasons_given": "reasons_given: {columns: [r1, r2], method: points, by: Vendor}"},
        {"entities": "entities: {us: {name: n, ecoa_agency: {name: a, address: b}}}"},
        {"protected": "protected: {sex: {column: s, type: category, reference: 2},"
         " age: {column: a, type: number, bands: [0, 0.5], reference: 0-0.5}}"},
        {"slices": "slices: []"},
        {"slices": "slices: [[product], [region, age]]"},
        {"slices": "slices: [{by: [income, region], bins: {income: [20, 50]}, values: {region: [n, 7]}}]"},
        {"performance": "performance: {search: {}, over_time: {column: day, by: quarter}}"},
        {"performance": "performance: {baseline: {scores: old}, thresholds: [0.1, 0.5]}"},
        {"letters": "letters: {keep: pdf, paper: a4}"},
    ],
)  # fmt: skip
def test_other_ways_to_say_it_are_taken(tmp_path: Path, changes: dict[str, str]) -> None:
    """Decisions without a model, scores in a column, cutoffs by column or group, queries, pins."""
    assert faults(tmp_path, **changes) == []


def test_a_password_is_refused_and_not_repeated(tmp_path: Path) -> None:
    """A literal password is named by its place; its value stands in no message."""
    for url in ("postgresql://u:hunter2@h/d", "postgresql://h/d?user=u&password=hunter2"):
        text = one(tmp_path, data=f"data: {{path: {{url: '{url}', query: S}}, id: i, features: [a]}}")
        assert text.startswith("audit.yaml:8: data.path.url: a password stands in this URL")
        assert "hunter2" not in text


def test_secrets_are_not_repeated_by_other_faults(tmp_path: Path) -> None:
    """A URL that stands where none belongs is called a URL."""
    text = "\n".join(faults(tmp_path, seed="seed: 'postgresql://u:hunter2@h/d'"))
    assert "got a URL" in text
    assert "hunter2" not in text


def test_a_config_survives_pickling(tmp_path: Path) -> None:
    """Workers get the same config, and it still knows its file and lines."""
    config = load_config(lay(tmp_path))
    again = pickle.loads(pickle.dumps(config))
    assert again == config
    assert again.folder == tmp_path
    assert again.lines.line(("seed",)) == config.lines.line(("seed",))


def test_resolved_is_json_and_does_not_know_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resolved config is plain JSON, equal in any folder, with `${NAME}` as written."""
    monkeypatch.setenv("DB", "postgresql://u:hunter2@h/d")
    data = "data: {path: {url: '${DB}', query: SELECT 1}, id: i, features: [a]}"
    texts = []
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        texts.append(json.dumps(load_config(lay(tmp_path / name, data=data)).resolved(), allow_nan=False))
    assert texts[0] == texts[1]
    assert "${DB}" in texts[0]
    assert "hunter2" not in texts[0]
    assert str(tmp_path) not in texts[0]


def test_resolved_reads_back_as_the_same_config(tmp_path: Path) -> None:
    """What is sealed is a config: read again, it resolves to itself."""
    config = load_config(lay(tmp_path))
    again = load_config(config.resolved(), folder=tmp_path)
    assert again.resolved() == config.resolved()


def test_python_values_read_like_the_file(tmp_path: Path) -> None:
    """The same keys as Python values give the same config; faults then have no line."""
    path = lay(tmp_path)
    data: dict[str, Any] = read_yaml(path)[0]
    assert load_config(data, folder=tmp_path).resolved() == load_config(path).resolved()
    data["sede"] = 1
    with pytest.raises(ConfigError, match=r"^config: sede: this key is not known. Did you mean 'seed'"):
        load_config(data, folder=tmp_path)


@pytest.mark.parametrize("text", ["", "- a\n", "hello\n"])
def test_a_file_without_keys_is_refused(tmp_path: Path, text: str) -> None:
    """Empty is refused."""
    path = tmp_path / "audit.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"audit.yaml:1: the file"):
        load_config(path)


def test_the_environment_is_read_at_the_moment_of_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path with `${NAME}` loads without the variable, and is refused by name when it is used."""
    monkeypatch.delenv("AUDIT_DATA", raising=False)
    config = load_config(lay(tmp_path, data="data: {path: '${AUDIT_DATA}/a.csv', id: i, features: [a]}"))
    assert config.data.file is not None
    with pytest.raises(ConfigError, match="the environment variable AUDIT_DATA is not set"):
        config.file(config.data.file)
    monkeypatch.setenv("AUDIT_DATA", "/elsewhere")
    assert config.file(config.data.file) == Path("/elsewhere/a.csv")


def test_a_name_where_nothing_reads_it_is_refused(tmp_path: Path) -> None:
    """`${NAME}` in a place that is not expanded would be printed as it stands."""
    assert "${NAME} is read in paths and URLs only" in one(
        tmp_path, audit="audit: {name: '${TITLE}', owner: o, as_of: 2026-11-20}"
    )
