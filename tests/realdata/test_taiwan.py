"""All 30,000 Taiwanese card holders, end to end from the shell: audit, report, a hundred letters, proof."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

import audit
from tests.realdata.conftest import DATA
from tests.realdata.measured import plainspoken
from tests.worlds import card_holders
from tests.worlds.sealed import AS_OF

pytestmark = pytest.mark.slow
N = 30_000
N_LETTERS = 100
CUTOFF = 0.30  # of the example
PEAK = 2_500  # megabytes that any of the commands may take, TensorFlow included


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The whole portfolio, audited with its report, and a hundred letters."""
    folder = tmp_path_factory.mktemp("taiwan") / "portfolio"
    config = card_holders.lay_out(folder, DATA, N, AS_OF)
    run = plainspoken("run", str(config), "--out", str(folder / "report"), "--json")
    ledger = ("--ledger", str(folder / "ledger.db"))
    result = audit.open(folder / "ledger.db")
    table = pl.read_csv(folder / "applications.csv")
    scores = _plain_scores(folder / "credit_mlp.keras", table)
    refused = table["application_id"].filter(pl.Series(scores >= CUTOFF)).to_list()[:N_LETTERS]
    asked = [word for one in refused for word in ("--decision", one)]
    out = ("--out", str(folder / "letters"), "--date", AS_OF.isoformat(), "--json")
    letters = plainspoken("letters", "latest", *asked, *out, *ledger)
    verify = plainspoken("verify", "--json", *ledger)
    for name, done in (("run and report", run), ("100 letters", letters), ("verify", verify)):
        print(f"{name}: {done.seconds:.1f} s, {done.megabytes:.0f} MB")
    return SimpleNamespace(
        folder=folder, table=table, scores=scores, refused=refused, result=result, run=run, letters=letters,
        verify=verify,
    )  # fmt: skip


def _plain_scores(model: Path, table: pl.DataFrame) -> np.ndarray:
    """Return what the network itself says, asked the plain way: float64[n]."""
    from audit.demo.prepare import FEATURES
    from audit.models.keras import import_keras_quietly

    import_keras_quietly()
    import keras

    x = table.select(FEATURES).to_numpy().astype("float32")
    asked = keras.saving.load_model(model, compile=False)
    return np.asarray(asked(x, training=False), dtype="float64")[:, 0]


def test_everybody_is_decided_as_the_network_says(portfolio: SimpleNamespace) -> None:
    """Counts are those of the scores at the cutoff; nobody is lost, nobody is set aside."""
    counts = portfolio.run.told["counts"]
    adverse = int((portfolio.scores >= CUTOFF).sum())
    assert counts["rows"] == N
    assert (counts["adverse"], counts["favourable"]) == (adverse, N - adverse)
    assert (counts["none"], counts["quarantined"]) == (0, 0)
    decisions = portfolio.result.decisions_frame()
    assert np.abs(decisions["score"].to_numpy() - portfolio.scores).max() < 1e-6


def test_rates_are_those_of_a_plain_count(portfolio: SimpleNamespace) -> None:
    """Selection and error rates by sex and marital status equal loops over the file; 0 is unknown."""
    approved = portfolio.scores < CUTOFF
    late = portfolio.table["defaulted"].to_numpy() == 1
    rates = {(r.attribute, r.group, r.metric): r for r in portfolio.result.rates}
    for attribute in ("sex", "marital_status"):
        groups = portfolio.table[attribute].fill_null("unknown").to_numpy()
        for group, n in Counter(groups).items():
            members = groups == group
            selected = rates[attribute, group, "selection_rate"]
            assert (selected.n, selected.value) == (n, pytest.approx(approved[members].mean(), abs=1e-12))
            caught = rates[attribute, group, "true_positive_rate"]
            assert caught.value == pytest.approx((~approved)[members & late].mean(), abs=1e-12)
    assert ("marital_status", "unknown", "selection_rate") in rates


def test_every_refusal_has_its_reasons(portfolio: SimpleNamespace) -> None:
    """Each of the refused has one to four reasons, each that pushed toward refusal, in falling order."""
    from audit.ledger import Ledger

    told = 0
    with Ledger.open(portfolio.result.ledger_url) as ledger:
        for one in ledger.decisions(portfolio.result.audit.audit, outcome="adverse"):
            pushed = [reason.contribution for reason in one.reasons]
            assert 1 <= len(pushed) <= 4
            assert min(pushed) > 0
            assert one.certified in ("exact", "tie")
            told += 1
    assert told == portfolio.run.told["counts"]["adverse"] > 5_000


def test_a_hundred_letters_and_the_report_are_there(portfolio: SimpleNamespace) -> None:
    """A letter a refused person (two where there is a joint applicant), and both forms of the report."""
    files = {file.name for file in (portfolio.folder / "letters").glob("*.pdf")}
    assert {name.removesuffix(".pdf").removesuffix("-joint") for name in files} == set(portfolio.refused)
    assert portfolio.letters.told["letters"] == len(files) >= N_LETTERS
    assert portfolio.letters.code == 0
    for name in ("report.html", "report.pdf"):
        assert (portfolio.folder / "report" / name).stat().st_size > 100_000


def test_the_evidence_holds_and_memory_is_bounded(portfolio: SimpleNamespace) -> None:
    """`verify` finds every row as it was sealed; no command needed more than its megabytes."""
    assert portfolio.verify.told["ok"] is True
    for done in (portfolio.run, portfolio.letters, portfolio.verify):
        assert done.megabytes < PEAK
