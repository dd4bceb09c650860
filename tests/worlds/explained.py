"""One refused applicant in Europe, all of whose facts are known: the records that explaining letters need.

It stands on ``noticed``: the same decision and ledger, under European law, with what its letters ask for
besides. Every field can be taken away or changed one at a time.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from audit.record import (
    CaseFile,
    Change,
    Counterfactual,
    Decision,
    DroppedReason,
    Reason,
    ReasonCode,
    Recipient,
    Source,
)
from tests.worlds.noticed import Remembered, a_case, a_code, a_decision, a_recipient

STATEMENTS: dict[str, tuple[str, dict[str, str]]] = {
    "debts": (
        "D1",
        {
            "en": "Your monthly payments on other loans compared with your income",
            "de": "Ihre monatlichen Raten für andere Kredite im Verhältnis zu Ihrem Einkommen",
            "fr": "Vos mensualités pour d'autres crédits par rapport à vos revenus",
        },
    ),
    "arrears": (
        "A1",
        {
            "en": "Payments that you made after their due date in the last two years",
            "de": "Zahlungen, die in den letzten zwei Jahren nach ihrer Fälligkeit eingingen",
            "fr": "Vos paiements effectués après leur échéance au cours des deux dernières années",
        },
    ),
    "job": (
        "J1",
        {
            "en": "How long you have been with your employer",
            "de": "Die Dauer Ihrer Beschäftigung bei Ihrem Arbeitgeber",
            "fr": "La durée de votre emploi auprès de votre employeur",
        },
    ),
    "home": (
        "H1",
        {
            "en": "How long you have lived at your address",
            "de": "Wie lange Sie an Ihrer Anschrift wohnen",
            "fr": "Depuis quand vous habitez à votre adresse",
        },
    ),
}

INPUTS: dict[str, dict[str, Any]] = {
    "payments_to_income": {
        "label": {
            "en": "Monthly payments on other loans as a share of income",
            "de": "Anteil der monatlichen Raten für andere Kredite am Einkommen",
            "fr": "Part des mensualités d'autres crédits dans les revenus",
        },
        "source": "derived",
    },
    "late_payments": {
        "label": {
            "en": "Payments after their due date, last two years",
            "de": "Zahlungen nach Fälligkeit, letzte zwei Jahre",
            "fr": "Paiements après échéance, deux dernières années",
        },
        "source": "cra",
    },
    "months_employed": {
        "label": {
            "en": "Months with your employer",
            "de": "Monate bei Ihrem Arbeitgeber",
            "fr": "Mois auprès de votre employeur",
        },
        "source": "applicant",
    },
    "owns_home": {
        "label": {
            "en": "Whether you own your home",
            "de": "Ob Ihnen Ihre Wohnung gehört",
            "fr": "Si vous êtes propriétaire de votre logement",
        },
        "source": "applicant",
        "values": {
            "1": {"en": "yes", "de": "ja", "fr": "oui"},
            "0": {"en": "no", "de": "nein", "fr": "non"},
        },
    },
    "savings": {
        "label": {
            "en": "Savings with us, in euros",
            "de": "Guthaben bei uns, in Euro",
            "fr": "Épargne chez nous, en euros",
        },
        "source": "own",
    },
}
VALUES = {
    "payments_to_income": 0.4725,
    "late_payments": 3.0,
    "months_employed": 7.0,
    "owns_home": 1.0,
    "savings": None,
}
FACTORS = {
    "home": ("owns_home",),
    "debts": ("payments_to_income",),
    "arrears": ("late_payments",),
    "job": ("months_employed",),
    "savings": ("savings",),
}


def some_codes() -> dict[str, ReasonCode]:
    """Return the dictionary: four factors with statements in three languages, and one without a reason."""
    codes = {
        factor: a_code(factor, code, "", columns=FACTORS[factor], statement=words, missing_statement={})
        for factor, (code, words) in STATEMENTS.items()
    }
    more = {"en": "Savings", "de": "Guthaben", "fr": "Épargne"}
    return codes | {"savings": a_code("savings", "S1", "", columns=("savings",), statement=more)}


def a_reason(rank: int, factor: str, contribution: float) -> Reason:
    """Return a reason with its English statement, as it was ranked and sealed."""
    code, words = STATEMENTS[factor]
    return Reason(rank, code, factor, words["en"], contribution)


def a_refusal(**changes: Any) -> Decision:
    """Return a decision by score alone: three reasons, a factor that helped, one that did not count."""
    made = a_decision(
        persons=a_decision().persons[:1],
        reasons=(a_reason(1, "debts", 0.07), a_reason(2, "arrears", 0.05), a_reason(3, "job", 0.02)),
        dropped=(DroppedReason("home", -0.03, "helped"), DroppedReason("savings", 0.0, "helped")),
    )
    return replace(made, **changes)


def a_database(**changes: Any) -> Source:
    """Return a credit database that was consulted about the first applicant."""
    made = Source("cra", "Musterauskunft GmbH", "Beispielallee 12, 00000 Musterstadt", "+49 000 5550199")
    return replace(made, **changes)


TURNED = (
    Counterfactual((Change("late_payments", 3.0, 1.0),), ("arrears",), 0.41, 0.28, 1.2),
    Counterfactual(
        (Change("months_employed", 7.0, 18.5), Change("payments_to_income", 0.4725, 0.31)),
        ("job", "debts"),
        0.41,
        0.2996,
        2.4,
    ),
)

RECORD = {
    "received_at": "2026-11-12",
    "completed_at": "2026-11-13",
    "decided_at": "2026-11-20",
    "product": "Ratenkredit",
    "requested_terms": "8.000 € · 48 Monate",
    "purpose": "consumer",
    "human_involved": "false",
    "jurisdiction": "eu",
    "language": "en",
}


def a_file(*, without: str | None = None, record: dict[str, str] | None = None, **changes: Any) -> CaseFile:
    """Return the case file, its record changed by ``record`` and without one field."""
    fields = {key: value for key, value in (RECORD | (record or {})).items() if key != without}
    made = replace(
        a_case(),
        record=fields,
        sources=(a_database(),),
        bureau_scores=(),
        inputs=VALUES,
        counterfactuals=TURNED,
    )
    return replace(made, **changes)


def a_person(**changes: Any) -> Recipient:
    """Return the first applicant's address."""
    return a_recipient(
        **{"name": "Erika Beispiel", "address": ("Musterweg 7", "00000 Musterstadt"), **changes}
    )


LENDER: dict[str, Any] = {
    "name": "Beispielbank AG",
    "address": "Am Mustermarkt 1\n00000 Musterstadt",
    "phone": "+49 000 5550100",
    "dpo": "datenschutz@beispielbank.example",
    "authority": "Landesbeauftragte für den Datenschutz, Musterstraße 3, 00000 Musterstadt",
    "review_contact": "pruefung@beispielbank.example, +49 000 5550142",
    "lawful_basis": "contract",
    "review_time": {"en": "within 14 days", "de": "innerhalb von 14 Tagen", "fr": "sous 14 jours"},
    "purposes": {
        "en": "To decide on applications for credit",
        "de": "Entscheidung über Kreditanträge",
        "fr": "Décider des demandes de crédit",
    },
    "categories": {
        "en": ["Income and spending", "Payment history", "Employment and home"],
        "de": ["Einkommen und Ausgaben", "Zahlungsverhalten", "Beschäftigung und Wohnung"],
        "fr": ["Revenus et dépenses", "Historique de paiement", "Emploi et logement"],
    },
    "recipients": {
        "en": "Musterauskunft GmbH, to learn of your payment history",
        "de": "Musterauskunft GmbH, um Ihr Zahlungsverhalten zu erfragen",
        "fr": "Musterauskunft GmbH, pour connaître votre historique de paiement",
    },
    "storage": {
        "en": "Three years after the decision",
        "de": "Drei Jahre nach der Entscheidung",
        "fr": "Trois ans après la décision",
    },
    "debt_advice": {
        "en": ["Debt advice Musterstadt, Rathausplatz 2, free of charge", "+49 000 5550177"],
        "de": ["Schuldnerberatung Musterstadt, Rathausplatz 2, kostenlos", "+49 000 5550177"],
        "fr": ["Conseil en endettement Musterstadt, Rathausplatz 2, gratuit", "+49 000 5550177"],
    },
    "databases": {
        "Musterauskunft GmbH": {
            "en": ["Late payments", "Loans and cards"],
            "de": ["Zahlungsstörungen", "Kredite und Karten"],
            "fr": ["Retards de paiement", "Crédits et cartes"],
        }
    },
    "withheld": [
        {
            "what": {
                "en": "The exact formula of the score",
                "de": "Die genaue Formel des Scores",
                "fr": "La formule exacte du score",
            },
            "reason": {
                "en": "It is a trade secret; how it treated your data stands in this letter",
                "de": "Geschäftsgeheimnis; wie sie mit Ihren Daten umging, steht in diesem Schreiben",
                "fr": "Secret d'affaires ; la façon dont elle a traité vos données figure dans cette lettre",
            },
        }
    ],
    "ai_system": {"role": "decisive", "provider": "Beispielbank AG", "registration": "EU-AI-000000"},
}


def a_policy(entity: str = "eu", *, letters: dict[str, Any] | None = None, **lender: Any) -> dict[str, Any]:
    """Return the sealed config, the lender's entry changed by ``lender`` (None takes a key away)."""
    stated = {key: value for key, value in (copy.deepcopy(LENDER) | lender).items() if value is not None}
    paper = {"paper": "a4", "inputs": copy.deepcopy(INPUTS), "score": {"low": 0, "high": 1}}
    return {
        "entities": {entity: stated},
        "decision": {"adverse": "high", "at_cutoff": "adverse"},
        "explain": {"reference": {"kind": "near_cutoff"}},
        "protected": {"sex": {"column": "SEX"}, "age_band": {"column": "age"}},
        "data": {"person": "applicant_id", "id": "application_id"},
        "letters": {**paper, **(letters or {})},
    }


def a_ledger(**changes: Any) -> Remembered:
    """Return a ledger of this one decision."""
    made = {
        "config": a_policy(),
        "decided": a_refusal(),
        "filed": a_file(),
        "dictionary": some_codes(),
        "texts": {},
    }
    return Remembered(**{**made, **changes})
