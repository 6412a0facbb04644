"""The scores that a study's texts have before a run of metrics, for the preview of the run."""

from collections.abc import Mapping

import pyarrow as pa

from study import store
from study.workflows.scoring_plan import Signed


def known_scores(
    db: store.Database, study_id: str, meant: Mapping[str, Signed]
) -> dict[str, dict[str, pa.Table]]:
    """Return the arguments of ``scoring_plan.extents`` other than the texts.

    Parameters
    ----------
    db : Database
    study_id : str
    meant : mapping of str to Signed
        From ``scoring_plan.signed``, without names that have no signature.
    """
    return {
        "known": {name: store.known_hashes(db, one.signature) for name, one in meant.items()},
        "earlier": {name: store.known_hashes(db, one.earlier) for name, one in meant.items() if one.earlier},
        "stored": {
            name: store.scored_outputs(db, study_id, one.name, one.signature) for name, one in meant.items()
        },
    }
