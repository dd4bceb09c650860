"""``only``: an audit for notices reads no protected column, and one for fairness owes nobody a letter.

Why so: 12 CFR 1002.5(b) and 1002.12(a) keep information about prohibited bases apart from decisions. What
writes to applicants needs none of it, and what compares groups needs no address and no words. So each can
be an audit of its own, in a ledger of its own, and neither holds what is the other's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from audit.config.fairness import FairnessSection
from audit.config.slices import PerformanceSection
from audit.errors import ConfigError, Fault

if TYPE_CHECKING:
    from audit.config.schema import Config

Only = Literal["notices", "fairness"]


def restricted(config: Config, only: Only | None = None) -> Config:
    """Return a config for one of the two alone; as it is where neither it nor the call asks for one.

    An audit for notices keeps of the protected attributes those alone that the model reads as inputs: they
    are before it in any case, and whose reason they are is held (R2). The names of the others stay, in
    ``audit.kept_away``, so that none of them is ever printed as a reason.

    Parameters
    ----------
    only : what the call asks for; None: what the config says

    Raises
    ------
    ConfigError
        Fairness is asked for, and there is nothing to compare.
    """
    asked = only or config.audit.only
    if asked is None:
        return config
    if asked == "fairness":
        if fault := _nothing_to_compare(config):
            raise ConfigError(fault)
        return config.model_copy(update={"audit": config.audit.model_copy(update={"only": asked})})
    inputs = set(config.data.features)
    away = {name: one.column for name, one in config.protected.items() if one.column not in inputs}
    audit = config.audit.model_copy(
        update={"only": asked, "kept_away": {**config.audit.kept_away, **dict(sorted(away.items()))}}
    )
    return config.model_copy(
        update={
            "audit": audit,
            "protected": {name: one for name, one in config.protected.items() if name not in away},
            "intersections": (),
            "slices": (),
            "performance": PerformanceSection(),
            "fairness": FairnessSection(min_group=config.fairness.min_group, ledger=config.fairness.ledger),
        }
    )


def _nothing_to_compare(config: Config) -> Fault | None:
    place = ("audit", "only")
    if config.audit.kind == "batch":
        fact, way_out = "a batch of refusals has no groups to compare", "Audit a population, or only: notices"
    elif not config.protected and config.fairness.bisg is None:
        fact, way_out = "no protected attribute is stated, so no group is compared", "State protected"
    else:
        return None
    return config.lines.fault(place, fact, way_out)
