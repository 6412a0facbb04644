"""The report on the judges page: how judges answer, and how far to trust their verdicts."""

from collections.abc import Mapping
from itertools import combinations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from study import store
from study.analysis import judges
from study.records import Study
from study.ui import state
from study.ui.judges import ask
from study.ui.shared import charts, estimates, filters, results, tables, unit_choice
from study.ui.shared.view import View
from study.wording import counted, share_text

RULE_WORDS = {"half": "half right", "wrong": "wrong", "left_out": "left out", "tie": "a tie"}


def report_without_judgments(study: Study) -> None:
    """Show judges' answers in a study without people's judgments, and offer to ask a judge."""
    design = store.design(state.database(), study.study_id)
    verdicts = store.verdicts(state.database(), study.study_id)
    answered = [judges.answer_table(verdicts, criterion=one.key) for one in design.criteria]
    for criterion, table in zip(design.criteria, answered, strict=True):
        if not table.empty:
            _answers(table, f"judge-answers-{criterion.key}", f"How judges answer: {criterion.key}")
    st.caption(
        "You can ask a judge before people judge. Once they have, this page shows how far you can trust it."
    )
    st.subheader("Ask a judge", divider="gray")
    ask.ask_section(study, design)


def report_section(view: View) -> None:
    """Show how judges answer, how well they agree with people, and how reliable their certainty is."""
    criterion, selection = filters.judged_criterion(view)
    verdicts = view.table("verdicts")
    cluster = unit_choice.chosen_units(selection)
    answered = tables.cached_call(judges.answer_table, verdicts, criterion=criterion, cluster=cluster)
    if answered.empty:
        st.info(
            "No judge has given a verdict on this question yet. Ask one here, or import verdicts on the "
            "Import page."
        )
        st.caption(filters.left_out_note(selection))
        return
    rule = {"cluster": cluster, **_rule(answered)}
    owners = results.of(view, judges.owner_table, verdicts, criterion=criterion, **rule)
    st.markdown(best_judge_sentence(owners))
    estimates.estimate_table(
        owners.assign(against=owners["reference"].map(judges.REFERENCES)),
        "judges-and-people",
        title=f"Agreement with people, {judges.UNREADABLE[rule['unreadable']]}, with 95% intervals",
        columns={
            "who": "Who",
            "against": "Compared with",
            "value": "Agreement",
            "n_judgments": "Judgments",
            "n_comparisons": "Comparisons",
            "units": "Units",
        },
    )
    _say_for_whom(owners)
    _answers(answered, "judge-answers", "How judges answer")
    failures = tables.cached_call(judges.failure_table, verdicts, criterion=criterion)
    for row in failures.head(5).to_dict("records"):
        st.caption(
            state.escaped(f"{row['judge']}: {counted(row['failures'], 'question')} failed: {row['reason']}.")
        )
    reference = st.segmented_control(
        "The right answer is that of",
        list(judges.REFERENCES),
        default="all",
        required=True,
        format_func=judges.REFERENCES.__getitem__,
    )
    options = {"criterion": criterion, "reference": reference, **rule}
    _certainty(view, verdicts, options)
    _variants(view, verdicts, options)
    st.caption(
        f"How this is computed: {filters.left_out_note(selection)} Agreement: share of untied judgments "
        f"that name the same output, {judges.UNREADABLE[rule['unreadable']]}; "
        f"{judges.TIES[rule['ties']][0]}, in every table. The two orders of a pair give one answer: if they "
        "differ, it is a tie and a flip. A third-party rater is compared with the owner in the same way. "
        "A jury gives the answer of most of its judges; it is not tested against them. The interval and "
        "the test of a figure are over the same units. Numbers hold for the judges that were asked; judges "
        "are never units."
    )


def _say_for_whom(table: pd.DataFrame, value: str = "value", estimand: str = "estimand") -> None:
    """Show to whom the numbers of a table generalise, each sentence once."""
    what = {"value": "Intervals hold", "coverage": "Coverage holds"}[value]
    for said in dict.fromkeys(table.loc[table[value].notna(), estimand].dropna()):
        st.caption(state.escaped(f"{what} {said}."))


def _rule(answered: pd.DataFrame) -> dict[str, str]:
    """Let the researcher choose how ties count and, if there are any, how unreadable verdicts count."""
    failed = (answered.loc[answered["statistic"] == "failure_rate", "value"] > 0).any()
    left, right = st.columns(2)
    ties = left.selectbox("A judge's tie", list(judges.TIES), format_func=lambda key: RULE_WORDS[key])
    unreadable = "left_out"
    if failed:
        unreadable = right.selectbox(
            "A verdict that could not be read",
            list(judges.UNREADABLE),
            format_func=lambda key: RULE_WORDS[key],
        )
    return {"ties": ties, "unreadable": unreadable}


def _answers(answered: pd.DataFrame, name: str, title: str) -> None:
    estimates.estimate_table(
        answered,
        name,
        title=f"{title}, with 95% intervals",
        columns={
            "judge": "Judge",
            "label": "Statistic",
            "value": "Share",
            "n": "Of",
            "counted": "Counted",
            "units": "Units",
        },
    )
    _say_for_whom(answered)


def best_judge_sentence(owners: pd.DataFrame) -> str:
    """Return how well the best judge and a third-party rater agree with the owner (or with raters), as markdown."""
    reference = (
        "owner" if owners.loc[owners["reference"] == "owner", "value"].notna().any() else "third_party"
    )
    part = owners[(owners["reference"] == reference) & owners["value"].notna()]
    of_judges = part[part["kind"] == "judge"].sort_values("value", ascending=False)
    if of_judges.empty:
        return "No judge has given a verdict on a comparison that people judged without a tie."
    best, people = of_judges.iloc[0], part[part["who"] == "a third-party rater"]
    whom = "the owner of the profile" if reference == "owner" else "third-party raters"
    share = share_text(best["value"], best["low"], best["high"])
    sentence = f"**{state.escaped(best['who'])}** agrees with {whom} on {share} of untied judgments"
    if people.empty:
        return sentence + "; no third-party rater can be compared with it."
    one = people.iloc[0]
    return f"{sentence}; a third-party rater on {share_text(one['value'], one['low'], one['high'])}."


def certainty_plot(table: pd.DataFrame) -> go.Figure:
    """Return accuracy against mean certainty per band, for each judge, with the line of perfect calibration."""
    figure = go.Figure()
    bands = table[~table["band"].str.contains("80\\+|below|all") & table["value"].notna()]
    for judge, part in bands.groupby("judge", sort=True):
        figure.add_scatter(
            x=part["mean_certainty"],
            y=part["value"],
            mode="lines+markers",
            name=str(judge),
            error_y={
                "type": "data",
                "symmetric": False,
                "array": (part["high"] - part["value"]).tolist(),
                "arrayminus": (part["value"] - part["low"]).tolist(),
            },
        )
    figure.add_shape(type="line", x0=50, y0=0.5, x1=100, y1=1, line={"color": charts.QUIET, "dash": "dot"})
    figure.update_xaxes(title_text="Mean certainty of the band", range=[0, 102])
    figure.update_yaxes(title_text="Accuracy", tickformat=".0%", range=[0, 1.02])
    figure.update_layout(height=420, margin={"t": 20, "b": 50, "l": 0, "r": 12})
    return figure


def _certainty(view: View, verdicts: tables.StudyTable, options: Mapping[str, str]) -> None:
    table = results.of(view, judges.certainty_table, verdicts, **options)
    if table["mean_certainty"].isna().all():
        st.info("The judges do not say how certain they are.")
        return
    names = table["judge"].drop_duplicates().tolist()
    judge = st.selectbox("Judge", names) if len(names) > 1 else names[0]
    part = table[table["judge"] == judge]
    charts.show(certainty_plot(part), "Accuracy of a judge against its certainty, with 95% intervals")
    estimates.estimate_table(
        part,
        "judge-certainty",
        title="Coverage and accuracy by certainty, with 95% intervals",
        columns={
            "label": "Certainty",
            "coverage": "Coverage",
            "value": "Accuracy",
            "n_comparisons": "Comparisons",
            "n_judgments": "Judgments",
            "units": "Units",
        },
    )
    _say_for_whom(part)
    _say_for_whom(part, "coverage", "coverage_estimand")


def _variants(view: View, verdicts: tables.StudyTable, options: Mapping[str, str]) -> None:
    members = tables.cached_call(judges.single_judges, verdicts, criterion=options["criterion"])
    if len(members) < 2:
        return
    pairs = {f"{one} vs {other}": (one, other) for one, other in combinations(members, 2)}
    planned: list[str] = []
    if len(pairs) > 1:
        planned = st.multiselect(
            "Planned comparisons of judges",
            list(pairs),
            placeholder="all pairs of judges",
            help=(
                "P by Holm is corrected for the comparisons shown. Choose those that you planned before "
                "you had the data."
            ),
        )
    contrasts = tuple(pairs[name] for name in planned)
    table = results.of(view, judges.variant_table, verdicts, contrasts=contrasts, **options)
    estimates.estimate_table(
        table,
        "judge-variants",
        title="Two judges on the same judgments",
        columns={
            "first": "First",
            "second": "Second",
            "value": "Accuracy of the first minus the second",
            "n_comparisons": "Comparisons",
            "n_differing": "Only one is right",
            "p_two_sided": "P",
            "p_holm": "P (Holm)",
            "units": "Units",
        },
    )
    _say_for_whom(table)
