"""The first half of an audit of pictures: from a config to pictures that the model has classified.

Nothing here writes: every fault of config, pictures and model is named before a ledger is touched.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audit import host as holding
from audit.config.images import ImagesConfig, load_images_config
from audit.data.pictures import Pictures, read_pictures, targets_of
from audit.errors import AuditError, ConfigError, Fault, ModelError, UsageError
from audit.host import Host, Order
from audit.identity import environment
from audit.ledger.files import files_of
from audit.models import as_trust
from audit.places import ledger_url
from audit.policy import load_policy
from audit.record import Audit, Dataset, Model, Policy

if TYPE_CHECKING:
    from numpy.typing import NDArray

Tell = Callable[[str, int, int], None]

AT_ONCE = 8 << 20  # numbers of one message to the model
_LIBRARIES = ("saliency", "scikit-image", "pillow")  # compute here, beside those of every audit


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """Pictures, what they show, and what the model says that they show.

    Parameters
    ----------
    targets : int64[n], the class that each label stands for
    scores : float64[n, classes], the model's own
    """

    config: ImagesConfig
    policy: Policy
    model: Model
    host: Host
    pictures: Pictures
    targets: NDArray[np.int64]
    scores: NDArray[np.float64]

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The class of the highest score; of equal ones the first."""
        found: NDArray[np.int64] = self.scores.argmax(axis=1)
        return found

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the outputs."""
        return self.config.data.classes or tuple(map(str, range(self.scores.shape[1])))

    @property
    def baseline(self) -> float:
        """The value of every pixel of the picture that shows nothing."""
        low, high = self.pictures.low, self.pictures.high
        return {"black": low, "white": high, "gray": (low + high) / 2}[self.config.explain.baseline]

    def sample(self) -> NDArray[np.int64]:
        """Return which pictures are explained: drawn by the seed, in the order of their ids."""
        n = len(self.targets)
        draw = np.random.default_rng([self.config.seed, n])
        return np.sort(draw.choice(n, size=min(n, self.config.explain.sample), replace=False))

    def __enter__(self) -> Ready:
        return self

    def __exit__(self, *_: object) -> None:
        self.host.close()


def prepare(
    source: str | Path | Mapping[str, Any],
    *,
    ledger: str | None = None,
    folder: Path | None = None,
    tell: Tell | None = None,
) -> Ready:
    """Read what an audit of pictures rests on, and let the model classify all of them.

    Raises
    ------
    ConfigError
        With file, line and place: a key, a file, a picture or a label that does not fit.
    ModelError, PolicyError
    """
    config = load_images_config(source, folder=folder)
    section = config.model
    host = holding.start(
        Order(
            path=section.path,
            folder=config.folder,
            trust=as_trust(section.trust),
            sha256=section.sha256,
            # A model that could look its pictures up would know more of them than it is asked about.
            hidden=(config.file(config.data.path), *files_of(ledger_url(ledger, config.folder))),
            reads="pictures",
        )
    )
    try:
        return _ready(config, host, tell or (lambda stage, done, total: None))
    except BaseException:
        host.close()
        raise


def _ready(config: ImagesConfig, host: Host, tell: Tell) -> Ready:
    policy = load_policy(config.policies, config.audit.as_of, config.folder)
    pictures = read_pictures(config)
    try:
        model = host.model()
    except ModelError as error:
        raise ConfigError(_fault(config, ("model", "path"), error)) from None
    try:
        scores = classified(host, pictures.images, tell)
    except UsageError as error:
        raise ConfigError(_fault(config, ("data", "path"), error)) from None
    targets = np.array(targets_of(config, pictures.labels, scores.shape[1]), dtype=np.int64)
    if config.model.version is not None:
        model = replace(model, version=config.model.version)
    return Ready(config, policy, model, host, pictures, targets, scores)


def classified(host: Host, images: NDArray[np.float32], tell: Tell) -> NDArray[np.float64]:
    """Return float64[n, classes], asked for a few pictures at a time."""
    size = max(1, AT_ONCE // int(np.prod(images.shape[1:])))
    found = []
    for begin in range(0, len(images), size):
        found.append(host.classify(images[begin : begin + size]))
        tell("classify", min(len(images), begin + size), len(images))
    return np.concatenate(found)


def head(ready: Ready, *, slot: str, again: int, opened_at: dt.datetime) -> Audit:
    """Return the audit as it opens; its id is the digest of everything that its result depends on."""
    from audit.ledger.seal import digest_of_json, run_id

    config, pictures = ready.config, ready.pictures
    resolved, found = config.resolved(), environment_of_images()
    parts = {
        "config": digest_of_json(resolved),
        "policies": digest_of_json([f"{pack.name} {pack.digest}" for pack in ready.policy.packs]),
        "model": ready.model.digest,
        "data": pictures.digest,
        "program": found["plainspoken"],
        "slot": slot,
        "again": str(again),
    }
    size = " x ".join(map(str, pictures.images.shape[1:]))
    return Audit(
        audit=run_id(parts),
        name=config.audit.name,
        kind="images",
        owner=config.audit.owner,
        as_of=config.audit.as_of,
        model=ready.model,
        dataset=Dataset(
            pictures.digest, Path(config.data.path).name, len(pictures.ids), (f"pictures of {size}",)
        ),
        config=resolved,
        slot=slot,
        again=again,
        seed=config.seed,
        program=found["plainspoken"],
        opened_at=opened_at,
        environment=environment_of_images(),
    )


def environment_of_images() -> dict[str, str]:
    """Return what a replay must match: that of every audit, and the libraries that cut pictures."""
    found = environment()
    for name in _LIBRARIES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _fault(config: ImagesConfig, loc: tuple[str, ...], error: AuditError) -> Fault:
    """Return an error of the model's process as a fault of the line that names what is at fault."""
    _, _, rest = str(error).partition(": ")
    fact, _, way_out = rest.removesuffix(".").rpartition(". ")
    return config.lines.fault(loc, fact or way_out, way_out if fact else "Correct it and start again")
