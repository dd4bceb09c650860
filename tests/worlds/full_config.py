"""A config with every key that is built, and the dictionary beside it."""

from __future__ import annotations

from pathlib import Path

AUDIT_YAML = """\
audit: {name: "Card portfolio, 2026 Q4", kind: population, owner: Model Risk, as_of: 2026-11-20}
model:
  path: model.keras
  sha256: "{sha256}"
  trust: {by: A. Reviewer, reason: looked through, date: 2026-11-20}
  output: 0
  version: "4.2"
data:
  path: applications.csv
  id: application_id
  person: applicant_id
  features: [balance_to_limit, balance_missing, months_late]
  observed: {column: defaulted, adverse: 1}
  max_quarantined: 0.01
decision:
  adverse: high
  cutoff: 0.30
  at_cutoff: adverse
  taken: {column: decision, adverse: refused}
  disclosed_score: {role: not_a_credit_score, by: Counsel, date: 2026-11-20}
  stage: {column: decided_by, values: {R: rule, S: score, J: judgmental, G: gray_band}}
  rules: {column: fired, separator: "|"}
  judgment: {column: reviewed}
protected:
  sex: {column: sex, type: category, reference: male, provenance: collected}
  age: {column: age, type: integer, bands: [18, 25, 40, 62], reference: 40-61,
        permitted: {basis: "validated under 12 CFR 1002.2(p), report 7", by: Counsel, date: 2026-11-20}}
intersections: [[sex, age]]
explain:
  reasons: {method: shapley, exact_up_to: 10, at_most: 4, floor: 0.05}
  reference: {kind: near_cutoff, rows: 1000, min_rows: 50}
  also: [shap, lime, permutation_importance, partial_dependence, ice, ale, interaction, weights]
  orders: {months_late: [none, "1", "2"]}
  sample: 200
  favourable: 500
dictionary: reasons.yaml
policies: [us_ecoa_regb, us_fcra, screening]
fail_on: [not_met, error]
entities:
  us: {name: Example Credit Co., address: [500 Example Street, Sampletown], phone: 555-0100, ecoa_agency: ftc}
  eu: {name: Beispiel AG, address: Musterweg 1, dpo: d, authority: a, review_contact: r,
       lawful_basis: contract, purposes: to decide, categories: [income, payments], recipients: nobody else,
       storage: {en: three years, de: [drei Jahre, dann weg]}, transfers: none, consequences: no credit,
       human_step: an officer, review_time: within 14 days, debt_advice: Example Advice,
       databases: {Example Bureau: payments}, fairness_checks: by group, performance_checks: by quarter,
       withheld: [{what: the formula, reason: a trade secret}],
       ai_system: {role: decisive, provider: Beispiel AG, registration: none yet},
       overlays: {CO: {correction: write to us, human_review: write to us, more: call us}}}
record:
  action: {column: action, values: {A: approved, D: denied, C: counteroffer, I: incomplete, W: withdrawn}}
  purpose: consumer
  received_at: received_at
  completed_at: completed_at
  decided_at: 2026-11-19
  product: {value: Credit card}
  requested_terms: requested_terms
  offered_terms: offered_terms
  human_involved: no
  debt_advice: yes
  residence: CO
  jurisdiction: us
  language: en
  denial_reasons: {columns: [lender_reason_1, lender_reason_2], values: {DTI: 1, OTHER: 9}}
sources:
  - {kind: cra, name: Example Bureau, address: P.O. Box 0, phone: 555-0199, toll_free: true,
     nationwide: true, used_when: bureau_used, of: primary}
bureau_scores:
  - {value: fico, low: 300, high: 850, created_on: fico_date, provider: Example Bureau,
     key_factors: [k1, k2, k3, k4], inquiries: k5, role: third_party_score, of: primary}
recipients: {path: recipients.csv, decision: application_id, person: applicant_id, role: primary, name: name,
             address: [street, town], channel: mail, esign_consent: no}
slices:
  - [product_line]
  - {by: [income, region], bins: {income: [20, 50]}, values: {region: [north]}}
performance:
  thresholds: [0.1, 0.2]
  quantile_bins: 4
  search: {metric: error_rate, columns: [region, sex], at_most: 20}
  over_time: {column: decided_on, by: month, reference: 2026-01}
  baseline: {scores: old_score, cutoff: 0.3}
fairness:
  min_group: 30
  controls:
    [income_band, {column: months_late, type: number}, {column: income, type: number, bands: [0, 40000]}]
  segments: [region]
  price: {column: apr, adverse: high}
  ll144: {sex: sex, race: age, distributed_on: 2026-01-05, source: Historical data of one lender,
          leave_out_below_two_percent: Too few for a rate}
letters:
  keep: words
  paper: letter
  inputs:
    balance_to_limit: {label: {en: Balance}, source: cra, of: all}
    months_late: {label: Late, source: {en: the bureau}, values: {1: one month, "2": {en: two months}}}
  factors: {balance: {en: Balances}}
  score: {low: 0, high: 1.5, provider: Example Credit Co.}
seed: 7
"""

REASONS_YAML = """\
balance:
  columns: [balance_to_limit, balance_missing]
  code: U1
  statement: {en: Balances on revolving accounts compared with their limits}
  direction: {high: adverse}
  hmda: 3
  changeable: true
  missing: {columns: [balance_missing], statement: {en: We could not verify your balances}}
  priority: 3
  proxy: {of: age, verdict: reviewed, by: A. Reviewer, date: 2026-11-01, reason: weak likeness}
  approved: {by: A. Reviewer, date: 2026-11-02}
late:
  columns: [months_late]
  code: 7
  statement: {en: Payments made after their due date}
"""

MODEL_BYTES = b"the bytes of a model; nothing here opens them"

_COLUMNS = """
    application_id applicant_id balance_to_limit balance_missing months_late defaulted decision decided_by
    fired reviewed sex age action received_at completed_at requested_terms offered_terms bureau_used fico
    fico_date k1 k2 k3 k4 k5 lender_reason_1 lender_reason_2 product_line region income decided_on old_score
    income_band apr
"""
COLUMNS = tuple(_COLUMNS.split())
RECIPIENTS_COLUMNS = ("application_id", "applicant_id", "name", "street", "town")


def lay(folder: Path, **changes: str) -> Path:
    """Write the files into ``folder`` and return the config's path; ``changes`` replaces keys' lines.

    ``lay(folder, seed="seed: 8")`` replaces the top-level key ``seed``.
    """
    import hashlib

    text = AUDIT_YAML.replace("{sha256}", hashlib.sha256(MODEL_BYTES).hexdigest())
    for key, block in changes.items():
        text = replaced(text, key, block)
    (folder / "model.keras").write_bytes(MODEL_BYTES)
    (folder / "applications.csv").write_text(",".join(COLUMNS) + "\n")
    (folder / "recipients.csv").write_text(",".join(RECIPIENTS_COLUMNS) + "\n")
    (folder / "reasons.yaml").write_text(REASONS_YAML)
    path = folder / "audit.yaml"
    path.write_text(text)
    return path


def replaced(text: str, key: str, block: str) -> str:
    """Return the config with the block of one top-level key put in place of the old one."""
    lines, kept, inside = text.splitlines(), [], False
    for line in lines:
        starts = bool(line) and not line[0].isspace()
        if starts:
            inside = line.startswith(f"{key}:")
            if inside and block:
                kept.append(block)
        if not inside:
            kept.append(line)
    if block and not any(line.startswith(f"{key}:") for line in lines):
        kept.append(block)
    return "\n".join(kept) + "\n"
