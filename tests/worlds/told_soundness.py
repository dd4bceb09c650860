"""Whether the explanations of the audit that `told` tells hold: three figures, by hand."""

from __future__ import annotations

from typing import Any


def _share(value: float, low: float, high: float, n: int) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "n": n}


def soundness() -> dict[str, Any]:
    """Return the bodies of the three figures."""
    whole, none = _share(1.0, 0.9398, 1.0, 60), _share(0.0167, 0.0029, 0.0886, 60)

    def moved(part: float) -> dict[str, Any]:
        return _share(part, part - 0.1, part + 0.1, 60)

    def turned(part: float) -> dict[str, Any]:
        return _share(part, part - 0.08, part + 0.04, 60)

    return {
        "stability": {
            "seeds": {
                "exact": True,
                "max_difference": 0.0,
                "n": 10,
                "draws": 1,
                **dict.fromkeys(
                    ("same_set", "same_order", "same_first", "overlap"), _share(1.0, 0.7224, 1.0, 10)
                ),
            },
            "references": {
                "n": 60,
                "draws": 2,
                "same_set": _share(0.8917, 0.7883, 0.948, 60),
                "same_order": _share(0.7917, 0.6729, 0.8753, 60),
                "same_first": _share(0.975, 0.8986, 0.9943, 60),
                "overlap": _share(0.9681, 0.8883, 0.9915, 60),
            },
        },
        "faithfulness": {
            "n": 60,
            "reference_n": 386,
            "share_moved": moved(1.18),
            "turned": _share(0.9167, 0.8193, 0.9639, 60),
            "moved_more": whole,
            "against_alone": _share(0.0242, 0.0104, 0.0553, 207),
            "ranks": [
                {
                    "rank": rank,
                    "n": n,
                    "printed": {"share_moved": moved(part), "turned": turned(turns)},
                    "others": {"share_moved": moved(0.04 - 0.08 * (rank - 1)), "turned": none},
                }
                for rank, n, part, turns in ((1, 60, 0.75, 0.52), (2, 60, 1.05, 0.65), (3, 53, 1.07, 0.79))
            ],
        },
        "named_methods": {
            "n": 500,
            "declined": 1146,
            "asked": 500,
            "with": [
                {
                    "population": population,
                    "reference_n": 386,
                    "n": 500,
                    "top4_overlap": overlap,
                    "low": overlap - 0.035,
                    "high": overlap + 0.031,
                    "same_top1": 0.766,
                    "rank_correlation": 0.863,
                    "max_difference": 0.252,
                    "cause": None,
                }
                for population, overlap in (("near_cutoff", 0.832), ("all_applicants", 0.807))
            ],
        },
    }
