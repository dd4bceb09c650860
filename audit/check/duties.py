"""What the policies in force ask of the config itself."""

from __future__ import annotations

from collections.abc import Iterator

from audit.config import Config
from audit.errors import ConfigError, Fault
from audit.policy import load_policy


def duty_faults(config: Config) -> Iterator[Fault]:
    """Yield faults of the policies, and what they need and the config does not say."""
    try:
        policy = load_policy(config.policies, config.audit.as_of, config.folder)
    except ConfigError as error:
        yield from (_at_home(config, fault) for fault in error.faults)
        in_force = frozenset(config.policies)
    else:
        in_force = frozenset(pack.name for pack in policy.packs)
    if "us_ecoa_regb" in in_force:
        yield from _agency(config)
    if "us_fcra" in in_force:
        yield from _disclosed_score(config)


def _at_home(config: Config, fault: Fault) -> Fault:
    """Return a fault about a policy's name as one of the config's line that gives it."""
    if fault.line is not None or fault.place not in config.policies:
        return fault
    index = config.policies.index(fault.place)
    return config.lines.fault(("policies", index), fault.fact, fault.way_out)


def _agency(config: Config) -> Iterator[Fault]:
    # 12 CFR 1002.9(b)(1): the notice names the Federal agency that administers compliance.
    entity = config.entities.get("us")
    if entity is None or entity.ecoa_agency is None:
        loc = ("entities",) if entity is None else ("entities", "us")
        fact = "us_ecoa_regb is in force, and no agency is named that supervises the creditor"
        yield config.lines.fault(
            (*loc, "ecoa_agency") if entity else loc,
            fact,
            "Add entities.us.ecoa_agency: cfpb, occ, frb, fdic, ncua, ftc or {name, address}",
        )


def _disclosed_score(config: Config) -> Iterator[Fault]:
    # 15 USC 1681g(f)(2)(A): whether the lender's own score is a credit score is counsel's to say.
    if config.model is not None and config.decision.disclosed_score is None:
        fact = "us_fcra is in force, and nobody says whether the model's score is a credit score"
        way_out = "Add {role: not_a_credit_score or credit_score, by: …, date: …}"
        yield config.lines.fault(("decision", "disclosed_score"), fact, way_out)
