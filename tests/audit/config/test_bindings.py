"""Columns and constants."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.config import Binding, bind, bindings_report, load_config
from audit.config.bindings import ActionBinding
from audit.config.bound import binding_faults
from audit.errors import DataError
from tests.worlds.full_config import COLUMNS, RECIPIENTS_COLUMNS, lay

SOURCE = (
    "sources: [{kind: cra, name: Example Bureau, address: a, phone: 555-0199, toll_free: %s, used_when: %s}]"
)


def test_a_plain_name_is_a_column_where_there_is_one() -> None:
    """The same word is a column of one file and a constant of another."""
    plain = Binding.model_validate("product")
    assert not plain.decided
    assert bind(plain, ["id", "product"]).column == "product"
    assert bind(plain, ["id"]).value == "product"


def test_column_and_value_force_it() -> None:
    """`{value: …}` is a constant even where a column has its name; `{column: …}` must be there."""
    assert bind(Binding.model_validate({"value": "product"}), ["product"]).value == "product"
    with pytest.raises(DataError, match=r"prduct: there is no such column .*Did you mean 'product'"):
        bind(Binding.model_validate({"column": "prduct"}), ["product"])


def test_constants_become_text() -> None:
    """Truth is true or false, dates are ISO."""
    import datetime as dt

    values = [True, 300, dt.date(2026, 11, 20), "x"]
    assert [Binding.model_validate(value).raw for value in values] == ["true", "300", "2026-11-20", "x"]


def test_an_action_keeps_its_meanings_when_bound() -> None:
    """The words of the data and what they mean survive binding."""
    action = ActionBinding.model_validate({"column": "a", "values": {"D": "denied"}})
    assert bind(action, ["a"]).values == {"D": "denied"}


def test_the_report_says_which_is_which(tmp_path: Path) -> None:
    """Every binding is told as a column or a constant, with its value."""
    report = bindings_report(load_config(lay(tmp_path)), COLUMNS, RECIPIENTS_COLUMNS)
    told = {place: (what, value) for place, what, value in report}
    assert told["record.action"] == ("column", "action")
    assert told["record.product"] == ("constant", "Credit card")
    assert told["record.received_at"] == ("column", "received_at")
    assert told["sources[0].toll_free"] == ("constant", "true")
    assert told["bureau_scores[0].key_factors[1]"] == ("column", "k2")
    assert told["recipients.address[0]"] == ("column", "street")
    assert told["recipients.channel"] == ("constant", "mail")
    assert not any(
        place.startswith("recipients") for place, _, _ in bindings_report(load_config(lay(tmp_path)), [])
    )


def test_the_full_config_binds_without_fault(tmp_path: Path) -> None:
    """With its own columns nothing is wrong with any binding."""
    assert list(binding_faults(load_config(lay(tmp_path)), COLUMNS, RECIPIENTS_COLUMNS)) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"record": "record: {received_at: recieved_at}"},
            "no column and no date. Did you mean 'received_at'",
        ),
        ({"record": "record: {action: actoin}"}, "Did you mean 'action'"),
        ({"record": "record: {action: {column: actoin}}"}, "there is no column 'actoin'"),
        ({"record": "record: {purpose: private}"}, "none of consumer, business"),
        ({"record": "record: {jurisdiction: uk}"}, "none of us, eu"),
        ({"record": "record: {requested_terms: requested_term}"}, "so letters would print this word"),
        ({"sources": SOURCE % ("perhaps", "bureau_used")}, "none of true, false, yes, no, 1, 0"),
        ({"sources": SOURCE % ("true", "bureau_usd")}, "Did you mean 'bureau_used'"),
        (
            {
                "bureau_scores": "bureau_scores: [{value: fcio, low: 300, high: 850, created_on: fico_date,"
                " provider: p, key_factors: [k1]}]"
            },
            "there is no column 'fcio'.*Did you mean 'fico'",
        ),
        (
            {
                "bureau_scores": "bureau_scores: [{value: fico, low: least, high: 850, created_on: fico_date,"
                " provider: p, key_factors: [k1]}]"
            },
            "'least' is no column and no number",
        ),
        (
            {
                "recipients": "recipients: {path: r.csv, decision: application_id, person: applicant_id,"
                " name: name, address: [street], channel: pigeon}"
            },
            "none of mail, email, portal",
        ),
        (
            {
                "recipients": "recipients: {path: r.csv, decision: aplication_id, person: applicant_id,"
                " name: name, address: [street], channel: mail}"
            },
            "Did you mean 'application_id'",
        ),
    ],
)
def test_a_misspelt_column_is_no_constant(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    """A constant that cannot be what its key says is a fault with the column that was meant."""
    import re

    config = load_config(lay(tmp_path, **changes))
    (fault,) = binding_faults(config, COLUMNS, RECIPIENTS_COLUMNS)
    assert re.search(words, str(fault))
    assert fault.line is not None
