"""A batch under a release: is it the model, dictionary, cutoff, method and reference that were accepted?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audit.config import Config, Inspection
from audit.config.explain import ReasonsSection
from audit.config.nearest import listed
from audit.config.reader import Loc
from audit.errors import Fault
from audit.record import ReasonCode

_PINNED_DECISION = ("adverse", "cutoff", "at_cutoff")


def release_faults(
    config: Config, codes: Sequence[ReasonCode] | None, inspection: Inspection
) -> Iterator[Fault]:
    """Yield what differs from the accepted audit.

    Parameters
    ----------
    codes : sequence of ReasonCode, or None
        The dictionary as it is read now; None where there is none, or it has faults of its own.
    """
    accepted = inspection.release
    if accepted is None:
        return
    name, ours = accepted.audit[:12], config.resolved()
    way_out = "Bring back what was accepted, or have an audit of the new one accepted and name it here"
    digest = inspection.model_digest
    if digest is not None and digest != accepted.model_digest:
        fact = (
            f"release {name} is of another model (got {digest[:16]}, accepted {accepted.model_digest[:16]})"
        )
        yield config.lines.fault(_at(config, ("model", "path")), fact, way_out)
    output = (ours["model"] or {}).get("output")
    if output != accepted.output:
        fact = f"release {name} reads output {accepted.output!r} of the model (got {output!r})"
        yield config.lines.fault(_at(config, ("model", "output")), fact, way_out)
    if codes is not None and tuple(codes) != accepted.codes:
        fact = f"release {name} has another dictionary ({_factors(codes, accepted.codes)})"
        yield config.lines.fault(_at(config, ("dictionary",)), fact, way_out)
    for key in _PINNED_DECISION:
        if ours["decision"][key] != accepted.decision[key]:
            fact = f"release {name} has {accepted.decision[key]!r} (got {ours['decision'][key]!r})"
            yield config.lines.fault(_at(config, ("decision", key)), fact, way_out)
    for key, value in ours["explain"]["reasons"].items():
        # A key that the release's program did not know yet had the value that it has without a word.
        then = accepted.reasons.get(key, ReasonsSection.model_fields[key].default)
        if value != then:
            fact = f"release {name} has {then!r} (got {value!r})"
            yield config.lines.fault(_at(config, ("explain", "reasons", key)), fact, way_out)
    pinned = config.explain.reference.pinned
    if pinned is not None and pinned.sha256 not in accepted.references:
        fact = (
            f"release {name} compared with others (its references: {listed(accepted.references) or 'none'})"
        )
        here = ("explain", "reference", "pinned", "sha256")
        yield config.lines.fault(_at(config, here), fact, way_out)


def _at(config: Config, loc: Loc) -> Loc:
    """Return the place where the config says it; where the release does, that of the release."""
    return loc if loc in config.lines.known or not config.lines.known else ("release",)


def _factors(ours: Sequence[ReasonCode], theirs: Sequence[ReasonCode]) -> str:
    now, then = ({one.factor: one for one in codes} for codes in (ours, theirs))
    differ = [name for name in {**then, **now} if now.get(name) != then.get(name)]
    return f"factors {listed(differ)}" if differ else "its factors stand in another order"
