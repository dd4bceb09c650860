"""The people of three public data sets as the file of public tools' figures takes them, counted."""

from __future__ import annotations

import csv
import gzip
from functools import cache
from pathlib import Path

from audit.fairness import CountTable, count

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"


@cache
def table(dataset: str, case: str) -> CountTable:
    """Return the counts of a data set, with the label or the rule as the decision."""
    groups, label, rule = people(dataset)
    return counted(groups, label if case == "labels" else rule, label)


def counted(groups: dict[str, list[str]], decided: list[bool], label: list[bool]) -> CountTable:
    """Return the counts of people of whom is told who was selected and who turned out well."""
    outcomes = ["favourable" if good else "adverse" for good in decided]
    return count(outcomes, groups, None, [0 if good else 1 for good in label])


@cache
def people(dataset: str) -> tuple[dict[str, list[str]], list[bool], list[bool]]:
    """Return groups, the true label and what the rule decides; True = favourable."""
    if dataset == "german":
        raw = [line.split() for line in (DATA / "german_credit/german.data").read_text().splitlines()]
        age = [int(row[12]) for row in raw]
        groups = {
            "sex": ["female" if row[8] in ("A92", "A95") else "male" for row in raw],
            "age_band": ["<25" if years < 25 else ">=25" for years in age],
            "age_le25": ["<=25" if years <= 25 else ">25" for years in age],
        }
        rule = [row[0] in ("A13", "A14") or int(row[1]) <= 15 for row in raw]
        return groups, [row[20] == "1" for row in raw], rule
    if dataset == "adult":
        rows = [row for row in rows_of("adult/adult.csv.gz") if row["split"] == "train"]
        groups = {name: [row[name] for row in rows] for name in ("sex", "race")}
        groups["sex x race"] = [f"{row['sex']} & {row['race']}" for row in rows]
        rule = [int(row["education_num"]) >= 13 or int(row["capital_gain"]) > 5000 for row in rows]
        return groups, [row["income"] == ">50K" for row in rows], rule
    rows = rows_of("taiwan_default/taiwan_default.csv.gz")
    sex = ["male" if row["SEX"] == "1" else "female" for row in rows]
    label = [row["default_payment_next_month"] == "0" for row in rows]
    return {"sex": sex}, label, [int(row["PAY_0"]) <= 0 for row in rows]


def rows_of(path: str) -> list[dict[str, str]]:
    """Return the rows of one of the data sets."""
    with gzip.open(DATA / path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))
