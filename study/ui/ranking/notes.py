"""Notes that several sections of the ranking show."""

import pandas as pd
import streamlit as st

from study import analysis
from study.ui import state


def side_note(ranking: pd.DataFrame) -> None:
    """Show what the left side has to do with a ranking, where it has something."""
    if note := analysis.side_note(ranking):
        st.warning(state.escaped(note), icon=":material/align_horizontal_left:")
