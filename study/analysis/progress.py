"""How far a study is, as tables: coverage by what is compared, raters with their flags, and what each is owed."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pandas as pd

from study.assignment import CheckResult
from study.design import Design
from study.records import ACTIVE, Step
from study.tables import lookup

BY: dict[str, str] = {
    "pair": "Pair of systems",
    "profile": "Profile",
    "tag": "Tag",
    "comparison": "Comparison",
}
OUTCOMES = {"screened_out": "screen_out", "ended": "failure"}


def coverage_table(coverage: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return how many of the places are filled, by a part of the study.

    Parameters
    ----------
    coverage : DataFrame
        Of ``store.coverage``.
    by : {"pair", "profile", "tag", "comparison"}

    Returns
    -------
    DataFrame
        group, comparisons, filled (comparisons at their overlap), judged, places, share (of places).
    """
    lookup(BY, by, "grouping")
    frame = coverage.assign(group=_groups(coverage, by)).explode("group").dropna(subset="group")
    frame = frame.assign(
        filled=frame["judged"] >= frame["places"], kept=frame[["judged", "places"]].min(axis=1)
    )
    table = frame.groupby("group", sort=True).agg(
        comparisons=("comparison_id", "size"),
        filled=("filled", "sum"),
        judged=("judged", "sum"),
        places=("places", "sum"),
        kept=("kept", "sum"),
    )
    table["share"] = table.pop("kept") / table["places"]
    return table.reset_index()


def _groups(coverage: pd.DataFrame, by: str) -> pd.Series:
    if by == "pair":
        pairs = zip(coverage["system_a"], coverage["system_b"], strict=True)
        return pd.Series([" – ".join(sorted(pair)) for pair in pairs], index=coverage.index, dtype=object)
    if by == "tag":
        tags = [[f"{name}: {value}" for name, value in json.loads(text).items()] for text in coverage["tags"]]
        return pd.Series(tags, index=coverage.index, dtype=object)
    if by == "profile":
        return coverage["profile_name"].astype(object)
    return coverage["comparison_name"].fillna(coverage["comparison_id"]).astype(object)


def expected_finish(coverage: pd.DataFrame, last: Sequence[datetime], now: datetime) -> datetime | None:
    """Return when all places will be filled at the pace of the last 24 hours; None without an answer in these.

    Parameters
    ----------
    coverage : DataFrame
    last : sequence of datetime
        When comparisons were judged, in UTC.
    now : datetime
    """
    recent = [one for one in last if now - timedelta(days=1) < one <= now]
    left = int((coverage["places"] - coverage["judged"]).clip(lower=0).sum())
    if not recent:
        return None
    hours = min(24.0, max((now - min(recent)).total_seconds() / 3600, 0.1))
    return now + timedelta(hours=left * hours / len(recent))


def payments_table(
    raters: pd.DataFrame,
    design: Design,
    steps: Sequence[Step],
    checks: Mapping[str, Sequence[CheckResult]],
    flags: pd.DataFrame,
) -> pd.DataFrame:
    """Return what is needed to approve or reject each rater on their platform.

    Parameters
    ----------
    raters : DataFrame
        Of ``store.rater_progress``.
    design : Design
    steps : sequence of Step
        Of all raters.
    checks : mapping of str to sequence of CheckResult
    flags : DataFrame
        Of ``flag_table``.

    Returns
    -------
    DataFrame
        rater_id, external_id, the captured parameters, status, outcome, code, arm, judged, checks_failed, checks,
        active_minutes, started_at, last_at, flags.
    """
    by_rater = flags.groupby("rater_id")["label"].agg(", ".join).to_dict() if len(flags) else {}
    on_the_way = {step.rater_id for step in steps}
    rows = []
    for rater in raters.to_dict("records"):
        results = checks.get(rater["rater_id"], ())
        outcome = _outcome(rater["status"], bool(rater["judged"]) or rater["rater_id"] in on_the_way)
        rows.append(
            {
                "rater_id": rater["rater_id"],
                "external_id": rater["external_id"],
                **json.loads(rater["attributes"]).get("parameters", {}),
                "status": rater["status"],
                "outcome": outcome,
                "code": design.code(outcome) if outcome else None,  # type: ignore[arg-type]
                "arm": rater["arm"],
                "judged": rater["judged"],
                "checks_failed": sum(not one.passed for one in results),
                "checks": len(results),
                "active_minutes": round(rater["active_seconds"] / 60, 1),
                "started_at": rater["created_at"],
                "last_at": rater["last_at"],
                "flags": by_rater.get(rater["rater_id"], ""),
            }
        )
    return pd.DataFrame(rows)


def forms_table(raters: pd.DataFrame, steps: Sequence[Step]) -> pd.DataFrame:
    """Return the answers to forms, one row per rater and question: rater_id, form, question, answer, answered_at."""
    known = set(raters["rater_id"])
    rows = [
        (
            step.rater_id,
            step.phase,
            key,
            "; ".join(answer) if isinstance(answer, list) else answer,
            step.logged_at,
        )
        for step in steps
        if step.rater_id in known and step.phase in ("screening", "demographics", "closing")
        for key, answer in step.answers.items()
    ]
    return pd.DataFrame(rows, columns=["rater_id", "form", "question", "answer", "answered_at"])


def _outcome(status: str, begun: bool) -> str | None:
    if status == ACTIVE:
        return "success" if begun else None
    return OUTCOMES.get(status)
