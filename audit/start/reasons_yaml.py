"""A ``reasons.yaml`` as it is drafted: one entry a factor, words from names, nothing approved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from audit.config.blanks import blank
from audit.start.factors import Draft
from audit.start.hints import HMDA, hint_for
from audit.start.yaml_text import flow, key, quoted

HEAD = """\
# What each factor of the model is called in a letter: {n}, drafted from the names and the
# values of the columns. None of these words is approved. For each factor:
#   - do these columns belong together? One source is one factor (one-hot parts, flags, months).
#   - is the statement true of it, specific, and in words that an applicant knows? A name without a side is
#     enough ("length of residence"). "Too high" needs direction: {{high: adverse}}, and a model that does so.
#   - can the applicant change it? If not: changeable: false
#   - other languages: statement: {{en: ..., es: ...}}; codes of bureaus, each with its model:
#     bureau: [{{bureau: NAME, model: NAME, code: "10"}}]
# Then say who approved it. `plainspoken reasons check` holds all of it to Regulation B and to the model.
"""

APPROVE = (
    "{by: NAME, date: 2026-11-20} once somebody has read the statement; without this line letters are drafts"
)


def reasons_yaml(
    drafts: Sequence[Draft],
    sounds_protected: Mapping[str, str],
    *,
    taken_codes: frozenset[str] = frozenset(),
    taken_names: frozenset[str] = frozenset(),
) -> str:
    """Return the text of a dictionary.

    Parameters
    ----------
    sounds_protected : column -> the protected attribute that its name sounds like
    taken_codes, taken_names : codes and factors that are in use already
    """
    n_inputs = sum(len(draft.columns) for draft in drafts)
    lines = [HEAD.format(n=counted(len(drafts), n_inputs))]
    codes = (code for at in range(1, 10_000) if (code := f"R{at:02d}") not in taken_codes)
    for draft, code in zip(drafts, codes, strict=False):
        name = draft.factor if draft.factor not in taken_names else f"{draft.factor}_new"
        lines += [*_entry(draft, name, code, sounds_protected), ""]
    return "\n".join(lines)


def counted(n_factors: int, n_inputs: int) -> str:
    """Return how many factors of how many inputs, in words."""
    return f"{n_factors} factor{'s' * (n_factors != 1)} of {n_inputs} input{'s' * (n_inputs != 1)}"


def _entry(draft: Draft, name: str, code: str, sounds_protected: Mapping[str, str]) -> Iterator[str]:
    protected = {sounds_protected[one] for one in draft.columns if one in sounds_protected}
    yield f"{key(name)}:"
    if draft.why:
        yield f"  # {draft.why}"
    if protected:
        # 12 CFR 1002.4(a), 1002.6(b): never scored in silence.
        named = " and ".join(sorted(protected))
        yield f"  # LOOK AT THIS FIRST: the model reads what sounds like {named}. If it is, no notice may"
        yield "  # give it as a reason: where it would be one, it is held (12 CFR 1002.4(a), 1002.6(b))."
    yield f"  columns: {flow(draft.columns)}"
    yield f"  code: {code}"
    hint = hint_for(draft.columns)
    if hint is not None:
        yield from (f"  # hint: {text}" for text in hint.texts)
    if draft.said and not protected:
        yield f"  statement: {{en: {quoted(draft.said)}}}"
    else:
        what = "what it is that counted" if protected else "what this column means to an applicant"
        yield f"  statement: {blank(f'{what}, in words for a letter')}"
    if hint is not None and hint.hmda is not None:
        yield f"  # hmda: {hint.hmda}  # {HMDA[hint.hmda]}, for the register under 12 CFR 1003.4(a)(16)"
    if draft.flags or draft.gaps:
        # R12: what is missing speaks as missing.
        columns = draft.flags or draft.gaps
        said = draft.said[:1].lower() + draft.said[1:] if draft.said else ""
        words = quoted(f"Unable to verify {said}") if said else blank("what could not be verified, in words")
        yield f"  missing: {{columns: {flow(columns)}, statement: {{en: {words}}}}}"
    yield f"  approved: {blank(APPROVE)}"
