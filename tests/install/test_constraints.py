"""`constraints.txt`: exact versions of every dependency, names only, and nothing that points anywhere."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.install.conftest import CHECKOUT

LINES = (CHECKOUT / "constraints.txt").read_text(encoding="utf-8").splitlines()
PINNED = {
    canonicalize_name(name): Version(version) for name, _, version in (line.partition("==") for line in LINES)
}
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _needed(extras: tuple[str, ...]) -> list[Requirement]:
    """Return the requirements of the project and of some of its extras, own extras resolved."""
    found = [Requirement(line) for line in PROJECT["dependencies"]]
    for extra in extras:
        for requirement in map(Requirement, PROJECT["optional-dependencies"][extra]):
            if requirement.name == PROJECT["name"]:
                found += _needed(tuple(sorted(requirement.extras)))
            else:
                found.append(requirement)
    return found


def test_it_holds_names_and_exact_versions_only() -> None:
    """Each line is `name==version`: no address, no path, no option, no hash; no name stands twice."""
    for line in LINES:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.+!]*", line), line
    assert len(PINNED) == len(LINES)
    assert sorted(LINES, key=lambda line: line.partition("==")[0].lower()) == LINES


def test_every_dependency_is_pinned_within_its_bounds() -> None:
    """Core and development dependencies are pinned, and each pin is a version that pyproject.toml allows."""
    for requirement in _needed(("dev",)):
        pin = PINNED.get(canonicalize_name(requirement.name))
        assert pin is not None, f"{requirement.name} is not pinned"
        assert requirement.specifier.contains(pin), f"{requirement} does not allow {pin}"


def test_what_the_dependencies_need_is_pinned_too() -> None:
    """Nothing that an installation brings along is left to the day it is installed."""
    environment = {key: str(value) for key, value in default_environment().items()}
    asked = [(canonicalize_name(one.name), frozenset(one.extras)) for one in _needed(("dev",))]
    seen = set()
    while asked:
        name, extras = asked.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        assert name in PINNED, f"{name} is not pinned"
        for requirement in map(Requirement, importlib.metadata.requires(name) or ()):
            marker = requirement.marker
            if marker is None or any(marker.evaluate({**environment, "extra": e}) for e in ("", *extras)):
                asked.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))


def test_the_installed_versions_are_the_pinned_ones() -> None:
    """The environment that passes these tests is the one that the constraints describe."""
    installed = {
        canonicalize_name(one.metadata["Name"]): Version(one.version)
        for one in importlib.metadata.distributions()
    }
    differing = {
        name: (str(version), str(installed[name]))
        for name, version in PINNED.items()
        if name in installed and installed[name] != version
    }
    assert differing == {}
