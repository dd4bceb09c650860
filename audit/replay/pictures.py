"""An audit of pictures run again: model and pictures are held to their digests, figures to the sealed ones.

Pictures are not kept in a ledger, so they are read from the files that the config names. Where these are
no longer those of the audit, that is what differs, and no figure is compared.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from audit.config.images import load_images_config
from audit.images import explained, measured
from audit.images.prepare import environment_of_images, prepare
from audit.replay import inputs
from audit.replay.answer import Replay
from audit.replay.difference import Compared, keyed
from audit.replay.outputs import as_json

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.prepare import Tell
    from audit.record import Audit

_OTHER_FILES = "figures and findings: model or pictures are no longer those of the audit"
_OTHER_MACHINE = "figures: on another environment the last bits of a map differ"


def replay_pictures(
    ledger: Ledger, audit: Audit, *, folder: Path, config: Path | None, url: str, tell: Tell
) -> Replay:
    """Run an audit of pictures again and hold it against its record; see ``audit.replay.replay``."""
    now = environment_of_images()
    names = dict.fromkeys((*audit.environment, *now))
    pairs = ((name, audit.environment.get(name, ""), now.get(name, "")) for name in names)
    environment = tuple(pair for pair in pairs if pair[1] != pair[2])
    compared: list[Compared] = []
    if config is not None:
        compared.append(inputs.config(audit.config, load_images_config(config).resolved()))
    cannot: list[str] = []
    with prepare(dict(audit.config), ledger=url, folder=folder, tell=tell) as ready:
        model, data = inputs.model(audit.model, ready.model), Compared("data")
        data.equal("digest", audit.dataset.digest, ready.pictures.digest)
        compared += [model, data]
        if not (model.ok and data.ok):
            cannot.append(_OTHER_FILES)
        else:
            rates, figures, findings, _ = measured(ready, *explained(ready, tell), None)
            told = Compared("rates")
            old, new = (keyed(rows, "attribute", "group", "metric") for rows in (ledger.rates(audit), rates))
            for key in dict.fromkeys((*old, *new)):
                one, other = old.get(key), new.get(key)
                told.equal(f"{key[2]} {key[0]}: {key[1]}", one and one.value, other and other.value)
            judged = Compared("findings")
            before = [one.outcome for one in ledger.findings(audit)]
            judged.equal("outcomes", before, [one.outcome for one in findings])
            compared += [told, judged]
            if environment:
                cannot.append(_OTHER_MACHINE)
            else:
                drawn = Compared("figures")
                bodies = {one.name: one.body for one in figures}
                for name, figure in ledger.figures(audit).items():
                    if name != "environment":  # what it ran on is told apart
                        drawn.alike(name, figure.body, as_json(bodies.get(name)), 0.0)
                compared.append(drawn)
    return Replay(
        audit=audit.audit,
        exact=not environment,
        from_files=True,
        environment=environment,
        compared=tuple(compared),
        erased={},
        cannot=tuple(cannot),
    )
