"""The sections of the personalization page: generic systems, duels, and measures by a chosen distance."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from study import analysis, frames, store
from study.analysis import personalization
from study.errors import InvalidInput
from study.formats.readers.distances import PairDistance, read_distances
from study.metrics import METRICS, metric_label
from study.metrics.metric import Score
from study.ui import state
from study.ui.shared import charts, estimates, results, tables, unit_choice
from study.ui.shared.view import View
from study.wording import counted, share_text
from study.workers import threads
from study.workflows import scoring

GENERIC_WORDS = ("generic", "baseline", "base", "non-personal", "unpersonal", "vanilla")
AT_ONCE = 20_000
(
    "Up to this many pairs of texts are compared while the page is drawn; a worker compares more and "
    "reports progress."
)


@dataclass(frozen=True, slots=True)
class Measured:
    """A distance that is known for a study's texts; ``scores`` are those of a worker's run, if it took one."""

    name: str
    scores: Sequence[Score] | None = None

    @property
    def distance(self) -> str:
        """The distance in words."""
        return metric_label(self.name)


def generic_systems(systems: tuple[str, ...], note: str) -> list[str]:
    """Let the researcher choose the systems that ignore the reader; stop if none or all are chosen, showing ``note``."""
    likely = [name for name in systems if any(word in name.lower() for word in GENERIC_WORDS)]
    chosen = st.multiselect(
        "Generic systems",
        systems,
        default=likely,
        help="Systems that know nothing about the reader. All others count as personalized.",
    )
    if not chosen or len(chosen) == len(systems):
        st.info("Choose at least one generic system, and leave at least one that is personalized.")
        st.caption(note)
        st.stop()
    return chosen


def show_duels(view: View, criterion: str, selection: frames.Counts, generic: list[str]) -> None:
    """Show win rates against generic outputs by profile, tag or system, and the items on which systems lose."""
    by = st.segmented_control(
        "Against generic outputs, by",
        list(personalization.GROUPINGS),
        default="profile",
        required=True,
        format_func=personalization.GROUPINGS.__getitem__,
    )
    cluster = unit_choice.chosen_units(selection)
    options = {"criterion": criterion, "generic": tuple(generic), "cluster": cluster}
    wins = results.of(view, personalization.win_table, by=by, **options)
    losses = results.of(view, personalization.loss_table, **options)
    st.markdown(duel_sentence(wins, losses))
    if wins["value"].notna().any():
        figure = charts.interval_plot(
            wins,
            label="group",
            value="value",
            axis_title="Win rate of personalized outputs (ties as half)",
            lines={0.5: "no gain"},
        )
        charts.show(figure, "Win rate of personalized against generic outputs with 95% intervals")
    estimates.estimate_table(
        wins,
        f"personalized-{by}",
        title="Personalized against generic outputs, with 95% intervals",
        columns={
            "group": personalization.GROUPINGS[by],
            "value": "Win rate",
            "n_judgments": "Judgments",
            "n_comparisons": "Comparisons",
            "n_items": "Items",
            "units": "Over",
        },
    )
    unit_choice.estimand_note(wins)
    estimates.estimate_table(
        losses,
        "losses-to-generic",
        title="Share of personalized outputs that lose to the generic one of their item",
        columns={
            "system": "System",
            "value": "Loses",
            "n_items": "Outputs",
            "n_sources": "Sources",
            "units": "Over",
        },
    )
    unit_choice.estimand_note(losses)


def duel_sentence(wins: pd.DataFrame, losses: pd.DataFrame) -> str:
    """Return whether personalization helps, and for whom it clearly does and does not, as markdown."""
    first = wins.iloc[0]
    if pd.isna(first["value"]):
        return f"Personalized and generic outputs cannot be compared: {state.escaped(str(first['reason']))}."
    rate = share_text(first["value"], first["low"], first["high"])
    lost = losses.iloc[0]
    loss = share_text(lost["value"], lost["low"], lost["high"])
    groups = wins.iloc[1:]
    helped = groups.loc[groups["low"] > 0.5, "group"].tolist()
    hurt = groups.loc[groups["high"] < 0.5, "group"].tolist()
    told = [
        f"clearly {verb} for {_listed(names)}"
        for verb, names in (("above half", helped), ("below half", hurt))
        if names
    ]
    return (
        f"Personalized outputs win **{rate}** of their judgments against generic ones"
        f"{' (' + '; '.join(told) + ')' if told else ''}, and {loss} of {lost['n_items']:,} personalized outputs lose."
    )


def chosen_distance(view: View) -> Measured | None:
    """Let the researcher choose a distance and return a study's distances; None until they are computed."""
    names = [key for key, metric in METRICS.items() if metric.compares and key != "edit_distance"]
    name = st.selectbox(
        "Distance",
        names,
        index=names.index("rouge_l") if "rouge_l" in names else 0,
        format_func=metric_label,
        help=(
            "Similarities are divided by the largest one and subtracted from 1. The reference represents "
            "what the reader expects."
        ),
    )
    texts = view.table("texts")
    n_pairs = tables.cached_call(personalization.n_text_pairs, texts)
    if not n_pairs:
        st.info(
            "EGISES and PerSEval need sources that were written for several profiles, with a reference for "
            "each profile: the text its reader would have written. This study has none."
        )
        return None
    if METRICS[name].model is None and n_pairs <= AT_ONCE:
        return Measured(name)
    run_key = ("distances", str(state.database_path()), view.study.study_id, texts.data_hash, name)
    run = threads.run_of(run_key)
    if run and run.result is not None:
        return Measured(name, run.result)
    _offer(run_key, name, texts, n_pairs)
    return None


def show_measures(view: View, criterion: str, generic: list[str], measured: Measured) -> None:
    """Show each system's measures, their stability, a comparison with people, and changes between conditions."""
    order, given, cluster = _condition_order(view), _given_distances(), _measure_units()
    ids = store.profile_ids(state.database(), view.study.study_id) if given else {}
    try:
        found = _measured(view, generic, measured, order, given, ids, cluster)
    except InvalidInput as error:
        st.error(state.escaped(str(error)))
        return
    table, stability = found.measures, found.stability
    distance = personalization.given_distance(measured.distance) if given else measured.distance
    estimates.crossed_table(
        table,
        "personalization-measures",
        title=f"Measures of each system by {distance}, with 95% intervals",
        row="label",
        column="system",
        counts={"n_documents": "Documents"},
    )
    unit_choice.estimand_note(table)
    people = personalization.people_table(
        table, results.of(view, analysis.ranking_table, criterion=criterion, cluster="item")
    )
    estimates.crossed_table(
        people.assign(group=people["group"].str.capitalize() + " systems"),
        "measures-and-people",
        title="Pearson's r with win rates over systems, pooled and within groups",
        row="label",
        column="group",
        counts={"n_systems": "Systems"},
    )
    unit_choice.estimand_note(people[people["group"] == "all"])
    estimates.estimate_table(
        stability.assign(
            part=(100 * stability["share"]).round().astype(int).astype(str) + "%",
            measure=[personalization.MEASURES[key].label for key in stability["measure"]],
        ),
        "rank-stability",
        title="Does the order of systems hold with fewer documents?",
        columns={
            "measure": "Measure",
            "part": "Documents kept",
            "value": "Kendall's τ-b with all",
            "n_documents": "Documents",
        },
    )
    unit_choice.estimand_note(stability)
    estimates.estimate_table(
        found.style,
        "style-similarity",
        title="Similarity to the style of the reader's own texts, with 95% intervals",
        columns={
            "system": "System",
            "value": "Cosine of character n-grams",
            "n_outputs": "Outputs",
            "n_profiles": "Profiles",
        },
    )
    unit_choice.estimand_note(found.style)
    if found.changes is not None:
        _show_changes(found.changes)


def _measured(
    view: View,
    generic: list[str],
    measured: Measured,
    order: tuple[str, ...],
    given: tuple[PairDistance, ...],
    profile_ids: dict[str, str],
    cluster: str,
) -> personalization.TextMeasures:
    return tables.cached_call(
        personalization.text_measures,
        view.table("texts"),
        distance=measured.name,
        generic=tuple(generic),
        seed=view.study.seed,
        condition_order=order,
        given=given,
        cluster=cluster,
        beside={"scores": measured.scores, "profile_ids": profile_ids},
    )


def _given_distances() -> tuple[PairDistance, ...]:
    """Let the researcher upload distances, such as people's; () until there are any."""
    with st.expander("Distances from a file, such as people's ratings of how alike two texts are"):
        st.caption(
            "Columns: item (the document), system, profile_1, profile_2, distance from 0 (the same) to 1. "
            "Leave system empty for distances between the texts that readers expect, and profile_2 empty "
            "for the distance to the document. If profile_1 and profile_2 are the same, it is the distance "
            "to the text that the reader expects. Distances that the file lacks are computed as chosen "
            "above. The file is not stored."
        )
        upload = st.file_uploader("File of distances", type=["csv", "jsonl", "parquet"])
    if upload is None:
        return ()
    try:
        return read_distances(upload.getvalue(), upload.name)
    except InvalidInput as error:
        st.error(state.escaped(str(error)))
        return ()


def _measure_units() -> str:
    """Let the researcher choose the units of intervals of measures; the design's come first."""
    return st.selectbox(
        "Intervals of measures over",
        (frames.BY_DESIGN, "source", "profile", "profile x source", "item"),
        format_func=unit_choice.unit_label,
        help="By design: the documents (sources), and the profiles that read several of them, if there are "
        "at least 5 of each. Over sources alone, numbers hold for these profiles only.",
    )


def _condition_order(view: View) -> tuple[str, ...]:
    """Let the researcher rank prompt conditions from poorer to richer, if there are several."""
    conditions = tables.cached_call(personalization.several_conditions, view.table("texts"))
    if not conditions:
        return ()
    declared = store.design(state.database(), view.study.study_id).condition_order
    chosen = st.multiselect(
        "Prompt conditions, from the poorest to the richest",
        conditions,
        default=[one for one in declared if one in conditions],
        format_func=lambda one: one or "(no condition)",
        help="Choose them in this order. You can also set the order in the design, as condition_order.",
    )
    return tuple(chosen) if len(chosen) > 1 else ()


def _show_changes(changes: pd.DataFrame) -> None:
    if (changes["words"] == "no verdict").any():
        st.info(personalization.HOW_TO_DECLARE)
    estimates.estimate_table(
        changes,
        "condition-changes",
        title="EGISES under two prompt conditions, and how it changes towards the richer one",
        columns={
            "system": "System",
            "before": "From",
            "after": "To",
            "before_egises": "EGISES from",
            "after_egises": "EGISES to",
            "words": "Change",
            "value": "Relative change",
            "n_documents": "Documents",
            "units": "Over",
        },
    )
    unit_choice.estimand_note(changes)


def _offer(run_key: tuple[object, ...], name: str, texts: tables.StudyTable, n_pairs: int) -> None:
    """Offer to compute distances in a worker; show its progress."""
    db = state.database()

    @st.fragment(run_every=1.0 if (run := threads.run_of(run_key)) and run.running else None)
    def watch() -> None:
        run = threads.run_of(run_key)
        if run is None or (not run.running and run.error is None):
            label = f"Compare {counted(n_pairs, 'pair')} of texts by {metric_label(name)}"
            if st.button(label, icon=":material/play_arrow:"):
                pairs = tables.computed_from(personalization.text_pairs, texts)
                threads.start(
                    run_key,
                    lambda report, stopped: scoring.score_pairs(
                        db, name, pairs, progress=report, stopped=stopped
                    ),
                )
                st.rerun()
        elif run.running:
            part = run.progress.part if run.progress else 0.0
            st.progress(part, str(run.progress or "Starting"))
            if st.button("Stop", icon=":material/stop:"):
                threads.stop(run_key)
        else:
            st.error(f"The comparison stopped: {run.error}")
            if st.button("Try again"):
                threads.dismiss(run_key)
                st.rerun()
        if run and not run.running and run.result is not None:
            st.rerun()

    watch()


def _listed(names: list[str]) -> str:
    shown = [state.escaped(name) for name in names[:4]]
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(shown) + more
