"""What would have turned each refusal of a partition, found when the audit runs.

Why so, at the run: a letter that is asked for months later never sees the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from audit.errors import ModelError, UsageError
from audit.host import Host
from audit.job import NOBODY_TO_COMPARE, Job, by_reference, take
from audit.record import CaseFile, Decision, NoCounterfactual

if TYPE_CHECKING:
    from audit.job import References, Values
    from audit.record.turned import Turned

NO_MODEL = "no model was opened"


def with_counterfactuals(
    job: Job,
    host: Host | None,
    decisions: Sequence[Decision],
    cases: Sequence[CaseFile],
    values: Values,
    references: References,
) -> tuple[CaseFile, ...]:
    """Return the case files, each of a refusal with what would have turned it, where that is asked for.

    Parameters
    ----------
    decisions, cases : of one partition, in the same order
    values : columns of the model's inputs, of all of them
    """
    if job.counterfactuals is None:
        return tuple(cases)
    import numpy as np

    config = job.config
    adverse = [at for at, one in enumerate(decisions) if one.outcome == "adverse"]
    cause = NO_MODEL if host is None else NOBODY_TO_COMPARE
    found: dict[int, Turned] = dict.fromkeys(adverse, NoCounterfactual(cause))
    options = {
        "adverse": config.decision.adverse,
        "at_cutoff": config.decision.at_cutoff,
        # Scored with leave or not, nobody is told to be younger.
        "protected": sorted(job.protected_factors | (job.ages.factors if job.ages else frozenset())),
        "flags": sorted(job.missing_flags),
        **job.counterfactuals.model_dump(),
    }
    for reference, mine in by_reference(decisions, adverse, references):
        if host is None:
            break
        stated = [decisions[at].cutoff for at in mine]
        cutoffs = np.array([np.nan if cutoff is None else cutoff for cutoff in stated], dtype=np.float64)
        try:
            told = host.counterfactuals(take(values, mine), reference, job.codes, cutoffs, options)
        except (UsageError, ModelError) as error:  # what cannot be found is no reason to stop
            told = [NoCounterfactual(str(error))] * len(mine)
        found |= dict(zip(mine, told, strict=True))
    return tuple(replace(case, counterfactuals=found.get(at)) for at, case in enumerate(cases))
