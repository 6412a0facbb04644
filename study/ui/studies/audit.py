"""A blinding audit in plain words."""

import numpy as np
import pandas as pd

from study import audit, store
from study.stats.resampling import Estimate
from study.ui import state
from study.ui.shared import tables
from study.wording import counted, form, share_text


def texts(study_id: str) -> audit.AuditedTexts:
    """Return every text of a study that raters may see; reread after the study has changed."""
    db = state.database()
    return tables.cached_table(
        (study_id, store.data_hash(db, study_id), "texts"),
        lambda: audit.audited_texts(store.audited_outputs(db, study_id), store.shown_texts(db, study_id)),
    )


def own_texts(study_id: str) -> tuple[audit.Text, ...]:
    """Return texts that people wrote themselves: reasons, references, answers to forms."""
    found = store.own_texts(state.database(), study_id)
    return tuple(audit.Text(*map(str, row)) for row in found.itertuples(index=False))


def personal_sentence(found: pd.DataFrame) -> str:
    """Return how much personal data was found, as a sentence."""
    if found.empty:
        return "**No personal data was found** by its format."
    kinds = found.groupby("label")["count"].sum().sort_values(ascending=False)
    listed = ", ".join(
        f"{str(label)[0].lower()}{str(label)[1:]} ({count:,})" for label, count in kinds.items()
    )
    return f"**{counted(int(kinds.sum()), 'piece of personal data was', 'pieces of personal data were')} found** in {counted(len(found), 'text')}: {listed}."


def leak_sentence(leaks: pd.DataFrame, texts: audit.AuditedTexts) -> str:
    """Return how many leaks there are, as a sentence."""
    searched = f"{counted(len(texts.outputs), 'output')} and {counted(len(texts.shown), 'profile or request', 'profiles and requests')} were searched"
    if leaks.empty:
        return f"**No leak was found.** {searched}."
    kinds = leaks["label"].value_counts()
    listed = ", ".join(f"{str(label).lower()} ({count:,})" for label, count in kinds.items())
    return f"**{counted(len(leaks), 'leak')} {form(len(leaks), 'was', 'were')} found**: {listed}. {searched}."


def surface_sentence(named: Estimate, chance: float) -> str:
    """Return how well the surface alone identifies systems, as a sentence."""
    if np.isnan(named.value):
        return (
            "It is not known how well length and format distinguish the systems: "
            f"{state.escaped(named.reason or '')}."
        )
    share = share_text(named.value, named.low, named.high)
    if named.low <= chance:
        return (
            f"Length and format do not clearly give the systems away: they name the system of {share} of "
            f"outputs (guessing: {chance:.0%})."
        )
    return (
        f"**Length and format alone name the system of {share} of outputs** (guessing: {chance:.0%}). "
        "Raters who see many outputs may learn to recognise the systems, and may prefer a style rather "
        "than the content."
    )
