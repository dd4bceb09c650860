"""How groups are called."""

from __future__ import annotations

from reports.groups import attribute_label, group_label, group_words, order


def test_people_are_named_as_people() -> None:
    """Sex and age read as men and ages; anything else is quoted as the data have it."""
    assert group_words("sex", "female") == "women"
    assert group_words("age", "18-24") == "ages\u00a018–24"
    assert group_words("sex x age", "male x 62+") == "men aged\u00a062+"
    assert group_words("marital_status", "others") == "marital status “others”"
    assert group_words("region", "unknown") == "people of unknown region"
    assert group_words("all", "all") == "all applicants"


def test_labels_for_tables() -> None:
    """A table names the attribute once and its groups shortly."""
    assert attribute_label("sex x age") == "Sex and age"
    assert group_label("male x 18-24") == "male, 18–24"


def test_order_of_groups() -> None:
    """The reference comes first, bands by their start, unknown last."""
    groups = ["unknown", "62+", "8-17", "18-24", "40-61"]
    assert sorted(groups, key=lambda g: order(g, "40-61")) == ["40-61", "8-17", "18-24", "62+", "unknown"]
