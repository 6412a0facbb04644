"""The section on one metric of the correlation page."""

from collections.abc import Hashable, Mapping

import pandas as pd
import streamlit as st

from study import analysis
from study.ui.correlation import charts as correlation_charts
from study.ui.correlation import sentences as words
from study.ui.shared import charts, estimates, results, tables, unit_choice
from study.ui.shared.view import View

SHOWN = {"n": "n", "counted": "Counted", "units": "Units", "method": "Method"}


def one_metric(view: View, criterion: str, scores: tables.StudyTable, labels: Mapping[str, str]) -> None:
    """Show one metric in depth: prediction, ties, detection, noise and length, within and between groups."""
    metric = _chosen_metric("Metric", labels, "one metric")
    options: dict[str, Hashable] = {"criterion": criterion, "metric": metric, "seed": view.study.seed}
    cluster = unit_choice.chosen_metric_units(view.counts(criterion).units, key="one metric units")
    if cluster:
        options["cluster"] = cluster
    name = labels[metric]
    predicted = results.of(view, analysis.prediction_table, scores, **options)
    st.markdown(words.prediction_sentence(predicted, name))
    part = st.segmented_control(
        "Look at",
        ("Prediction", "Ties", "Good outputs", "Length and noise"),
        default="Prediction",
        required=True,
    )
    if part == "Prediction":
        _show_estimates(predicted, "prediction", "Does the difference predict the choice?", name, "auc", view)
        bins = results.of(view, analysis.calibration_table, scores, **options)
        if len(bins):
            charts.show(correlation_charts.prediction_plot(bins), "Predicted against observed shares")
            st.caption(
                "Ties are left out. Judgments are grouped by the probability that the metric gives to the "
                "output it favours, fitted on other items."
            )
    elif part == "Ties":
        curve = {key: one for key, one in options.items() if key != "cluster"}
        _show_ties(results.of(view, analysis.tie_curve_table, scores, **curve), name)
    elif part == "Good outputs":
        detected = results.of(view, analysis.detection_table, scores, **options)
        _show_estimates(detected, "detection", "Does the metric find good outputs?", name, "f_beta", view)
        st.caption(
            "An output is good if it wins at least half of its judgments, ties as half. The threshold is chosen on a "
            "random half of the items; the numbers are for the other half (Perrella et al. 2024)."
        )
    else:
        _show_association(view, scores, labels, metric, options)


def _chosen_metric(label: str, labels: Mapping[str, str], key: str) -> str:
    return str(st.selectbox(label, list(labels), format_func=labels.__getitem__, key=key))


def _show_estimates(
    table: pd.DataFrame, name: str, title: str, metric: str, reported: str, view: View
) -> None:
    estimates.estimate_table(
        table,
        name,
        title=f"{title} With 95% intervals",
        columns={"label": "Statistic", "value": "Estimate", **SHOWN},
        report=words.estimate_report(table, reported, metric, view.study.seed),
    )
    unit_choice.estimand_note(table)


def _show_ties(curve: pd.DataFrame, name: str) -> None:
    if curve.empty:
        st.info("No judged comparison has a score on both sides.")
        return
    charts.show(correlation_charts.tie_curve_plot(curve, name), "Accuracy with ties by tie threshold")
    st.caption(
        "A metric with many digits never ties, so every tie by people counts against it. The line shows "
        "the accuracy if differences up to a threshold count as a tie; the mark is the median of the "
        "thresholds that are best for the other folds of items (Deutsch et al. 2023). The overview reports "
        "the accuracy at these held-out thresholds."
    )


def _show_association(
    view: View,
    scores: tables.StudyTable,
    labels: Mapping[str, str],
    metric: str,
    options: dict[str, Hashable],
) -> None:
    others = [one for one in labels if one != metric]
    held = None
    if others:
        place = others.index("length") if "length" in others else 0
        held = st.selectbox("Held constant", others, index=place, format_func=labels.__getitem__)
    table = results.of(view, analysis.association_table, scores, held=held, **options)
    _show_estimates(
        table, "association", "How much length and noise explain.", labels[metric], "pearson", view
    )
    simpson = results.of(view, analysis.simpson_table, scores, criterion=options["criterion"], metric=metric)
    st.markdown(words.simpson_sentence(simpson))
    st.caption(
        "Human scores are means of only a few judgments, and their reliability limits every correlation with them "
        "(Spearman 1904). Reliability is the correlation between two random halves of the raters, "
        "corrected to full length."
    )
