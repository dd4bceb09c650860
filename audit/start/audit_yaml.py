"""An ``audit.yaml`` as it is drafted: what the files tell, and places for what only a person can."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from audit.config.blanks import blank
from audit.config.letters import AGENCIES
from audit.start.roles import Roles
from audit.start.scored import Cut, Orientation
from audit.start.table import Table
from audit.start.yaml_text import flow, key, quoted


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that a draft of a config rests on."""

    name: str
    as_of: dt.date
    model_path: str
    model_is: str  # in words: "keras, 16 inputs, output probability"
    data_path: str
    table: Table
    inputs: tuple[str, ...]
    named_by_model: bool
    roles: Roles
    orientation: Orientation
    low: float
    high: float
    cut: Cut | None = None
    output: int | str = 0
    sha256: str | None = None  # pinned where opening the model runs code
    trust: tuple[str, str] | None = None  # by, reason
    same_scores: tuple[str, ...] = ()  # columns that order people as the model does


def audit_yaml(found: Found) -> str:
    """Return the text of the config."""
    parts = (_head, _model, _data, _decision, _protected, _explain, _policies, _letters)
    return "\n".join(line for part in parts for line in part(found)) + "\n"


def _comment(text: str, indent: int = 0) -> list[str]:
    return [f"{' ' * indent}# {line}" for line in textwrap.wrap(text, 104 - indent)]


def _head(found: Found) -> Iterator[str]:
    rows = f"{found.table.n:,} rows" if found.table.whole else f"the first {found.table.n:,} rows"
    yield from _comment(
        f"Drafted by plainspoken init from the model and from {rows} of {found.table.name}. What only a "
        "person can know stands as <complete: ...>, and `plainspoken check` names each such line until it is "
        "written. What was guessed says how: read it as a proposal."
    )
    yield "audit:"
    yield f"  name: {quoted(found.name)}"
    yield "  kind: population"
    yield f"  owner: {blank('who answers for this audit')}"
    yield f"  as_of: {found.as_of}  # the day whose law is in force"


def _model(found: Found) -> Iterator[str]:
    yield "model:"
    yield f"  path: {quoted(found.model_path)}  # {found.model_is}"
    if found.output != 0:
        yield f"  output: {found.output if isinstance(found.output, int) else quoted(found.output)}"
    if found.sha256 is not None:
        yield f"  sha256: {found.sha256}"
    if found.trust is not None:
        by, reason = found.trust
        yield f"  trust: {{by: {quoted(by)}, reason: {quoted(reason)}, date: {found.as_of}}}"


def _data(found: Found) -> Iterator[str]:
    roles = found.roles
    yield "data:"
    yield f"  path: {quoted(found.data_path)}"
    if roles.id is not None:
        yield f"  id: {quoted(roles.id)}  # guessed from its name: it differs in every row"
    else:
        yield from _comment("No column that is called an id differs in every row.", 2)
        yield f"  id: {blank('the column that names one decision; add one to the data where there is none')}"
    if roles.person is not None:
        yield f"  person: {quoted(roles.person)}  # guessed from its name"
    if not found.named_by_model:
        yield from _comment(
            "The model does not name its inputs. These are the columns that nothing else was found for, in "
            "the order of the data: MAKE SURE that it was trained on them in this order.",
            2,
        )
    heard = [one for one in found.inputs if one in roles.sounds_protected]
    for one in heard:
        said = roles.sounds_protected[one]
        yield f"  # LOOK AT THIS FIRST: the model reads {one}, which sounds like {said}."
    yield f"  features: {flow(found.inputs, indent=12)}"
    yield from _observed(found)
    yield "  max_quarantined: 0.01"


def _observed(found: Found) -> Iterator[str]:
    labels = found.roles.observed
    if len(labels) == 1:
        (one,) = labels
        adverse = (
            quoted(one.adverse)
            if one.adverse is not None
            else blank(f"which of {' and '.join(one.values)} is the bad one")
        )
        yield "  # What really happened; guessed from names."
        yield f"  observed: {{column: {quoted(one.column)}, adverse: {adverse}}}"
        return
    if labels:
        yield from _comment(f"It may be {' or '.join(one.column for one in labels)}.", 2)
    wanted = "{column: NAME, adverse: VALUE} of what really happened; remove this line where it is not known"
    yield f"  observed: {blank(wanted)}"


def _decision(found: Found) -> Iterator[str]:
    seen, span = found.orientation, f"scores here run from {found.low:.4g} to {found.high:.4g}"
    yield "decision:"
    if seen.adverse is not None:
        yield from _comment(f"Guessed: {seen.how}.", 2)
        yield f"  adverse: {seen.adverse}"
    else:
        yield from _comment(f"Not guessed: {seen.how}.", 2)
        yield f"  adverse: {blank('high or low: which scores are bad')}"
    taken = found.roles.taken
    if found.cut is not None and found.cut.value is not None and taken is not None:
        yield from _comment(
            f"Guessed: it gives {found.cut.agrees:.1%} of the decisions in {taken.column} again; {span}.", 2
        )
        yield f"  cutoff: {found.cut.value!r}"
    else:
        yield f"  cutoff: {blank(f'the score past which an application is refused ({span})')}"
    yield "  at_cutoff: adverse"
    if taken is not None and taken.adverse is not None:
        yield "  # The decision really taken; guessed from its words."
        yield f"  taken: {{column: {quoted(taken.column)}, adverse: {quoted(taken.adverse)}}}"
    for one in found.same_scores:
        yield f"  # {one} orders the applicants as the model's scores do."


def _protected(found: Found) -> Iterator[str]:
    roles = found.roles
    yield from _comment(
        "Proposed from names, for rates to be compared over. The reference is the group that all others are "
        "compared with (the largest one here; of ages the band before the last): state your own."
    )
    if roles.protected:
        yield "protected:"
    for one in roles.protected:
        bands = f", bands: [{', '.join(map(str, one.bands))}]" if one.bands else ""
        yield (
            f"  {key(one.name)}: {{column: {quoted(one.column)}, type: {one.type}{bands}, "
            f"reference: {quoted(one.reference)}, provenance: collected}}"
        )
    if not roles.protected:
        yield "#protected:"
        yield "#  sex: {column: NAME, type: category, reference: GROUP, provenance: collected}"
    used = {one.column for one in roles.protected}
    for column, said in roles.sounds_protected.items():
        if column not in used:
            yield f"  # {column} sounds like {said} too: one group alone, or too many, so it is not proposed."
    for column in roles.stands_for:
        yield f"  # {column} may stand for where somebody lives or comes from: mind it as a likeness."


def _explain(found: Found) -> Iterator[str]:
    yield "explain:"
    yield "  reasons: {method: shapley, exact_up_to: 10, at_most: 4, floor: 0.05}"
    yield "  reference: {kind: near_cutoff, rows: 1000, min_rows: 50}  # Regulation B's first method"
    yield "dictionary: reasons.yaml"


def _policies(found: Found) -> Iterator[str]:
    yield from _comment(
        "Where a consumer report was used add us_fcra, with sources, bureau_scores and "
        "decision.disclosed_score; `plainspoken packs` lists what there is."
    )
    yield "policies: [us_ecoa_regb, screening]"


def _letters(found: Found) -> Iterator[str]:
    dates = found.roles.dates
    yield "entities:"
    yield "  us:"
    yield f"    name: {blank('the creditor, as letters name it')}"
    yield f"    address: {blank('its address, as letters print it')}"
    agencies = ", ".join(AGENCIES)
    supervisor = f"the agency that supervises it: {agencies}, or {{name: NAME, address: ADDRESS}}"
    yield f"    ecoa_agency: {blank(supervisor)}"
    yield "record:  # what letters must know; each a column of the data or a constant"
    yield "  purpose: {value: consumer}"
    for name in ("received_at", "completed_at", "decided_at"):
        if name in dates:
            yield f"  {name}: {quoted(dates[name])}  # guessed from its name"
        else:
            yield f"  #{name}: COLUMN"
    product = found.roles.product
    yield (
        f"  product: {quoted(product)}  # guessed from its name"
        if product
        else "  #product: {value: Personal loan}"
    )
    yield "  #requested_terms: COLUMN"
    yield "  jurisdiction: us"
    yield "  language: en"
    yield "#recipients: {path: recipients.csv, decision: COLUMN, person: COLUMN, name: COLUMN,"
    yield "#             address: [COLUMN], channel: mail}"
