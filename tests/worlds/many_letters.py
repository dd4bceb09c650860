"""Many letters of one kind that differ in all that persons differ in: what a press is tried with."""

from __future__ import annotations

import datetime as dt
import random
import string
from dataclasses import replace
from itertools import count, islice
from typing import Any

from audit.record import Document, Recipient, Refusal
from reports.compiled.press import Press
from reports.letter import Letters
from reports.printing import Format
from tests.worlds import told_kinds
from tests.worlds.explained import VALUES, a_file, a_ledger, a_person, a_policy, a_reason, a_refusal
from tests.worlds.explained import some_codes as explained_codes
from tests.worlds.noticed import Remembered, a_score, a_source, some_codes, some_reasons

US = ("adverse_action", "incomplete", "fcra_notice", "risk_based_pricing", "credit_score_disclosure")
EU = ("gdpr_explanation", "ccd2_rejection", "ccd2_explanation", "ai_act_explanation")
KINDS = [(kind, lang) for kind in US for lang in ("en", "es")]
KINDS += [(kind, lang) for kind in EU for lang in ("en", "de", "fr")]
KINDS += [("uk_explanation", "en"), ("admt_response", "en")]
SPANISH = {
    "P1": "Estado de pago de su cuenta en el mes más reciente",
    "B1": "Los saldos de cuentas rotativas son demasiado altos",
    "H1": "Antigüedad de las cuentas",
    "V1": "Ingresos",
}
_REVIEW = {
    "reviewer": "Credit review",
    "authority_to_change": "true",
    "received_view": "yes",
    "outcome": "upheld",
    "reason": "The new papers show the same payments",
    "closed_at": "2026-11-25",
}
_NAMES = (
    "Jo Li",
    "Zoë Ångström",
    "Łukasz Wałęsa-Żak",
    "O’Connor & Sons",
    "Đặng Thị Hương",
    "François Œuvrard",
)
_NAMES += ("Maximiliane Freifrau von und zu Beispielhausen-Musterberg", "AVAVA TaToWa. LTyf", "I", "Σωκράτης")
_PLACES = ("1 A St", "1420 Linden Avenue, Apt 3B", "Straße des 17. Juni 135–137", "Calle Ñandú 4, 2.º izq.")
_TOWNS = ("Dayton OH 45402", "00000 Musterstadt", "L’Haÿ-les-Roses", "Łódź 90-001")
_WORDS = (
    "Loan",
    "Home improvement loan for a new roof",
    "Crédit à la consommation",
    "AV-To card «Ж»",
    "10/20",
)
# What a press must leave to WeasyPrint, or place with care: other scripts, both directions, signs that join
# or vanish, what HTML escapes, a name as wide as its window.
_STRANGE = (
    *("محمد علي", "דוד כהן", "Ali علي Smith", "王小明", "अनिल कुमार", "สมชาย", "Анна Пример", "Jo 🙂"),
    *(
        "Jo\u0308 Combining",
        "Zero\u200bWidth",
        "Soft\u00adhyphen",
        "No\u00a0break",
        "\u202eright to left",
        "ſtraße ẞ",
    ),
    *(
        "<b>Bold</b> &amp; Sons",
        '"Quoted" \\(back\\)',
        "fi fl ffi ffl",
        "{{ 7*7 }}",
        "W" * 34,
        "i" * 60,
        "A B " * 9 + "C",
    ),
)
_LONG = (
    "Loan for a new roof, new windows, a heating system and what else the house needs by the winter",
    "Bridging" * 9,
    "Κredit für 10/20 “AV-To” ¼ €",
)
_FACTORS = (
    "Level of delinquency on accounts",
    "Too many accounts with balances",
    "Proportion of balances to credit limits on bank or other revolving accounts is too high",
    "Time since most recent account opening is too short",
)


def printed(
    kind: str,
    lang: str,
    seed: int,
    *,
    press: Press | None = None,
    paper: str = "letter",
    formats: tuple[Format, ...] = ("pdf",),
    strange: bool = False,
) -> tuple[Document, ...] | Refusal:
    """Return one random letter, from a press or from WeasyPrint alone; equal seeds give equal letters.

    Parameters
    ----------
    strange : bool
        Every third of such letters has a name of another script, of signs that join, or too long, and every
        fifth a product that fills lines.
    """
    rng = random.Random(f"{kind}/{lang}/{seed}")
    ledger, recipient = (_in_us if kind in US else _elsewhere)(kind, rng)
    if strange and rng.random() < 1 / 3:
        recipient = replace(recipient, name=rng.choice(_STRANGE).strip())
    if strange and rng.random() < 1 / 5:
        ledger.filed = replace(ledger.filed, record={**ledger.filed.record, "product": rng.choice(_LONG)})
    if paper != "letter":
        ledger.config = ledger.config | {"letters": {**ledger.config.get("letters", {}), "paper": paper}}
    date = dt.date(2027, 1, 20) if kind == "admt_response" else dt.date(2026, 11, 20 + (seed % 2))
    review = _REVIEW if kind == "ccd2_explanation" else None
    letters = Letters(ledger, "latest", press=press)  # type: ignore[arg-type]
    asked: dict[str, Any] = {"date": date, "formats": formats, "kind": kind, "lang": lang, "review": review}
    return letters.render(ledger.decided, recipient, **asked)


def seeds(kind: str, lang: str, n: int, paper: str = "letter") -> list[int]:
    """Return the seeds of the first n letters that are no refusals."""

    def is_told(seed: int) -> bool:
        return isinstance(printed(kind, lang, seed, paper=paper, formats=("txt",)), tuple)

    return list(islice(filter(is_told, count(1)), n))


def _person(recipient: Recipient, rng: random.Random) -> Recipient:
    name = rng.choice(_NAMES[:-1])
    if rng.random() < 0.3:
        name = (
            "".join(rng.choices(string.ascii_letters + "éüñøç' -", k=rng.randint(3, 24))).strip(" -'") or "X"
        )
    address = (rng.choice(_PLACES), *(["Floor 2"] if rng.random() < 0.3 else []), rng.choice(_TOWNS))
    portal = rng.random() < 0.5
    return replace(
        recipient,
        name=name,
        address=address,
        channel="portal" if portal else "mail",
        esign_consent=portal,
    )


def _record(rng: random.Random) -> dict[str, str]:
    return {
        "product": rng.choice(_WORDS[:3]),
        "requested_terms": f"${rng.randint(1, 10 ** rng.randint(2, 7)):,}",
        "received_at": f"2026-11-{rng.randint(1, 13):02d}",
    }


def _in_us(kind: str, rng: random.Random) -> tuple[Remembered, Recipient]:
    ledger, recipient = told_kinds.a_world(kind)
    score = rng.randint(300, 850)
    scores = a_score(value=str(score), key_factors=tuple(rng.sample(_FACTORS, rng.randint(1, 4))))
    sources = ledger.filed.sources
    if kind == "adverse_action":
        factors = tuple(rng.sample(list(some_codes()), rng.randint(1, 4)))
        ledger.decided = replace(ledger.decided, reasons=some_reasons(factors))
        if rng.random() < 0.4:
            sources = (*sources, a_source(name="Second Bureau LLC"))
        if rng.random() < 0.3:
            sources = (*sources, a_source(kind="affiliate"))
    decision = f"APP-{rng.randint(1, 10 ** rng.randint(1, 9))}"
    ledger.filed = replace(
        ledger.filed,
        record=ledger.filed.record | _record(rng),
        bureau_scores=(scores,),
        sources=sources,
        decision=decision,
    )
    ledger.dictionary = {
        factor: replace(code, statement={**code.statement, "es": SPANISH[code.code]})
        for factor, code in some_codes().items()
    }
    return ledger, _person(recipient, rng)


def _elsewhere(kind: str, rng: random.Random) -> tuple[Remembered, Recipient]:
    values = VALUES | {
        "payments_to_income": round(rng.random() * 2, 4),
        "late_payments": float(rng.randint(0, 30)),
        "months_employed": float(rng.randint(0, 480)),
        "owns_home": float(rng.randint(0, 1)),
        "savings": rng.choice([None, round(rng.random() * 1e7, 2)]),
    }
    order = rng.sample(["debts", "arrears", "job"], rng.randint(1, 3))
    reasons = tuple(a_reason(n, factor, 0.07 / n) for n, factor in enumerate(order, start=1))
    record = _record(rng) | {"received_at": "2026-11-12"}
    stated: dict[str, Any] = {}
    if kind == "uk_explanation":
        record["jurisdiction"], stated["config"] = "uk", a_policy("uk")
    elif kind == "admt_response":
        record |= {"jurisdiction": "us", "residence": "CA", "decided_at": "2027-01-04"}
        stated["config"] = a_policy("us")
    filed = replace(a_file(record=record), inputs=values, counterfactuals=())
    stated |= {"filed": filed, "decided": a_refusal(reasons=reasons), "dictionary": explained_codes()}
    return a_ledger(**stated), _person(a_person(), rng)
