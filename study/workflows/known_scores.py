"""What is scored of a study's texts before a run of metrics; for the preview of the run."""

from collections.abc import Mapping

import pyarrow as pa

from study import store
from study.workflows.scoring_plan import Signed


def known_scores(
    db: store.Database, study_id: str, meant: Mapping[str, Signed]
) -> dict[str, dict[str, pa.Table]]:
    """Return what ``scoring_plan.extents`` takes beside the texts.

    Parameters
    ----------
    db : Database
    study_id : str
    meant : mapping of str to Signed
        From ``scoring_plan.signed``, without names that mean nothing.
    """
    return {
        "known": {name: store.known_hashes(db, one.signature) for name, one in meant.items()},
        "earlier": {name: store.known_hashes(db, one.earlier) for name, one in meant.items() if one.earlier},
        "stored": {
            name: store.scored_outputs(db, study_id, one.name, one.signature) for name, one in meant.items()
        },
    }
