"""`streamlit`, where every page is slow, and whose export page fails with an error that quotes what nobody may read."""

import sys
from typing import NoReturn

from streamlit.web.cli import main

from study import logs, store
from study.errors import DatabaseError
from tests.security.strangers import PROLIFIC_ID, RATIONALE


def fail(*arguments: object, **options: object) -> NoReturn:
    raise RuntimeError(f"{RATIONALE} {arguments} {options}")


def refuse(*arguments: object, **options: object) -> NoReturn:
    raise DatabaseError(f"The database could not save this: {PROLIFIC_ID} {arguments} {options}")


if __name__ == "__main__":
    logs.SLOW_SECONDS = 0
    store.data_hash = fail
    store.withdraw = refuse
    sys.exit(main())
