"""Limits on a table's size after reading: a small file can expand beyond the machine's memory."""

from study.formats.problems import refuse

MOST_COLUMNS = 2_000
MOST_CELLS = 100_000_000
MOST_CHARACTERS = 1 << 30


def refuse_huge(name: str, n_rows: int, n_columns: int) -> None:
    """Raise InvalidInput for a table with too many columns or cells."""
    if n_columns > MOST_COLUMNS:
        refuse(name, f"{n_columns:,} columns; at most {MOST_COLUMNS:,} are read")
    if n_rows * n_columns > MOST_CELLS:
        refuse(name, f"{n_rows * n_columns:,} cells; at most {MOST_CELLS:,} are read; split the file")


def refuse_long(name: str, n_characters: int) -> None:
    """Raise InvalidInput for a table with too much text in total."""
    if n_characters > MOST_CHARACTERS:
        refuse(name, f"it has more than {MOST_CHARACTERS:,} characters once it is read; split the file")
