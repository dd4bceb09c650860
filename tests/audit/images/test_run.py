"""A whole audit of pictures: digits, a small network, a ledger, a report, and what is refused."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import audit
from audit.cli import main
from audit.errors import ConfigError, UsageError
from audit.host.local import LocalHost
from audit.ledger import Ledger
from tests.worlds.pictures import lay_digits


@pytest.fixture(scope="module", autouse=True)
def here() -> Iterator[None]:
    """Open models in this process; behind walls they are opened in the test that says so."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("audit.host.start", LocalHost)
        yield


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained network, unseen digits and a config; made once."""
    return lay_digits(tmp_path_factory.mktemp("digits"))


@pytest.fixture(scope="module")
def result(digits: Path) -> Any:
    """The audit of it."""
    return audit.run(digits)


@pytest.fixture
def desk(digits: Path, tmp_path: Path) -> Path:
    """A copy without a ledger, to spoil."""
    for name in ("digits.keras", "digits.npz", "images.yaml"):
        shutil.copyfile(digits.parent / name, tmp_path / name)
    return tmp_path / "images.yaml"


def command(*arguments: str) -> int:
    """Run one command and return its exit code."""
    with pytest.raises(SystemExit) as leave:
        main(list(arguments))
    return int(leave.value.code or 0)


def changed(config: Path, old: str, new: str) -> Path:
    """Change the config's text."""
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new))
    return config


def test_what_is_sealed_is_what_the_model_says(digits: Path, result: Any) -> None:
    """Accuracy is that of the Keras model itself, and every picture is counted."""
    import keras

    arrays = np.load(digits.parent / "digits.npz")
    model = keras.saving.load_model(digits.parent / "digits.keras")
    right = model.predict(arrays["images"] / np.float32(255), verbose=0).argmax(axis=1) == arrays["labels"]
    body = result.figures["image_accuracy"].body
    assert body["n"] == result.audit.counts["rows"] == result.audit.counts["none"] == 200
    assert body["value"] == right.mean()
    assert body["wrong"] == (~right).sum()
    assert {rate.group: rate.value for rate in result.rates}["all"] == right.mean()
    assert result.audit.kind == "images"
    assert result.exit_code == 0
    assert f"200 pictures: {right.sum()} recognised." in result.in_words()


def test_methods_beat_pixels_by_lot_and_add_up(result: Any) -> None:
    """On digits the best method brings a class back sooner than lot; integrated gradients are complete."""
    body = result.figures["image_curves"].body
    assert [one["method"] for one in body["methods"]] == [
        "xrai", "integrated_gradients", "smoothgrad", "grad_cam",
    ]  # fmt: skip
    assert max(one["gain"]["low"] for one in body["methods"]) > 0
    assert all(one["points"][-1]["mean"] == 1 for one in (*body["methods"], body["control"]))
    assert result.figures["image_completeness"].body["share"] < 0.02
    assert len(result.figures["image_agreement"].body["pairs"]) == 6


def test_pictures_are_sealed_small_and_without_their_names(result: Any) -> None:
    """Four are shown, each with its maps; no id stands in the clear."""
    rows = result.figures["image_pictures"].body["shown"]
    assert len(rows) == 4
    assert {tuple(sorted(row["maps"])) for row in rows} == {
        ("grad_cam", "integrated_gradients", "smoothgrad", "xrai")
    }
    assert {"id", "ids"} & set(rows[0]) == set()
    assert len(json.dumps(rows)) < 100_000


def test_the_evidence_holds_and_the_second_run_is_equal(
    digits: Path, result: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Verify finds nothing altered; a second start answers with the first; a replay has every bit."""
    ledger = str(digits.parent / "ledger.db")
    assert audit.run(digits).existing
    assert command("verify", "latest", "--ledger", ledger) == 0
    assert command("replay", "latest", "--ledger", ledger, "--json") == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["equal"]
    assert {one["kind"]: one["compared"] > 0 for one in told["compared"]} == dict.fromkeys(
        ("model", "data", "rates", "findings", "figures"), True
    )


def test_the_report_prints_pictures_beside_their_curves(digits: Path, result: Any, tmp_path: Path) -> None:
    """HTML and PDF come from the ledger alone, with the pictures inside and alternative text."""
    ledger = str(digits.parent / "ledger.db")
    for name in ("report.html", "report.pdf"):
        assert command("report", "latest", "--out", str(tmp_path / name), "--ledger", ledger) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    images = re.findall(r'<img class="pixels" src="data:image/png;base64,[^"]+" alt="([^"]+)">', page)
    assert len(images) == 4 * 6  # the picture, four maps, and the first regions of XRAI
    assert all(images)
    assert "The model names" in page
    assert "Integrated gradients leave out" in page
    assert 'src="http' not in page
    import pikepdf

    with pikepdf.open(tmp_path / "report.pdf") as pdf:
        drawn = [
            one for one in pdf.objects if isinstance(one, pikepdf.Stream) and one.get("/Subtype") == "/Image"
        ]
        assert len(drawn) >= 10
        assert not any(one.get("/Interpolate", False) for one in drawn)  # ISO 19005-3, 6.2.8


def test_a_house_policy_may_ask_of_pictures(desk: Path) -> None:
    """Accuracy is judged by class; what is not so ends with exit code 3."""
    house = desk.parent / "house"
    house.mkdir()
    (house / "pack.yaml").write_text("title: Our own rules\nas_of: 2026-01-01\n")
    (house / "requirements.yaml").write_text(
        "every_class_is_read:\n  kind: house\n  access: model_risk\n  title: Every class is read\n"
        "  question: Is each class recognised in 99 of 100 pictures?\n  measure: image_accuracy\n"
        "  bound: [{from: 2026-01-01, at_least: 0.99}]\n  source: Model Risk, 1.2\n  remedy: Train longer.\n"
    )
    result = audit.run(changed(desk, "seed: 7", "policies: [house]\nseed: 7"))
    assert result.exit_code == 3
    assert len(result.findings) == 11
    assert result.outcomes["not_met"] > 0
    with Ledger.open(result.ledger_url) as ledger:
        from reports.report import sections

        told = sections(ledger, result.audit.audit)
    assert [one.name for one in told][-2:] == ["findings", "evidence"]
    assert "house rule" in told[0].title


def test_a_method_that_cannot_be_used_is_not_measured(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its library XRAI is told with its way out, and the others go on."""
    monkeypatch.setitem(sys.modules, "saliency.core", None)
    result = audit.run(changed(desk, "shown: 4", "shown: 0"))
    (absent,) = result.figures["image_curves"].body["absent"]
    assert absent["method"] == "xrai"
    assert "pip install 'plainspoken[images]'" in absent["cause"]
    assert result.figures["image_pictures"].body == {
        "cause": "the config shows no picture (explain.shown is 0)"
    }
    with Ledger.open(result.ledger_url) as ledger:
        from reports.report import render

        words = render(ledger, result.audit.audit).words
    assert "What does XRAI say?" in words
    assert "No picture is printed" in words


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("path: digits.keras", "path: table.keras", r":2: model\.path: it reads no pictures .*population"),
        ("path: digits.npz", "path: small.npz", r":3: data\.path: they are 7 x 8 x 1 .*reads 8 x 8 x 1"),
        ("path: digits.npz", "path: other.npz", r":3: data\.label: 1 label is no class .* '11'"),
        ("path: digits.npz", "path: nothing", r":3: data\.path: there is no picture in the folders"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_before_any_work(
    desk: Path, old: str, new: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Run and check tell file, line, place, fact and way out, and no ledger is begun."""
    import keras

    arrays = np.load(desk.parent / "digits.npz")
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")]).save(
        desk.parent / "table.keras"
    )
    (desk.parent / "nothing").mkdir()
    np.savez(desk.parent / "small.npz", images=arrays["images"][:, :7], labels=arrays["labels"])
    labels = arrays["labels"].copy()
    labels[0] = 11
    np.savez(desk.parent / "other.npz", images=arrays["images"], labels=labels)
    changed(desk, old, new)
    with pytest.raises(ConfigError, match=words):
        audit.run(desk)
    assert not (desk.parent / "ledger.db").exists()
    assert command("check", str(desk)) == 2
    assert re.search(words, capsys.readouterr().err)


def test_what_is_of_decisions_is_refused_for_pictures(
    digits: Path, result: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """A release and a table of data make no sense here, and say so."""
    ledger = str(digits.parent / "ledger.db")
    assert command("accept", "latest", "--by", "A", "--reason", "B", "--ledger", ledger) == 2
    assert "an audit of pictures decides on nobody" in capsys.readouterr().err
    with pytest.raises(UsageError, match="reads them from its config"):
        audit.run(digits, data={"a": [1]})
    assert command("check", str(digits)) == 0


@pytest.mark.slow
def test_run_and_report_behind_the_walls(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One command audits and reports, with the model in a process of its own: the figures are the same."""
    from audit.host.child import ChildHost

    here = audit.run(desk)
    (desk.parent / "ledger.db").unlink()
    monkeypatch.setattr("audit.host.start", ChildHost)
    out = desk.parent / "out"
    assert command("run", str(desk), "--out", str(out)) == 0
    assert {one.name for one in out.iterdir()} >= {"report.html", "report.pdf"}
    there = audit.open(desk.parent / "ledger.db")
    for name, figure in here.figures.items():
        if name != "environment":
            assert there.figures[name].body == figure.body, name
    assert "none" not in str(there.figures["environment"].body["walls"])
