"""What letters rest on: who decides, the record, sources, bureau scores, recipients, and paper."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from audit.config.bindings import ActionBinding, Binding
from audit.config.explained import Controller, Explained
from audit.config.pricing import DistributionSection, PricingSection
from audit.config.section import (
    Address,
    Later,
    Many,
    OneOf,
    Section,
    Text,
    not_built_yet,
)
from audit.config.stated import DenialReasons

AGENCIES = ("cfpb", "occ", "frb", "fdic", "ncua", "ftc")

Role = Literal["primary", "joint", "guarantor"]


class Agency(Section):
    """A supervising agency that the pack does not list."""

    name: Text
    address: Address


def _agency(value: Any) -> str:
    return "<agency>" if isinstance(value, dict | Agency) else "<row>"


class Entity(Controller):
    """Who decides, in one jurisdiction."""

    name: Text
    address: Address | None = None
    phone: Text | None = None
    ecoa_agency: (
        Annotated[
            Annotated[Text, OneOf("agency", AGENCIES), Tag("<row>")] | Annotated[Agency, Tag("<agency>")],
            Discriminator(_agency),
        ]
        | None
    ) = None
    """A row of the pack, or {name, address} (12 CFR 1002.9(b)(1) and appendix A)."""

    dpo: Text | None = None
    """The data protection officer and how to reach them; none where there is none."""

    authority: Text | None = None
    """The supervisory authority that takes complaints."""

    review_contact: Text | None = None
    """Where a person asks for a review of the decision by a human."""

    lawful_basis: Text | None = None
    """contract, law or consent (Art. 22(2) GDPR); where a person decides, also legitimate_interests."""


def _purpose(binding: Binding) -> Binding:
    if "business" in (binding.value, binding.raw if binding.column is None else None):
        raise not_built_yet("notices for business credit", "Write consumer")
    return binding


class RecordSection(Section):
    """What a letter must know of one application; each a column or a constant."""

    action: ActionBinding | None = None
    """What happened: a column, with the meaning of its words in `values`."""

    purpose: Annotated[Binding, AfterValidator(_purpose)] | None = None
    """What it was for: consumer credit, or, for the FCRA alone, insurance, tenancy, employment or account
    (business is to come)."""

    gross_revenue_band: Annotated[Any, Later("notices for business credit")] = None
    received_at: Binding | None = None
    completed_at: Binding | None = None
    decided_at: Binding | None = None
    product: Binding | None = None
    requested_terms: Binding | None = None
    offered_terms: Binding | None = None
    """Needed for counteroffers only."""

    missing_information: Binding | None = None
    """What an incomplete application lacks; several things apart by a semicolon."""

    respond_by: Binding | None = None
    """Until when the missing information is taken."""

    pre_adverse_on: Binding | None = None
    """Employment: the day of the notice before the action (15 USC 1681b(b)(3))."""

    tier: Binding | None = None
    """The pricing tier of the terms granted, 1 the best."""

    apr: Binding | None = None
    """The annual percentage rate granted, in percent."""

    best_apr: Binding | None = None
    """The lowest annual percentage rate of that offer, in percent."""

    human_involved: Binding | None = None
    """Whether a person with the authority to change the result took part before the decision."""

    debt_advice: Binding | None = None
    """Whether a referral to debt advice is relevant (CCD2 Art. 18(9)); without it, it is."""

    residence: Binding | None = None
    """The state of the United States that the person lives in, in two letters."""

    jurisdiction: Binding | None = None
    language: Binding | None = None
    """Two letters; each kind of letter has words in some, and a house adds others with files."""

    denial_reasons: DenialReasons | None = None
    """Columns of the reasons that the lender itself stated, as HMDA codes (12 CFR 1003.4(a)(16))."""


class SourceSection(Section):
    """Where information came from."""

    kind: Literal["cra", "affiliate", "third_party", "own", "applicant"]
    name: Binding
    address: Binding | None = None
    phone: Binding | None = None
    toll_free: Binding | None = None
    nationwide: Binding | None = None
    used_when: Binding | None = None
    """A column that says whether it was used in this decision; without it, always."""

    of: Role = "primary"


class BureauScoreSection(Section):
    """A credit score that was used, with what 15 USC 1681g(f)(1)(B)-(E) asks for."""

    value: Binding
    low: Binding
    high: Binding
    created_on: Binding
    provider: Binding
    # 15 USC 1681g(f)(1)(C): key factors, at most four; inquiries come on top (1681g(f)(9)).
    key_factors: Annotated[Many[Binding], Field(min_length=1, max_length=4)]
    inquiries: Binding | None = None
    role: Literal["third_party_score", "own_score"] = "third_party_score"
    of: Role = "primary"


class RecipientsSection(Section):
    """The file of persons that letters go to; read when letters are written, never kept."""

    path: Text
    decision: Binding
    person: Binding
    role: Binding | None = None
    name: Binding
    address: Annotated[Many[Binding], Field(min_length=1)]
    channel: Binding
    esign_consent: Binding | None = None


class LettersSection(Explained):
    """What is kept of a letter, and its paper."""

    keep: Literal["words", "pdf"] = "words"
    paper: Literal["letter", "a4"] = "letter"
    letterhead: Text | None = None
    """The house's mark, an SVG or PNG file; read when letters are written."""

    templates: Text | None = None
    """A folder whose templates and words stand in for ours of the same names."""

    form: Literal["standard", "c1", "c2", "c3"] = "standard"
    """How a notice of adverse action sets its reasons: after which sample form of Regulation B."""

    public_record: bool = True
    """Whether a letter that is not mailed holds its public record as an attached JSON file."""

    pricing: PricingSection | None = None
    score_disclosure: Literal["everyone"] | None = None
    """Whether everybody who is granted credit gets the credit score disclosure (12 CFR 1022.74(e))."""

    score_distribution: DistributionSection | None = None
