"""Notes shared by several sections of the ranking."""

import pandas as pd
import streamlit as st

from study import analysis
from study.ui import state


def side_note(ranking: pd.DataFrame) -> None:
    """Show the effect of the left side on a ranking, if it has one."""
    if note := analysis.side_note(ranking):
        st.warning(state.escaped(note), icon=":material/align_horizontal_left:")
