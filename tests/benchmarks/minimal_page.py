"""The floor: the least Streamlit page that shows two texts side by side and stores one row per click."""

import os
import threading

import duckdb
import streamlit as st

_lock = threading.Lock()


def connection() -> duckdb.DuckDBPyConnection:
    with _lock:
        if not hasattr(threading, "_minimal_connection"):
            new = duckdb.connect(os.environ["BLINDPAIR_DB"])
            new.execute("create table if not exists answer (pair integer, answer varchar)")
            threading._minimal_connection = new  # type: ignore[attr-defined]
        return threading._minimal_connection.cursor()  # type: ignore[attr-defined,no-any-return]


def store(pair: int, answer: str) -> None:
    connection().execute("insert into answer values (?, ?)", [pair, answer])
    st.session_state.pair = pair + 1


st.set_page_config(layout="wide")
pair = st.session_state.setdefault("pair", 0)
for column, letter in zip(st.columns(2), "AB", strict=True):
    column.text(f"Text {letter} of pair {pair}", width="stretch")
    column.button(f"{letter} is better", on_click=store, args=(pair, letter), key=f"answer_{letter}")
