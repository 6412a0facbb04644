"""Does anything give a system or a person away? Leaks, personal data, and how far length and format identify systems."""

import streamlit as st

from study import audit
from study.ui import state
from study.ui.shared import estimates, heading
from study.ui.studies import audit as audit_words

state.require_researcher()

heading.page_title("Blinding audit")
study = state.chosen_study()
st.caption(state.title_of(study))
texts = audit_words.texts(study.study_id)
if not texts.outputs:
    st.info("This study has no outputs yet: import some first.")
    st.stop()

leaks = audit.find_leaks(texts)
st.markdown(audit_words.leak_sentence(leaks, texts))
if len(leaks):
    estimates.estimate_table(
        leaks,
        "leaks",
        title="Leaks",
        columns={
            "label": "Leak",
            "place": "Where",
            "name": "Name",
            "system": "System",
            "excerpt": "Excerpt",
            "why": "Why",
        },
    )
st.subheader("Personal data", divider="gray")
personal = audit.find_personal(texts, audit_words.own_texts(study.study_id))
st.markdown(audit_words.personal_sentence(personal))
if len(personal):
    estimates.estimate_table(
        personal,
        "personal-data",
        title="Personal data, masked as in shared and public exports",
        columns={
            "label": "What",
            "place": "Where",
            "name": "Name",
            "system": "System",
            "count": "How often",
            "excerpt": "Masked",
        },
    )
st.caption(
    "The search covers addresses, phone numbers, ids, payment cards, bank accounts and handles, by format and check digits, "
    "in all texts and forms. It does not find names: read the texts of real people before you publish them."
)
st.subheader("Length and format", divider="gray")
named, chance = audit.prediction(texts, seed=study.seed)
st.markdown(audit_words.surface_sentence(named, chance))
estimates.estimate_table(
    audit.feature_table(texts),
    "surface",
    title="Length and format, most revealing first, with 95% intervals over items",
    columns={
        "feature": "Feature",
        "system": "System",
        "mean": "Mean",
        "others": "Others' mean",
        "auc": "P(more than others)",
        "n_outputs": "Outputs",
    },
)
st.caption(
    "How this is computed: outputs, profiles and requests are searched for names of models, makers, systems, conditions and "
    "files, addresses, control and invisible characters, and beginnings, endings and layouts of one system only. P(more "
    "than others): the probability that an output of the system has more than one of another (0.5: no difference; Mann and "
    "Whitney 1947). Intervals leave out one item at a time (jackknife, t), uncorrected for the number of rows. Systems are "
    "named from length and format by ridge regression, five folds of items; interval: jackknife over items. "
    "Such a difference is not a leak in itself, but raters can learn it."
)
