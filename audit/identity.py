"""What makes an audit this one and no other, and what it ran on.

An audit's id is the digest of everything that its result depends on. So the same audit resumes or is
found, and another model, dictionary, policy, reference, data, program or slot makes another.
"""

from __future__ import annotations

import datetime as dt
import platform
import sys
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from audit.processor import processor
from audit.record import Audit

if TYPE_CHECKING:
    from audit.job import Job
    from audit.prepare import Ready

_PACKAGES = (
    "plainspoken", "tensorflow", "keras", "shap", "lime", "scikit-learn", "scipy", "numpy", "polars",
    "sqlalchemy", "cryptography", "jinja2", "weasyprint", "xgboost-cpu", "lightgbm", "onnx", "onnxruntime",
    "numba", "llvmlite",
)  # fmt: skip


def head(ready: Ready, *, slot: str, again: int, demonstration: str | None, opened_at: dt.datetime) -> Audit:
    """Return the audit as it opens; its id is the digest of everything that its result depends on."""
    from audit.ledger.seal import digest_of_json, run_id

    config = ready.config
    resolved = config.resolved()
    program = _version("plainspoken")
    parts = {
        "config": digest_of_json(resolved),
        "dictionary": digest_of_json([repr(code) for code in ready.job.codes]),
        "policies": digest_of_json([f"{pack.name} {pack.digest}" for pack in ready.policy.packs]),
        "reference": ready.pinned.reference.digest if ready.pinned is not None else "chosen",
        "model": ready.model.digest,
        "data": ready.dataset.digest,
        "persons": _digest_of_persons(ready.job),
        "program": program,
        "slot": slot,
        "again": str(again),
        "demonstration": demonstration or "",
    }
    parts |= _digests_of_files(ready)
    return Audit(
        audit=run_id(parts),
        name=config.audit.name,
        kind=config.audit.kind,
        owner=config.audit.owner,
        as_of=config.audit.as_of,
        model=ready.model,
        dataset=ready.dataset,
        config=resolved,
        slot=slot,
        again=again,
        seed=config.seed,
        program=program,
        opened_at=opened_at,
        environment=environment(),
    )


def _digests_of_files(ready: Ready) -> dict[str, str]:
    """Return digests of the census tables and of the function that trains; nothing where there are none."""
    from audit.data.estimated import digest
    from audit.models import stated_digest

    config, fairness = ready.config, ready.config.fairness
    files = fairness.bisg.files if fairness.bisg is not None else {}
    found = {f"bisg {place}": digest(config.file(name)) for place, name in files.items()}
    if fairness.retrain is not None:
        found["retrain"] = stated_digest(fairness.retrain, config.folder) or ""
    return found


def _digest_of_persons(job: Job) -> str:
    """Return a digest of who takes part in which decision: joint applicants have letters of their own."""
    from audit.ledger.seal import digest_of_json

    listed = [
        [decision, *(f"{one.role} {one.person}" for one in job.persons[decision])]
        for decision in sorted(job.persons)
    ]
    return digest_of_json(listed)


def environment() -> dict[str, str]:
    """Return what a replay must match: versions of what computes, and the kind of machine."""
    packages = {name: _version(name) for name in _PACKAGES}
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "byteorder": sys.byteorder,
        **processor(),
        **{name: found for name, found in packages.items() if found},
    }


@lru_cache(maxsize=64)
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
