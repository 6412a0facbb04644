"""The card of a metric: what to know before trusting it, as data and as Markdown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from study import frames
from study.analysis.correlation import correlation_table
from study.analysis.metrics import score_table
from study.metrics import description
from study.wording import counted

CARD_LEVELS = ("comparison", "by_item", "system")

Card = dict[str, Any]
"""The content of :func:`metric_card`: values for JSON, by name."""


def card_correlations(
    name: str,
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    about: pd.DataFrame,
    *,
    criteria: Sequence[str],
    subset: frames.Subset = frames.HUMAN,
    seed: int,
) -> dict[str, pd.DataFrame]:
    """Return by criterion how well one metric agrees with people: on comparisons, within items and over systems.

    Parameters
    ----------
    name : str
    judgments : DataFrame
        From ``store.coded_judgments``; if there are no judgments, the result is empty too.
    scores, about : DataFrame
        From ``store.score_matrix`` and ``store.metric_summary``.
    criteria : sequence of str
    subset : Subset
    seed : int
        The study's seed.
    """
    if judgments.empty:
        return {}
    one, what = scores[[name]], about[about["metric"] == name]
    return {
        criterion: pd.concat(
            [
                correlation_table(
                    judgments, one, what, criterion=criterion, level=level, subset=subset, seed=seed
                )
                for level in CARD_LEVELS
            ],
            ignore_index=True,
        )
        for criterion in criteria
    }


def metric_card(
    name: str,
    description: Mapping[str, object],
    scores: pd.DataFrame,
    texts: pd.DataFrame,
    correlations: Mapping[str, pd.DataFrame],
    *,
    population: str = "human",
) -> Card:
    """Return what to know about a metric before trusting it, as JSON-compatible data.

    Parameters
    ----------
    name : str
        The name in the stored scores.
    description : mapping
        The metric's own description: label, source, direction, needs, parameters, limits.
    scores : DataFrame
        From ``store.metric_scores``.
    texts : DataFrame
        From ``store.output_texts``: shows which references there are.
    correlations : mapping of str to DataFrame
        From :func:`card_correlations`.
    population : str
        Whose judgments were used.
    """
    of_metric = scores[scores["metric"] == name]
    unscored = Counter(of_metric.loc[of_metric["value"].isna(), "reason"].dropna())
    references = texts.drop_duplicates("item_id")["reference"]
    return {
        "metric": name,
        **description,
        "signature": sorted(set(of_metric["signature"])),
        "outputs": {
            "scored": int(of_metric["value"].notna().sum()),
            "not_scored": dict(sorted(unscored.items())),
            "without_entry": int(texts["output_id"].nunique() - of_metric["output_id"].nunique()),
        },
        "references": {
            "items": len(references),
            "items_with_a_reference": int(references.notna().sum()),
            "different_references": int(references.nunique()),
        },
        "systems": _records(
            score_table(of_metric),
            ("system", "mean", "mean_low", "mean_high", "sd", "n_outputs", "method", "estimand"),
        ),
        "judgments_by": population,
        "correlation_with_humans": {
            criterion: _records(
                table[table["metric"] == name],
                (
                    *("level", "statistic", "label", "value", "low", "high", "confidence_level"),
                    *("n_systems", "n_pairs", "n_judgments", "n_items", "method", "reason", "estimand"),
                ),
            )
            for criterion, table in correlations.items()
        },
    }


def card_of(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    about: pd.DataFrame,
    metric_scores: pd.DataFrame,
    texts: pd.DataFrame,
    *,
    name: str,
    criteria: Sequence[str],
    seed: int,
) -> Card:
    """Return :func:`metric_card` of one metric of a study, by human judgments if there are any.

    Parameters
    ----------
    judgments, scores, about, metric_scores, texts : DataFrame
        From ``store.coded_judgments``, ``store.score_matrix``, ``store.metric_summary``, ``store.metric_scores`` and
        ``store.output_texts``.
    name : str
    criteria : sequence of str
    seed : int
        The study's seed.
    """
    population = frames.default_population(judgments) if len(judgments) else "human"
    correlations = card_correlations(
        name, judgments, scores, about, criteria=criteria, subset=frames.Subset(population), seed=seed
    )
    return metric_card(name, description(name), metric_scores, texts, correlations, population=population)


def card_markdown(card: Card) -> str:
    """Return a metric card as Markdown."""
    lines = [f"# {_cell(card['label'])}", ""]
    for key in ("metric", "source", "direction", "needs", "default parameters", "limits"):
        if card.get(key):
            lines.append(f"- {key}: {_cell(card[key])}")
    lines += [f"- signature: `{signature}`" for signature in card["signature"]]
    outputs, references = card["outputs"], card["references"]
    lines.append(f"- outputs: {outputs['scored']:,} scored, {outputs['without_entry']:,} not tried")
    lines += [
        f"- not scored, {counted(count, 'output')}: {_cell(reason)}"
        for reason, count in outputs["not_scored"].items()
    ]
    lines.append(
        f"- references: {references['items_with_a_reference']:,} of {counted(references['items'], 'item')}, "
        f"{references['different_references']:,} different"
    )
    lines += ["", "## Systems", "", *_markdown_table(card["systems"])]
    for criterion, rows in card["correlation_with_humans"].items():
        whom = "humans" if card["judgments_by"] == "human" else f"{card['judgments_by']} raters"
        lines += ["", f"## Correlation with {whom}: {_cell(criterion)}", "", *_markdown_table(rows)]
    if not card["correlation_with_humans"]:
        lines += ["", "Correlation with humans: nothing is judged yet."]
    elif card["judgments_by"] != "human":
        lines += ["", f"The judgments are by {card['judgments_by']} raters."]
    return "\n".join(lines) + "\n"


def _records(table: pd.DataFrame, columns: Sequence[str]) -> list[dict[str, object]]:
    """Return rows as JSON-compatible records: None if a number is undefined."""
    rows = table[[name for name in columns if name in table]].to_dict("records")
    return [{str(name): _plain(cell) for name, cell in row.items()} for row in rows]


def _plain(cell: object) -> object:
    if isinstance(cell, float) and not np.isfinite(cell):
        return None
    return cell.item() if isinstance(cell, np.generic) else cell


def _markdown_table(rows: Sequence[Mapping[str, object]]) -> list[str]:
    if not rows:
        return ["No score."]
    names = list(rows[0])
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    return lines + [
        f"| {' | '.join('' if name == 'reason' and not row[name] else _cell(row[name]) for name in names)} |"
        for row in rows
    ]


def _cell(value: object) -> str:
    if value is None:
        return "undefined"
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return " ".join(text.split()).replace("|", "\\|")
