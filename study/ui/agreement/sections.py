"""The sections of the Agreement page: each asks, computes and shows one thing."""

import streamlit as st

from study import analysis
from study.stats.quality.models import RATER_MODELS
from study.ui import state
from study.ui.agreement import charts as rater_charts
from study.ui.agreement import sentences
from study.ui.agreement.choices import chosen_cluster, chosen_interval, chosen_scale
from study.ui.shared import charts, estimates, filters, results, unit_choice
from study.ui.shared.view import View
from study.wording import counted, form

PACE = {"median_seconds": "Seconds", "share_fast": "Under 2 s"}
TASTE_SHORT = {
    "Proxies with the owner": "Proxies and owner",
    "Accuracy of a perfect metric": "Perfect metric",
    "Accuracy of the majority of the other raters": "Majority of others",
}


def overview(view: View, coding: str) -> None:
    """Show the chosen coefficients of every question."""
    criteria = tuple(criterion.key for criterion in view.design.criteria)
    with st.expander("Coefficients and intervals", icon=":material/tune:"):
        chosen = st.multiselect(
            "Coefficients",
            list(analysis.AGREEMENT_LABELS),
            default=list(analysis.AGREEMENT_STATISTICS),
            format_func=analysis.AGREEMENT_LABELS.__getitem__,
        )
        cluster, method = chosen_interval()
        scale = chosen_scale(view)
    table = results.of(
        view,
        analysis.agreement_table,
        criteria=criteria,
        coding=coding,
        scale=scale,
        coefficients=tuple(dict.fromkeys((*analysis.AGREEMENT_STATISTICS, *chosen))),
        cluster=cluster,
        method=method,
        seed=view.study.seed,
    )
    for criterion in criteria:
        st.markdown(sentences.agreement_sentence(table, criterion))
        st.caption(sentences.estimand_sentence(table, criterion))
    if not chosen:
        st.info("No coefficient is chosen: the usual ones are shown.")
    shown = table[table["statistic"].isin(chosen or analysis.AGREEMENT_STATISTICS)].reset_index(drop=True)
    several = len(criteria) > 1
    short = shown["label"].str.replace(
        r"Krippendorff's | \(Randolph's .*\)", "", regex=True
    )  # an axis has little room
    named = shown.assign(name=(shown["criterion"] + ": " if several else "") + short)
    if shown["value"].notna().any():
        figure = charts.interval_plot(
            named,
            label="name",
            value="value",
            axis_title="Agreement (1: always)",
            lines={0: "", sentences.TENTATIVE: "α .667", sentences.RELIABLE: "α .800"},
        )
        charts.show(figure, "Agreement of raters with 95% intervals")
    estimates.estimate_table(
        sentences.beside_rates(shown),
        "agreement",
        title="Agreement, with 95% intervals",
        columns=({"criterion": "Question"} if several else {})
        | {
            "label": "Coefficient",
            "value": "Beyond coin-flips",
            "more_than_rates": "Beyond systems' rates",
            "n_units": "Comparisons",
            "n_ratings": "Judgments",
            "n_raters": "Raters",
            "units": "Intervals over",
            "categories": "Categories",
        },
        report=sentences.report_sentences(table, view.subset.population),
    )
    with st.container(gap="xxsmall"):
        for criterion in criteria:
            once = int(table.loc[table["criterion"] == criterion, "n_units_judged_once"].iloc[0])
            alone = (
                (
                    f" {counted(once, 'comparison')} judged once {form(once, 'says', 'say')} nothing about "
                    "agreement."
                )
                if once
                else ""
            )
            st.caption(f"{state.escaped(criterion)}: {filters.left_out_note(view.counts(criterion))}{alone}")
        methods = "; ".join(dict.fromkeys(table["method"].str.removesuffix(sentences.EXCHANGED)))
        st.caption(
            "How this is computed: answers are first turned from screen sides into outputs; comparisons "
            "that at least two raters judged count. Beyond coin-flips: which output is called a is "
            "arbitrary, so chance counts each pair under both namings. Beyond systems' rates: outputs are "
            "named by their systems, and chance is that of each pair of systems, pooled (Barlow et al. "
            "1991); raters who choose one system nine times in ten without looking at the item get 0. "
            "Brennan-Prediger and Gwet's coefficients do not correct for rates: there only the naming "
            f"differs. Percent agreement is not corrected for chance. Intervals, 95%: {methods}."
        )


def groups(view: View, coding: str) -> None:
    """Show one coefficient by tag, profile, role or pair of systems."""
    criterion = filters.chosen_criterion(view).key
    left, right = st.columns(2)
    by = left.selectbox("By", list(analysis.GROUPINGS), format_func=analysis.GROUPINGS.__getitem__)
    coefficient = right.selectbox(
        "Coefficient",
        list(analysis.AGREEMENT_LABELS),
        index=list(analysis.AGREEMENT_LABELS).index("krippendorff_alpha_nominal"),
        format_func=analysis.AGREEMENT_LABELS.__getitem__,
    )
    cluster = chosen_cluster()
    table = results.of(
        view,
        analysis.agreement_by_group,
        criterion=criterion,
        by=by,
        coefficient=coefficient,
        coding=coding,
        cluster=cluster,
    )
    undefined = int(table["value"].isna().sum())
    if len(table) == 1:
        st.info("All judgments belong to one group, so there is nothing to compare.")
        return
    if table["value"].notna().any():
        figure = charts.interval_plot(
            table, label="group", value="value", axis_title=table["label"].iloc[0], lines={0: ""}
        )
        charts.show(figure, f"{table['label'].iloc[0]} of each group with 95% intervals")
    estimates.estimate_table(
        sentences.beside_rates(sentences.beside_the_rest(table)),
        f"agreement-by-{by}",
        title=f"{analysis.GROUPINGS[by]}, with 95% intervals",
        columns={
            "group": analysis.GROUPINGS[by],
            "value": table["label"].iloc[0],
            "more_than_rates": "Beyond systems' rates",
            "n_units": "Comparisons",
            "n_ratings": "Judgments",
            "n_raters": "Raters",
            **({} if by == "role" else {"less_the_rest": "Less the rest", "p_holm": "P (Holm)"}),
        },
    )
    note = (
        f" {undefined} of {counted(len(table), 'group')} {form(undefined, 'is', 'are')} undefined; the note says why."
        if undefined
        else ""
    )
    rest = (
        " Raters of different roles judge the same comparisons, so roles are not tested against each other."
        if by == "role"
        else " Less the rest: the coefficient of the group minus that of all other comparisons, over the "
        "same units; P tests that there is no difference, corrected for the number of groups by "
        "Holm's method."
    )
    st.caption(
        f"Numbers hold {state.escaped(table['estimand'].iloc[0])}. Intervals: "
        f"{table['method'].iloc[0]}.{rest} Intervals are not corrected for the number of groups: of twenty, "
        f"one is expected to miss the truth.{note}"
    )


def raters(view: View, coding: str) -> None:
    """Show how each rater agrees with the others, and each pair of raters."""
    criterion, selection = filters.judged_criterion(view)
    cluster = chosen_cluster()
    table = results.of(view, analysis.rater_table, criterion=criterion, coding=coding, cluster=cluster)
    st.markdown(sentences.raters_sentence(table))
    estimates.estimate_table(
        table.assign(rater=table["rater"].map(state.short_id)),
        "raters",
        title="Raters, lowest agreement first, with 95% intervals",
        columns={
            "rater": "Rater",
            "n_judgments": "Judgments",
            "agreement": "With majority",
            "kappa": "κ with majority",
            "n_shared": "Shared",
            "left_rate": "Prefers left",
            "left_p": "P (left)",
            **(PACE if table["median_seconds"].notna().any() else {}),
            "units": "Over",
        },
    )
    unit_choice.estimand_note(table)
    pairs = results.of(view, analysis.rater_pairs, criterion=criterion, coding=coding, cluster=cluster)
    drawn = rater_charts.enough_shared(pairs)
    if drawn.empty:
        st.info(
            f"No two raters have {rater_charts.FEWEST_SHARED} or more comparisons in common, so there "
            "is no heat map."
        )
    else:
        charts.show(rater_charts.kappa_heat_map(pairs), "Cohen's kappa of each pair of raters")
    shared = pairs[pairs["n_units"] > 0].sort_values(
        "n_units", ascending=False, kind="stable", ignore_index=True
    )
    estimates.estimate_table(
        shared.assign(rater=shared["rater"].map(state.short_id), other=shared["other"].map(state.short_id)),
        "rater-pairs",
        title="Pairs of raters, with 95% intervals",
        columns={
            "rater": "Rater",
            "other": "Other rater",
            "kappa": "Cohen's κ",
            "n_units": "Shared",
            "units": "Over",
        },
    )
    unit_choice.estimand_note(shared)
    few = f" Only the {counted(analysis.MOST_RATERS, 'rater')} with the most judgments are paired."
    st.caption(
        f"How this is computed: {filters.left_out_note(selection)} Methods: {table['method'].iloc[0]}. P "
        "(left): exact binomial test that left and right are equally likely; sides are drawn at random for "
        "each judgment. Seconds: the median time per answer; under 2 s: the share of answers that took "
        "less. Raters are named by an id of this database. The heat map shows pairs with "
        f"{rater_charts.FEWEST_SHARED} or more comparisons in common; its columns are in the order of its "
        f"rows.{(few if selection.n_raters > analysis.MOST_RATERS else '')}"
    )


def repeats(view: View, coding: str) -> None:
    """Show how consistent first and repeated answers are."""
    criterion = filters.chosen_criterion(view).key
    cluster = chosen_cluster()
    table = results.of(view, analysis.repeats_table, criterion=criterion, coding=coding, cluster=cluster)
    if table.empty:
        st.info(
            "No rater judged a comparison twice, so nothing is known about how raters agree with "
            "themselves. To find out, ask for hidden repeats in the design."
        )
        return
    together = table[table["rater"] == "all"]
    charts.show(
        charts.interval_plot(together, label="label", value="value", axis_title="All raters together"),
        "Consistency of raters with themselves, with 95% intervals",
    )
    estimates.crossed_table(
        table.assign(rater=table["rater"].map(lambda name: name if name == "all" else state.short_id(name))),
        "repeats",
        title="First against repeated answers, with 95% intervals",
        row="rater",
        column="label",
        counts={},
    )
    unit_choice.estimand_note(together)
    unit_choice.estimand_note(table[table["rater"] != "all"])
    st.caption(
        f"How this is computed: all raters: {together['method'].iloc[0]}; each rater: {table['method'].iloc[-1]}."
    )


def taste(view: View, coding: str) -> None:
    """Show how much of the disagreement depends on the profile, and the best that a metric could reach."""
    criterion, selection = filters.judged_criterion(view)
    table = results.of(view, analysis.taste_table, criterion=criterion, cluster=chosen_cluster())
    st.markdown(sentences.taste_sentence(table))
    if table["value"].notna().any():
        charts.show(
            charts.interval_plot(
                table.assign(label=table["label"].replace(TASTE_SHORT)),
                label="label",
                value="value",
                axis_title="Share of pairs of answers",
                lines={0: ""},
            ),
            "Agreement within and between profiles, of owners and proxies, and the noise ceiling",
        )
    estimates.estimate_table(
        table,
        "taste-and-noise",
        title="Taste, noise and the ceiling, with 95% intervals",
        columns={
            "label": "Share of answers that agree",
            "value": "Estimate",
            "units": "Over",
            "question": "Question",
        },
    )
    unit_choice.estimand_note(table[table["value"].notna()])
    st.caption(
        f"How this is computed: {filters.left_out_note(selection)} Within and between profiles: the same "
        "source and pair of systems, judged for the same profile or for another. Disagreement between "
        "raters of one profile is noise; the agreement lost from one profile to another is taste. Ceiling "
        "(Nili et al. 2014): how often a perfect metric, and the majority of the other raters, gives the "
        f"answer of one rater. Intervals: {table['method'].iloc[0]}."
    )


def models(view: View, coding: str) -> None:
    """Fit a model of raters; show which of them are reliable, and the aggregated preferences."""
    criterion, _ = filters.judged_criterion(view)
    model = st.selectbox(
        "Model", list(RATER_MODELS), index=2, format_func=lambda key: RATER_MODELS[key].label
    )
    found = results.long(
        view,
        analysis.model_of_raters,
        f"Fit {RATER_MODELS[model].label}",
        criterion=criterion,
        model=model,
        seed=view.study.seed,
    )
    if found is None:
        st.caption(f"Source: {RATER_MODELS[model].source}. On a large study a fit may take several seconds.")
        return
    if found.caution:
        st.warning(state.escaped(found.caution))
    estimates.estimate_table(
        found.raters.assign(rater=found.raters["rater"].map(state.short_id)),
        "rater-model",
        title="Raters, least competent first",
        columns={
            "rater": "Rater",
            "competence": "Competence",
            "position_bias": "Left less right",
            "n_judgments": "Judgments",
        },
    )
    estimates.estimate_table(
        found.preferences,
        "aggregated-preferences",
        title="Aggregated preferences, least certain first",
        columns={
            "comparison_id": "Comparison",
            "system_a": "System a",
            "system_b": "System b",
            "preferred_system": "Preferred",
            "probability": "Probability",
            "n_judgments": "Judgments",
        },
    )
    st.caption(
        f"How this is computed: {found.raters['method'].iloc[0]}. Probabilities and competences come "
        "from the model and have no interval."
    )


SECTIONS = {
    "Overview": overview,
    "Groups": groups,
    "Raters": raters,
    "Repeats": repeats,
    "Taste and noise": taste,
    "Models of raters": models,
}
"""The sections of the page by their names, in order."""
