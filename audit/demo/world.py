"""Lay the example out in a folder of the user's, dated for the day it is run.

The applicants' payment data are real. What a letter needs besides is made up here, from a fixed
seed: names that nobody has, addresses, bureau scores and the dates of the applications, which lie
a few days before ``today`` so that the letters of the example are in time.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

NOTE = (
    "Demonstration: real Taiwanese card holders of 2005, judged by a made-up US lender. "
    "No real lender was audited; names, addresses, bureau scores and dates are invented."
)

_HERE = Path(__file__).parent
_SEED = 7
_FIRST = ("Exempla", "Testa", "Specima", "Sampleton", "Mockabel", "Demona", "Placida", "Fictor")
_LAST = ("Placeholder", "Specimen", "Lorem-Ipsum", "Nobody", "Notreal", "Sampleson", "Mockingham")
_KEY_FACTORS = (
    "Level of delinquency on accounts",
    "Proportion of balances to credit limits on revolving accounts is too high",
    "Length of time accounts have been established",
    "Too many accounts with balances",
)
_JOINT_EVERY = 40  # each fortieth application has a second applicant
_NO_BUREAU_EVERY = 10  # for each tenth no report was obtained


def lay_out(folder: Path, today: dt.date) -> Path:
    """Write model, data, recipients, dictionary and config into ``folder``; return the config's path.

    Parameters
    ----------
    folder : Path
        An existing folder.
    today : date
        The day of the run: the audit's date, and what the applications' dates count back from.
    """
    applications = _applications(today)
    applications.write_csv(folder / "applications.csv")
    _recipients(applications["application_id"].to_list()).write_csv(folder / "recipients.csv")
    for name in ("credit_mlp.keras", "reasons.yaml"):
        shutil.copyfile(_HERE / name, folder / name)
    config = (_HERE / "audit.yaml").read_text(encoding="utf-8")
    config = config.replace("as_of: 2026-11-20", f"as_of: {today.isoformat()}")
    config = config.replace("applications.csv.gz", "applications.csv")
    (folder / "audit.yaml").write_text(config, encoding="utf-8")
    return folder / "audit.yaml"


def _applications(today: dt.date) -> pl.DataFrame:
    import numpy as np
    import polars as pl

    table = pl.read_csv(_HERE / "applications.csv.gz")
    n = table.height
    draw = np.random.default_rng(_SEED)
    received = draw.integers(8, 14, n)
    decided = draw.integers(1, 5, n)
    worse = table["status_latest"].clip(0).to_numpy() * 55 + table["balance_to_limit"].to_numpy() * 90
    score = np.clip(np.rint(745 - worse + draw.normal(0, 25, n)), 300, 850).astype(int)
    factors = np.array([draw.permutation(len(_KEY_FACTORS)) for _ in range(n)])
    bureau = np.arange(n) % _NO_BUREAU_EVERY != 0

    def days_ago(days: Iterable[Any]) -> pl.Series:
        return pl.Series([(today - dt.timedelta(int(d))).isoformat() for d in days])

    def where_used(values: Iterable[str | None]) -> pl.Series:
        return pl.Series([value if used else None for value, used in zip(values, bureau, strict=True)])

    return table.with_columns(
        pl.col("application_id").str.replace("APP", "PER").alias("applicant_id"),
        days_ago(received).alias("received_at"),
        days_ago(received - 1).alias("completed_at"),
        days_ago(decided).alias("decided_at"),
        pl.Series([f"Credit limit of ${500 * int(k):,}" for k in draw.integers(4, 30, n)]).alias(
            "requested_terms"
        ),
        pl.Series(["yes" if used else "no" for used in bureau]).alias("bureau_used"),
        where_used([str(value) for value in score]).alias("bureau_score"),
        where_used([(today - dt.timedelta(int(d) + 1)).isoformat() for d in decided]).alias("bureau_date"),
        *[
            where_used([_KEY_FACTORS[k] for k in factors[:, place]]).alias(f"key_factor_{place + 1}")
            for place in range(4)
        ],
        where_used(
            ["Number of recent inquiries on your credit report" if k == 0 else None for k in factors[:, 0]]
        ).alias("key_factor_inquiries"),
    )


def _recipients(applications: list[str]) -> pl.DataFrame:
    import polars as pl

    people = []
    for place, application in enumerate(applications):
        roles = ("primary", "joint") if place % _JOINT_EVERY == 0 else ("primary",)
        for role in roles:
            shift = place + (3 if role == "joint" else 0)
            applicant = application.replace("APP", "PER") + ("-B" if role == "joint" else "")
            people.append(
                {
                    "application_id": application,
                    "applicant_id": applicant,
                    "role": role,
                    "name": f"{_FIRST[shift % len(_FIRST)]} {_LAST[shift % len(_LAST)]}",
                    "street": f"{1 + place} Example Avenue",
                    "town": "Sampletown DE 00000",
                    "channel": "mail",
                    "esign_consent": "no",
                }
            )
    return pl.DataFrame(people)
