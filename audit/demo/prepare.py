"""The source data of the example to the columns that its model reads.

Source: "Default of Credit Card Clients", I-Cheng Yeh, UCI Machine Learning Repository (2016),
CC BY 4.0. 30,000 card holders of a Taiwanese bank in 2005, amounts in New Taiwan dollars.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

FEATURES = (
    "status_latest",  # months late in the latest month; -1 paid in full, 0 revolving, -2 no use
    "status_2",
    "status_3",
    "status_4",
    "status_5",
    "status_6",
    "months_late",  # of the five months before the latest
    "balance_to_limit",
    "balance_to_limit_mean",
    "balance_change",  # latest balance less the one of five months before, as a share of the limit
    "paid_share",  # latest payment as a share of the balance then due; 1 where nothing was due
    "paid_share_mean",
    "paid_to_limit",
    "paid_to_limit_mean",
    "credit_limit",
    "months_used",  # of six, with a balance above zero
)


def features(source: Path) -> pl.DataFrame:
    """Return one row a card holder: id, the model's columns, protected attributes, outcome."""
    import polars as pl

    raw = pl.read_csv(source)
    col = pl.col
    bills = [col(f"BILL_AMT{month}") for month in range(1, 7)]
    paid = [col(f"PAY_AMT{month}") for month in range(1, 7)]
    statuses = [col(f"PAY_{month}") for month in (2, 3, 4, 5, 6)]
    # PAY_AMT of a month pays the bill of the month before, which stands one column later.
    due = [bill.clip(0) for bill in bills[1:]]
    shares = [
        pl.when(owed > 0).then((amount / owed).clip(0, 1)).otherwise(1.0)
        for amount, owed in zip(paid[:5], due, strict=True)
    ]
    limit = col("LIMIT_BAL")
    return raw.select(
        pl.format("APP-{}", (col("ID") + 100_000).cast(pl.String)).alias("application_id"),
        col("PAY_0").alias("status_latest"),
        *[status.alias(f"status_{month}") for status, month in zip(statuses, range(2, 7), strict=True)],
        pl.sum_horizontal([(status > 0).cast(pl.Int64) for status in statuses]).alias("months_late"),
        (bills[0] / limit).clip(-0.5, 2).round(4).alias("balance_to_limit"),
        (pl.mean_horizontal(bills) / limit).clip(-0.5, 2).round(4).alias("balance_to_limit_mean"),
        ((bills[0] - bills[5]) / limit).clip(-2, 2).round(4).alias("balance_change"),
        shares[0].round(4).alias("paid_share"),
        pl.mean_horizontal(shares).round(4).alias("paid_share_mean"),
        (paid[0] / limit).clip(0, 1).round(4).alias("paid_to_limit"),
        (pl.mean_horizontal(paid) / limit).clip(0, 1).round(4).alias("paid_to_limit_mean"),
        limit.cast(pl.Int64).alias("credit_limit"),
        pl.sum_horizontal([(bill > 0).cast(pl.Int64) for bill in bills]).alias("months_used"),
        col("SEX").replace_strict({1: "male", 2: "female"}, return_dtype=pl.String).alias("sex"),
        col("AGE").cast(pl.Int64).alias("age"),
        # 0 is undocumented in the source: left empty, so that it is reported as unknown.
        col("MARRIAGE")
        .replace_strict({1: "married", 2: "single", 3: "other", 0: None}, return_dtype=pl.String)
        .alias("marital_status"),
        col("default_payment_next_month").alias("defaulted"),
    )
