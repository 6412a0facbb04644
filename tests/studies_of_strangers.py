"""A study that strangers judge: material with shared sources, checks of all kinds, hidden repeats."""

from dataclasses import replace

from study import store
from study.protocol.design import Checks, Design, Question
from tests.conftest import small_study

CHECKS = Checks(attention=2, gold=2, wrong_profile=2, every=4, repeats=2, lag=4)
CRITERION = Question(key="fit", question="Which one suits this reader better?")


def strangers_study(db: store.Database, study_id: str, *, n_items: int = 40, **rules: object) -> Design:
    """Save and launch a study of three comparisons per item, with as many checks as anybody gets."""
    design = Design(criteria=(CRITERION,), **({"overlap": 5, "quota": 16, "checks": CHECKS} | rules))  # type: ignore[arg-type]
    records = small_study(study_id, n_items=n_items + 2, design=design)
    records.study = replace(records.study, state="draft", seed=sum(map(ord, study_id)))
    store.save_records(db, records)
    system = {output.output_id: output.system for output in records.outputs}
    gold = {one.task.task_id: system[one.output_a_id] for one in records.comparisons()[-6:]}
    store.set_expected(db, study_id, "gold", gold)
    store.add_checks(db, study_id, attention=6, wrong_profile=12)
    store.set_state(db, study_id, "live")
    return design
