"""Progress of a study as tables: coverage by comparison groups, raters with their flags, and payments."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import pandas as pd

from study.assignment import CheckResult
from study.protocol.design import Design
from study.records import ACTIVE, STATUSES, FrameRow, Step
from study.tables import lookup
from study.wording import counted

BY: dict[str, str] = {
    "pair": "Pair of systems",
    "profile": "Profile",
    "tag": "Tag",
    "comparison": "Comparison",
}
REMINDER_COLUMNS = ["rater_id", "external_id", "phase", "judged", "held", "away_minutes"]
OUTCOMES = {"screened_out": "screen_out", "ended": "failure"}
SAME_ID = "{n} raters came with this id"
# Of several raters with one id, the first of these is the one shown on the line.
DECISIONS = ("review", "approve", "pay_screened_out", "wait")


def coverage_table(coverage: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return how many places are filled in each part of the study.

    Parameters
    ----------
    coverage : DataFrame
        From ``store.coverage``.
    by : {"pair", "profile", "tag", "comparison"}

    Returns
    -------
    DataFrame
        group, comparisons, filled (comparisons at their overlap), judged, places, share (of places).
    """
    lookup(BY, by, "grouping")
    frame = coverage.assign(group=_GROUPS[by](coverage)).explode("group").dropna(subset="group")
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


def _pairs(coverage: pd.DataFrame) -> pd.Series:
    pairs = zip(coverage["system_a"], coverage["system_b"], strict=True)
    return pd.Series([" – ".join(sorted(pair)) for pair in pairs], index=coverage.index, dtype=object)


def _tags(coverage: pd.DataFrame) -> pd.Series:
    tags = [[f"{name}: {value}" for name, value in json.loads(text).items()] for text in coverage["tags"]]
    return pd.Series(tags, index=coverage.index, dtype=object)


def _profiles(coverage: pd.DataFrame) -> pd.Series:
    return coverage["profile_name"].astype(object)


def _comparisons(coverage: pd.DataFrame) -> pd.Series:
    return coverage["comparison_name"].fillna(coverage["comparison_id"]).astype(object)


_GROUPS: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "pair": _pairs,
    "profile": _profiles,
    "tag": _tags,
    "comparison": _comparisons,
}


def payments_table(
    raters: pd.DataFrame,
    design: Design,
    phases: Mapping[str, str],
    checks: Mapping[str, Sequence[CheckResult]],
    flags: pd.DataFrame,
) -> pd.DataFrame:
    """Return the data needed to approve or reject each rater on their platform.

    Parameters
    ----------
    raters : DataFrame
        From ``store.rater_progress``.
    design : Design
    phases : mapping of str to str
        From ``store.phases``: only raters who reached the end have the completion code.
    checks : mapping of str to sequence of CheckResult
    flags : DataFrame
        From ``flag_table``.

    Returns
    -------
    DataFrame
        rater_id, external_id, the captured parameters, status, phase, outcome, code, arm, judged, checks_failed, checks,
        active_minutes, started_at, last_at, flags.
    """
    by_rater = flags.groupby("rater_id")["label"].agg(", ".join).to_dict() if len(flags) else {}
    of_id = Counter(one for one in raters["external_id"] if isinstance(one, str))
    rows = []
    for rater in raters.to_dict("records"):
        results = checks.get(rater["rater_id"], ())
        phase = phases.get(rater["rater_id"])
        outcome = _outcome(rater["status"], phase, rater["judged"])
        flag = by_rater.get(rater["rater_id"], "")
        if of_id.get(rater["external_id"], 1) > 1:
            flag = "; ".join(filter(None, [SAME_ID.format(n=of_id[rater["external_id"]]), flag]))
        rows.append(
            {
                "rater_id": rater["rater_id"],
                "external_id": rater["external_id"],
                **json.loads(rater["attributes"]).get("parameters", {}),
                "status": rater["status"],
                "phase": phase,
                "outcome": outcome,
                "code": design.code(outcome) if outcome else None,  # type: ignore[arg-type]
                "arm": rater["arm"],
                "judged": rater["judged"],
                "checks_failed": sum(not one.passed for one in results),
                "checks": len(results),
                "active_minutes": round(rater["active_seconds"] / 60, 1),
                "started_at": rater["created_at"],
                "last_at": rater["last_at"],
                "flags": flag,
            }
        )
    return pd.DataFrame(rows)


def nobody_came(n_imported: int) -> str:
    """Return the notice for a study that no rater has opened yet, with or without imported answers.

    >>> nobody_came(0), nobody_came(1)
    ('There are no raters yet.', 'The answers of 1 rater were imported; no one has used the link yet.')
    """
    if not n_imported:
        return "There are no raters yet."
    return f"The answers of {counted(n_imported, 'rater')} were imported; no one has used the link yet."


def approval_table(payments: pd.DataFrame, platform: str) -> pd.DataFrame:
    """Return one row per person in the platform's format, with the decision under the rules of the study.

    Raters with the same id who did not prove to be the same person share one row. If they disagree, the decision is
    left to a person, except for those who began and did not finish.

    Parameters
    ----------
    payments : DataFrame
        From :func:`payments_table`.
    platform : str
        The platform in the design.

    Returns
    -------
    DataFrame
        The platform's ids under its names (Prolific: participant_id, submission_id; MTurk: WorkerId, AssignmentId,
        HITId; else external_id), then decision, reason and code. A decision is approve, pay_screened_out, review or
        wait: only a person rejects raters.
    """
    known = {
        "prolific": {"participant_id": "external_id", "submission_id": "SESSION_ID"},
        "mturk": {"WorkerId": "external_id", "AssignmentId": "assignmentId", "HITId": "hitId"},
    }
    names = known.get(platform, {"external_id": "external_id"})
    cells = {name: payments.get(column) for name, column in names.items()}
    decided = [_decision(row) for row in payments.to_dict("records")]
    table = pd.DataFrame(
        {
            **{name: [None] * len(payments) if found is None else found for name, found in cells.items()},
            "decision": [decision for decision, _ in decided],
            "reason": [reason for _, reason in decided],
            "code": payments["code"] if len(payments) else [],
        }
    )
    if payments.empty:
        return table
    alone = payments["external_id"].where(payments["external_id"].notna(), payments["rater_id"])
    lines = [_one_line(group) for _, group in table.groupby(alone.to_numpy(), sort=False)]
    return pd.concat(lines, ignore_index=True)


def _one_line(raters: pd.DataFrame) -> pd.DataFrame:
    """Return the row of one person, whose id several raters may have."""
    if len(raters) == 1:
        return raters
    first = min(raters.index, key=lambda row: DECISIONS.index(raters.at[row, "decision"]))
    line = raters.loc[[first]].copy()
    if len(set(raters["decision"]) - {"wait"}) > 1:
        line["decision"] = "review"
    each = "; ".join(f"{row.decision}: {row.reason}" for row in raters.itertuples())
    line["reason"] = f"{counted(len(raters), 'rater')} came with this id, and pay is for one: {each}"
    return line


def reminders_table(
    payments: pd.DataFrame, held: Mapping[str, tuple[int, datetime]], now: datetime
) -> pd.DataFrame:
    """Return the active raters who started and did not finish, to be reminded; those inactive longest come first.

    Parameters
    ----------
    payments : DataFrame
        From :func:`payments_table`.
    held : mapping
        From ``store.held_places``.
    now : datetime

    Returns
    -------
    DataFrame
        rater_id, external_id, phase, judged, held (places that others wait for), away_minutes.
    """
    rows = []
    for rater in payments.to_dict("records"):
        if rater["status"] != ACTIVE or rater["phase"] in (None, "finish"):
            continue
        count, seen = held.get(rater["rater_id"], (0, rater["started_at"]))
        away = (now - max(seen, rater["started_at"])).total_seconds() / 60
        rows.append(
            (rater["rater_id"], rater["external_id"], rater["phase"], rater["judged"], count, round(away, 1))
        )
    rows.sort(key=lambda row: -row[-1])
    return pd.DataFrame(rows, columns=REMINDER_COLUMNS)


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


def _outcome(status: str, phase: str | None, judged: int) -> str | None:
    if status == ACTIVE:
        return ("success" if judged else "full") if phase == "finish" else None
    return OUTCOMES.get(status)


def _decision(rater: FrameRow) -> tuple[str, str]:
    """Return the decision on a rater, and its reason."""
    if rater["status"] == ACTIVE and rater["phase"] != "finish":
        return "wait", f"has not finished: {rater['phase']}, {rater['judged']} judged"
    if rater["outcome"] == "screen_out":
        return "pay_screened_out", STATUSES["screened_out"]
    if rater["status"] in ("returned", "timed_out", "withdrawn"):
        return "wait", STATUSES[rater["status"]]
    if rater["outcome"] == "full":
        return "review", "came when there was nothing left to judge, or skipped all"
    if rater["outcome"] != "success":
        failed = f"; {rater['checks_failed']} of {rater['checks']} checks failed" if rater["checks"] else ""
        return "review", STATUSES[rater["status"]] + failed
    flags = "; ".join(one for one in rater["flags"].split("; ") if not one.endswith(SAME_ID[4:]))
    if flags:
        return "review", flags
    return "approve", f"finished, {rater['judged']} judged in {rater['active_minutes']} minutes"
