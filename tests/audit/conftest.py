"""Worlds that are built and audited once, for all tests that only look at them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.worlds import even_lender, joint_lender, proxy_lender, tilted_lender, tiny_group
from tests.worlds.lender import World

BUILDERS: dict[str, Callable[..., World]] = {
    "even": lambda folder, **options: even_lender.build(folder, n_profiles=40, **options),
    "tilted": lambda folder, **options: tilted_lender.build(folder, of_each=400, **options),
    "proxy": lambda folder, **options: proxy_lender.build(folder, n=400, **options),
    "tiny": lambda folder, **options: tiny_group.build(folder, n=320, **options),
    "joint": lambda folder, **options: joint_lender.build(folder, n=160, **options),
}


@dataclass
class Audited:
    """A world, and the audit of it as its ledger knows it."""

    world: World
    result: Any

    @cached_property
    def decisions(self) -> dict[str, Any]:
        """Every decision by its id as in the data."""
        from audit.ledger import Ledger

        with Ledger.open(self.result.ledger_url) as ledger:
            found = {one.decision: one for one in ledger.decisions(self.result.audit.audit)}
            ids = [row["application_id"] for row in self.world.rows]
            return {name: found[ledger.pseudonym("decision", name)] for name in ids}

    @cached_property
    def references(self) -> dict[str, Any]:
        """Every reference by its digest."""
        from audit.ledger import Ledger

        with Ledger.open(self.result.ledger_url) as ledger:
            return {one.digest: one for one in ledger.references(self.result.audit.audit)}

    def rate(self, attribute: str, group: str, metric: str = "selection_rate") -> Any:
        """Return one rate."""
        (found,) = [
            one
            for one in self.result.rates
            if (one.attribute, one.group, one.metric) == (attribute, group, metric)
        ]
        return found

    def findings(self, requirement: str) -> list[Any]:
        """Return the findings of a requirement."""
        return [one for one in self.result.findings if one.requirement == requirement]


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Audited]:
    """Return the audit of a world by its name and coding; made once."""
    import audit

    made: dict[tuple[str, str], Audited] = {}

    def of(name: str, coding: str = "high") -> Audited:
        if (name, coding) not in made:
            folder = tmp_path_factory.mktemp(f"{name}_{coding}") / "world"
            world = BUILDERS[name](folder, coding=coding)
            made[name, coding] = Audited(world, audit.run(world.config))
        return made[name, coding]

    return of


@pytest.fixture(scope="session")
def blank_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with its tables and nothing in them: what a first run makes, made once."""
    from audit.ledger.database import upgrade

    file = tmp_path_factory.mktemp("blank") / "ledger.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def fresh(tmp_path: Path, blank_ledger: Path) -> Callable[..., World]:
    """Return a world of one's own to change."""

    def of(name: str, **options: Any) -> World:
        world = BUILDERS[name](tmp_path / f"{name}{len(list(tmp_path.iterdir()))}", **options)
        shutil.copyfile(blank_ledger, world.folder / "ledger.db")
        return world

    return of
