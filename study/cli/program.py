"""The program to which every command is added."""

import typer

HELP = """Blindpair: blind pairwise studies of personalized outputs.

Every command works on one database: --db, or the variable BLINDPAIR_DB, or the file data/blindpair.duckdb.

\b
Examples:
  python -m study init-demo
  python -m study import pairs.csv --study headlines
  python -m study analyze ranking --study demo --population simulated
"""

app = typer.Typer(
    name="study",
    help=HELP,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
