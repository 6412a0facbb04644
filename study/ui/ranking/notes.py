"""Notes shared by several sections of the ranking."""

import pandas as pd
import streamlit as st

from study import analysis
from study.ui import state


def show_side_note(ranking: pd.DataFrame) -> None:
    """Show the effect of the left side on a ranking, if it has one."""
    if note := analysis.effect_of_side(ranking):
        st.warning(state.escaped(note), icon=":material/align_horizontal_left:")
