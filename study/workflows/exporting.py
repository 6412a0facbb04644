"""Exports: read the long table or the whole study, apply a tier, write the file, and note it in the audit log."""

from dataclasses import dataclass, replace

import pandas as pd

from study import frames, store
from study.formats import ANSWER_EXPORTERS, EXPORTERS, STUDY_EXPORTERS
from study.formats.export import Exported, Exporter, StudyExporter, standing
from study.formats.tiers import Release, Tier, write_released
from study.formats.writers.bundle import StudyTables
from study.records import JsonObject, StudyRecords
from study.tables import lookup
from study.wording import counted, form

FORMATS: dict[str, Exporter | StudyExporter] = {**EXPORTERS, **ANSWER_EXPORTERS, **STUDY_EXPORTERS}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of an export: the study, format, tier and population, and whether ids and texts are included."""

    study_id: str
    format: str
    tier: Tier
    population: frames.Population = "human"
    external_ids: bool = False
    texts: bool = True
    withdrawn: bool = False

    def arguments(self) -> list[str]:
        """Return the arguments of the command that writes the same file."""
        arguments = ["export", "--study", self.study_id, "--format", self.format, "--tier", self.tier]
        arguments += ["--population", self.population]
        arguments += ["--include-external-ids"] if self.external_ids else []
        arguments += ["--withdrawn"] if self.withdrawn else []
        return arguments + ([] if self.texts else ["--withhold-texts"])


@dataclass(frozen=True, slots=True)
class Taken:
    """The data of an export, read in one snapshot; ``tables`` is None unless the format holds the whole study."""

    wanted: Wanted
    judgments: pd.DataFrame
    hash_key: bytes
    tables: tuple[StudyRecords, pd.DataFrame, pd.DataFrame, pd.DataFrame] | None


def exported_file(db: store.Database, wanted: Wanted) -> Exported:
    """Read a study and return the exported file."""
    return written(take(db, wanted))


def take(db: store.Database, wanted: Wanted) -> Taken:
    """Read the data of an export."""
    lookup(FORMATS, wanted.format, "export format")
    study_id = wanted.study_id
    with db.moment():
        of_answers = wanted.format in ANSWER_EXPORTERS
        judgments = (store.answers if of_answers else store.judgments)(db, study_id, texts=True)
        key = store.hash_key(db, study_id)
        if of_answers or wanted.format in EXPORTERS:
            return Taken(wanted, judgments, key, None)
        records = store.study_records(db, study_id)
        return Taken(
            wanted,
            judgments,
            key,
            (
                records,
                store.answers(db, study_id, texts=True),
                store.metric_scores(db, study_id),
                store.verdicts(db, study_id),
            ),
        )


def written(taken: Taken) -> Exported:
    """Return the file made from the data of an export."""
    wanted = taken.wanted
    judgments = frames.of_population(taken.judgments, wanted.population)
    notes: tuple[str, ...] = ()
    if not wanted.withdrawn:
        judgments, n_withdrawn = standing(judgments)
        if n_withdrawn:
            left = f"{counted(n_withdrawn, 'judgment')} of withdrawn comparisons {form(n_withdrawn, 'is', 'are')}"
            notes = (f"{left} left out; --withdrawn writes them.",)
    rules = Release(wanted.tier, taken.hash_key, wanted.texts)
    if taken.tables is None:
        exporter = (EXPORTERS | ANSWER_EXPORTERS)[wanted.format]
        made = write_released(exporter, judgments, rules, include_external_ids=wanted.external_ids)
        return replace(made, notes=(*made.notes, *notes))
    records, answers, scores, verdicts = taken.tables
    answers = frames.of_population(answers, wanted.population)
    if not wanted.withdrawn:
        answers, _ = standing(answers)
        records.tasks = [one for one in records.tasks if one.withdrawn is None]
        kept = {one.task_id for one in records.tasks}
        records.task_outputs = [one for one in records.task_outputs if one.task_id in kept]
    made = STUDY_EXPORTERS[wanted.format].write(
        StudyTables(records, judgments, answers, scores, verdicts), rules
    )
    return replace(made, notes=(*made.notes, *notes))


def log_release(db: store.Database, wanted: Wanted) -> None:
    """Note an export and its options in the audit log."""
    store.log_action(db, "exported", wanted.study_id, details_of(wanted))


def details_of(wanted: Wanted) -> JsonObject:
    """Return the details of an export for the audit log."""
    return {
        "what": wanted.format,
        "tier": wanted.tier,
        "population": wanted.population,
        "external_ids": wanted.external_ids,
        "texts": wanted.texts,
        "withdrawn": wanted.withdrawn,
    }
