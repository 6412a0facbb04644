"""The one home of SQL: everything that reads or writes the database."""

from study.store.backup import backup
from study.store.database import DEFAULT_PATH, Database, journal_path, open_database
from study.store.judgments import (
    Task,
    current_task,
    last_judgment,
    log_early_click,
    progress,
    record_judgment,
    skip,
    undo,
)
from study.store.raters import enrol, rater_by_token, rater_of_device, raters, set_status
from study.store.reading import Material, coded_judgments, data_hash, judgments, material
from study.store.scores import (
    cache_scores,
    cached_scores,
    delete_scores,
    metric_scores,
    output_texts,
    save_scores,
)
from study.store.studies import (
    comparison_count,
    design,
    events,
    overview,
    save_records,
    set_design,
    set_state,
    studies,
    study,
    study_by_link,
    study_records,
)
from study.store.verdicts import save_verdicts, verdicts

__all__ = [
    "DEFAULT_PATH",
    "Database",
    "Material",
    "Task",
    "backup",
    "cache_scores",
    "cached_scores",
    "coded_judgments",
    "comparison_count",
    "current_task",
    "data_hash",
    "delete_scores",
    "design",
    "enrol",
    "events",
    "journal_path",
    "judgments",
    "last_judgment",
    "log_early_click",
    "material",
    "metric_scores",
    "open_database",
    "output_texts",
    "overview",
    "progress",
    "rater_by_token",
    "rater_of_device",
    "raters",
    "record_judgment",
    "save_records",
    "save_scores",
    "save_verdicts",
    "set_design",
    "set_state",
    "set_status",
    "skip",
    "studies",
    "study",
    "study_by_link",
    "study_records",
    "undo",
    "verdicts",
]
