"""The sections of the correlation page: all metrics, two metrics, judges."""

from collections.abc import Hashable, Mapping

import pandas as pd
import streamlit as st

from study import analysis, metrics, store
from study.analysis.correlation import (
    CLUSTERS,
    LEVELS,
    OF_PROFILES,
    TESTS,
    clusters_of,
    fitting_tests,
    is_long,
    is_quick,
)
from study.stats.multiplicity import ADJUSTMENTS
from study.ui import state
from study.ui.calibration import sections
from study.ui.correlation import charts as correlation_charts
from study.ui.correlation import sentences as words
from study.ui.shared import charts, estimates, results, tables, unit_choice
from study.ui.shared.view import View
from study.wording import counted, p_sentence
from study.workflows import scoring

ALPHA = 0.05


def score_tables(view: View) -> tuple[tables.StudyTable, pd.DataFrame]:
    """Return a study's scores (outputs by metrics), and a summary of each metric in the same order."""
    return view.table("scores"), store.metric_summary(state.database(), view.study.study_id)


def n_scores(view: View, about: pd.DataFrame) -> int:
    """Return the number of scores if every output had one per metric."""
    return store.output_count(state.database(), view.study.study_id) * len(about)


def offer_built_in(view: View, about: pd.DataFrame) -> None:
    """Offer to compute the basic metrics that are missing for some outputs or were made by another version."""
    n_outputs = store.output_count(state.database(), view.study.study_id)
    complete = about.loc[about["n_outputs"] == n_outputs, ["metric", "signature"]]
    there = set(complete.itertuples(index=False, name=None))
    missing = [
        key
        for key in metrics.BASIC
        if (key, metrics.metric_named(metrics.METRICS, key).signature()) not in there
    ]
    if not missing or not state.may_change():
        return
    names = " and ".join(metrics.METRICS[key].label for key in missing)
    st.write(
        f"{names}: some of the {counted(n_outputs, 'output')} have no score yet. All other metrics are on "
        "the Metrics page."
    )
    if st.button("Compute now", type="primary"):
        bar = st.progress(0.0, "Computing")
        scoring.score_here(
            state.database(),
            view.study.study_id,
            missing,
            progress=lambda now: (bar.progress(now.part, now.metric), None)[1],
        )
        st.rerun()


def labels_of(about: pd.DataFrame) -> dict[str, str]:
    """Return the label of every metric."""
    return {name: metrics.metric_label(name) for name in about["metric"].tolist()}


def metric_overview(
    view: View,
    criterion: str,
    scores: tables.StudyTable,
    about: pd.DataFrame,
    labels: Mapping[str, str],
) -> None:
    """Show every metric at the chosen level: forest plot, table with test results, scatter of systems."""
    level, statistic = _chosen_statistic("overview")
    of_people = "profile" in view.counts(criterion).units
    allowed = [one for one in clusters_of(level, statistic) if of_people or one not in OF_PROFILES]
    if of_people and "profiles" in allowed:
        allowed.sort(key=lambda one: one != "profiles")
    cluster = st.segmented_control(
        "The interval generalises to new",
        allowed,
        default=allowed[0],
        required=True,
        format_func=lambda key: CLUSTERS[key].lower(),
        key=f"cluster {level} {statistic in ('soft_pairwise_accuracy',)} {len(allowed)}",
    )
    options: dict[str, Hashable] = {
        "criterion": criterion,
        "level": level,
        "statistics": (statistic,),
        "cluster": cluster,
        "seed": view.study.seed,
    }
    compute = analysis.correlation_table
    if is_long(level, statistic, cluster, n_scores(view, about)):
        found = results.long(view, compute, "Compute for all metrics", scores, about, **options)
    else:
        found = results.of(view, compute, scores, about, **options)
    if found is None:
        st.info(
            "For a study of this size this takes a while: the value is computed again for every part that "
            "is left out."
        )
        return
    table = found.assign(name=found["metric"].map(labels)).sort_values(
        ["value", "metric"], ascending=[False, True], ignore_index=True
    )
    st.markdown(words.overview_sentence(table, labels))
    tests = _tests(view, criterion, scores, about, (level, statistic, cluster), labels)
    if table["value"].notna().any():
        named = LEVELS[level].statistics[statistic]
        lines = None if named.chance is None else {named.chance: "chance"}
        axis = named.label
        figure = charts.interval_plot(table, label="name", value="value", axis_title=axis, lines=lines)
        charts.show(figure, f"{axis} of each metric with its interval")
    _metric_table(table, tests, labels, view.study.seed)
    unit_choice.estimand_note(table)
    _scatter(view, criterion, scores, labels, table)


def beside_sentinels(view: View, criterion: str) -> None:
    """Compare metrics with sentinels (length, source, profile or output alone); on request where that takes long."""
    st.subheader("Compared with sentinels", divider="gray")
    sections.sentinel_section(view, criterion)


def two_metrics(view: View, criterion: str, scores: tables.StudyTable, labels: Mapping[str, str]) -> None:
    """Compare two metrics by every suitable test."""
    if len(labels) < 2:
        st.info("There is only one metric. Add another one to compare them.")
        return
    left, right = st.columns(2)
    names = list(labels)
    first = left.selectbox("First metric", names, format_func=labels.__getitem__)
    second = right.selectbox("Second metric", names, index=1, format_func=labels.__getitem__)
    level, statistic = _chosen_statistic("two metrics")
    if first == second:
        st.info("Choose two different metrics.")
        return
    if not fitting_tests(level, statistic):
        st.info("Two metrics cannot be tested against each other by soft pairwise accuracy.")
        return
    options = {"first": first, "second": second, "level": level, "statistic": statistic}
    table = results.long(
        view,
        analysis.metric_differences,
        "Compare",
        scores,
        criterion=criterion,
        seed=view.study.seed,
        **options,
    )
    if table is None:
        return
    row = table.iloc[0]
    st.markdown(
        f"{row['label']}: **{state.escaped(labels[first])}** {estimates.number(row['first_value'])}, "
        f"**{state.escaped(labels[second])}** {estimates.number(row['second_value'])}."
    )
    estimates.sortable_table(
        table,
        "metric-differences",
        title="Tests of the difference",
        columns={
            "test": "Test",
            "difference": "Difference",
            "low": "Low",
            "high": "High",
            "p_value": "P",
            "units": "Units",
            "estimand": "Holds",
            "n": "n",
            "n_resamples": "Resamples",
            "reason": "Note",
        },
        report=None
        if table["p_value"].isna().all()
        else f"{row['label']} of {labels[first]} and {labels[second]} differs by {estimates.number(row['difference'])} "
        f"({LEVELS[level].label.lower()}; "
        + "; ".join(
            f"{one['test']} over {one['units']} {p_sentence(one['p_value'])}"
            for one in table.to_dict("records")
            if not pd.isna(one["p_value"])
        )
        + f"; two-sided, {table['n_resamples'].max():,} resamples, seed {view.study.seed}).",
    )


def judges(view: View, criterion: str) -> None:
    """Compare automatic judges with the crowd."""
    verdicts = view.table("verdicts")
    names = tables.cached_call(analysis.judges_of, verdicts, criterion=criterion)
    if not names:
        st.info(
            "No judge has given a verdict on this question yet. Ask one on the Judges page, or import verdicts "
            "on the Import page."
        )
        return
    cluster = unit_choice.chosen_units(view.counts(criterion), key="judge units")
    options: dict[str, Hashable] = {"criterion": criterion, "cluster": cluster}
    table = results.of(view, analysis.judge_table, verdicts, seed=view.study.seed, **options)
    judge = st.selectbox("Judge", names) if len(names) > 1 else names[0]
    st.markdown(words.judge_sentence(table, judge))
    points = results.of(view, analysis.judge_points, verdicts, judge=judge, **options)
    if (points["crowd"].notna() & points["judge"].notna()).any():
        charts.show(
            correlation_charts.strength_scatter(points, judge),
            "Strength by people and by the judge, per system",
        )
    of_judge = table[table["judge"] == judge]
    estimates.estimate_table(
        of_judge,
        "judges",
        title="The judge compared with people, with 95% intervals",
        columns={"label": "Statistic", "value": "Estimate", "n": "n", "counted": "Counted", "units": "Units"},
        report=words.estimate_report(of_judge, "agreement_untied", judge, view.study.seed),
    )
    unit_choice.estimand_note(of_judge[of_judge["value"].notna()])
    st.caption(
        "The majority is the most frequent answer to a comparison; equally frequent answers are a tie, and "
        "both bad counts as a tie. If a judge was asked in both orders and gave two answers, it counts as "
        "a tie (Zheng et al. 2023). Failures are left out of all other figures. A majority belongs to no "
        "single rater: numbers hold for these raters, and generalise to others of the chosen units."
    )


def _chosen_statistic(key: str) -> tuple[str, str]:
    left, right = st.columns(2)
    level = left.selectbox(
        "Level", list(LEVELS), format_func=lambda one: LEVELS[one].label, key=f"{key} level"
    )
    known = LEVELS[level].statistics
    statistic = right.selectbox(
        "Statistic", list(known), format_func=lambda one: known[one].label, key=f"{key} statistic {level}"
    )
    st.caption(LEVELS[level].words[:1].upper() + LEVELS[level].words[1:])
    return level, statistic


def _tests(
    view: View,
    criterion: str,
    scores: tables.StudyTable,
    about: pd.DataFrame,
    chosen: tuple[str, str, str],
    labels: Mapping[str, str],
) -> pd.DataFrame | None:
    """Let the researcher choose a test against the best metric, and return its table; None if none fits.

    ``chosen`` are the level, the statistic and the units of the interval; the test uses the same items or profiles.
    """
    level, statistic, cluster = chosen
    known = fitting_tests(level, statistic)
    if not known or (about["n_outputs"] > about["n_undefined"]).sum() < 2:
        return None
    with st.popover("Test against the best metric", icon=":material/rule:"):
        test = st.selectbox("Test", known, format_func=TESTS.__getitem__, key=f"test {level} {len(known)}")
        adjustment = st.selectbox(
            "Adjusted for the number of tests",
            list(ADJUSTMENTS),
            format_func=lambda key: ADJUSTMENTS[key].label,
        )
    options: dict[str, Hashable] = {"level": level, "statistic": statistic, "test": test}
    options |= {"cluster": cluster if cluster in ("items", "profiles") else None}
    options |= {"adjustment": adjustment, "criterion": criterion, "seed": view.study.seed}
    found: pd.DataFrame | None
    if is_quick(test):
        found = results.of(view, analysis.metric_tests, scores, **options)
    else:
        found = results.long(view, analysis.metric_tests, f"Run {TESTS[test]}", scores, **options)
    if found is not None:
        st.markdown(words.tests_sentence(found, labels, ALPHA))
    return found


def _metric_table(
    table: pd.DataFrame, tests: pd.DataFrame | None, labels: Mapping[str, str], seed: int
) -> None:
    columns = {"name": "Metric", "value": "Value", "low": "Low", "high": "High"}
    if table["p_value"].notna().any():
        columns["p_value"] = "P (τ = 0)"
    if tests is not None:
        beside = tests.set_index("metric")
        table = table.assign(
            p_adjusted=table["metric"].map(beside["p_adjusted"]),
            mark=table["metric"].map(words.marks(tests, ALPHA).set_axis(tests["metric"])),
        )
        columns |= {"mark": "Compared with the best", "p_adjusted": "Adjusted P"}
    if (table["n_groups"] > 1).any():
        columns |= {"n_undefined": "Undefined groups", "n_groups": "Groups"}
    columns |= {"n_pairs": "Comparisons", "n_judgments": "Judgments", "n_systems": "Systems"}
    if table["reason"].notna().any():
        columns["reason"] = "Note"
    estimates.sortable_table(
        table,
        "correlation",
        title="All metrics, with 95% intervals",
        columns=columns,
        report=words.overview_report(table, labels, seed),
    )
    if table["p_value"].notna().any():
        st.caption(words.kendall_note(table))


def _scatter(
    view: View, criterion: str, scores: tables.StudyTable, labels: Mapping[str, str], table: pd.DataFrame
) -> None:
    order = table["metric"].tolist()
    metric = st.selectbox("Systems by", order, format_func=labels.__getitem__)
    points = results.of(view, analysis.metric_points, scores, criterion=criterion, metric=metric)
    if points["metric_mean"].notna().any():
        charts.show(
            charts.metric_scatter(points, metric=labels[metric]), "Mean metric and win rate of each system"
        )
    estimates.estimate_table(
        points,
        "metric-points",
        title="Systems, with 95% intervals",
        columns={
            "system": "System",
            "metric_mean": "Mean metric",
            "win_rate": "Win rate",
            "n_outputs": "Outputs",
            "n_judgments": "Judgments",
            "units": "Units",
        },
    )
    unit_choice.estimand_note(points)
