"""What is missing: a flag beside a value speaks as the missing information."""

from __future__ import annotations

import pytest

import audit
from audit.ledger import Ledger
from tests.oracles.lending import near_cutoff
from tests.worlds.closed_form import MIN_ROWS, STATEMENTS, expected, told
from tests.worlds.desk import Desk
from tests.worlds.lender import CUTOFF, refused, score

FLAG = """  columns: [years_at_address, years_missing]
  code: C4
  statement: {en: Length of residence}
  missing: {columns: [years_missing], statement: {en: Unable to verify residence}}
"""


@pytest.mark.parametrize("words", [("1", "0"), ("yes", "no"), ("true", "false")], ids=lambda words: words[0])
def test_a_flag_beside_its_value_speaks_as_missing(fresh, words: tuple[str, str]) -> None:
    """R12: where the value was imputed and the flag is set, the reason is the missing information."""
    world = fresh("tiny")
    desk = Desk(world.folder).text(
        "reasons.yaml",
        """  columns: [years_at_address]
  code: C4
  statement: {en: Length of residence}
  missing: {columns: [years_at_address], statement: {en: Unable to verify residence}}
""",
        FLAG,
    )
    desk.rows(
        lambda rows: [
            {
                **row,
                "years_missing": words[0] if not row["years_at_address"] else words[1],
                "years_at_address": row["years_at_address"] or "12",
            }
            for row in rows
        ]
    )
    desk.set(data__features=["income", "utilisation", "late_payments", "years_at_address", "years_missing"])
    desk.text("model.py", "np.where(np.isnan(years), 0.10,", "np.where(_set(columns), 0.10,")
    desk.text(
        "model.py",
        "def terms(columns):",
        "def _set(columns):\n"
        "    flag = columns['years_missing']\n"
        f"    return flag == 1.0 if flag.dtype.kind == 'f' else flag == {words[0]!r}\n\n\n"
        "def terms(columns):",
    )
    result = audit.run(desk.config)
    reference = [world.rows[i] for i in near_cutoff(world.rows, score, CUTOFF, MIN_ROWS)]
    spoken = 0
    with Ledger.open(result.ledger_url) as ledger:
        for row in world.rows:
            decision = ledger.decision(result.audit.audit, row["application_id"])
            assert told(decision) == (expected(row, reference) if refused(row) else [])
            spoken += any(one.by_missing for one in decision.reasons)
    assert spoken > 0


def test_a_flag_that_the_model_does_not_read_speaks_too(fresh) -> None:
    """A column of the data may say that a value was imputed before the model saw it."""
    desk = Desk(fresh("even").folder).text(
        "reasons.yaml",
        "columns: [income]\n",
        "columns: [income]\n"
        "  missing: {columns: [income_imputed], statement: {en: Unable to verify income}}\n",
    )
    desk.rows(lambda rows: [{**row, "income_imputed": int(i % 3 == 0)} for i, row in enumerate(rows)])
    result = audit.run(desk.config)
    with Ledger.open(result.ledger_url) as ledger:
        said = {
            (one.row % 3 == 0, reason.statement)
            for one in ledger.decisions(result.audit.audit)
            for reason in one.reasons
            if reason.factor == "income"
        }
    assert said == {(True, "Unable to verify income"), (False, STATEMENTS["income"])}
