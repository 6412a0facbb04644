"""Files to records and back: IMPORTERS read studies, EXPORTERS write the long table.

Pages and the command line start at :mod:`study.formats.reading`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from study.formats.export import Exporter, StudyExporter
from study.formats.readers.battles import (
    BATTLE_FIELDS,
    BATTLE_VOTE_FIELDS,
    read_battle_votes,
    read_battles,
)
from study.formats.readers.bundle import BUNDLE_FIELDS, read_bundle
from study.formats.readers.columns import Fields
from study.formats.readers.options import ImportOptions, id_from_name, new_study
from study.formats.readers.outputs import OUTPUT_FIELDS, read_outputs
from study.formats.readers.pairs import PAIR_FIELDS, read_pairs
from study.formats.readers.ratings import RATING_FIELDS, read_ratings
from study.formats.readers.scores import EXTERNAL_FIELDS, read_scores
from study.formats.readers.verdicts import VERDICT_FIELDS, read_verdicts
from study.formats.readers.votes import VOTE_FIELDS, read_votes
from study.formats.writers.answers import (
    ANSWER_COLUMNS,
    MATRIX_COLUMNS,
    write_answers_csv,
    write_answers_jsonl,
    write_answers_parquet,
    write_ratings_matrix,
)
from study.formats.writers.battles import BATTLE_COLUMNS, write_battles
from study.formats.writers.bundle import write_bundle
from study.formats.writers.heds import write_heds
from study.formats.writers.long import LONG_COLUMNS, write_long_csv, write_long_jsonl, write_long_parquet
from study.formats.writers.preferences import PREFERENCE_COLUMNS, write_preferences
from study.records import StudyRecords

__all__ = [
    "ANSWER_EXPORTERS",
    "EXPORTERS",
    "IMPORTERS",
    "STUDY_EXPORTERS",
    "Exporter",
    "ImportOptions",
    "Importer",
    "StudyExporter",
    "id_from_name",
    "new_study",
]


@dataclass(frozen=True, slots=True)
class Importer:
    """An import format: its reader, the fields of its tables, and whether it adds to an existing study.

    With ``makes``, a file that names no existing study makes one. Without being asked for, the format is only taken if a file
    has the columns ``known_by``, too.
    """

    read: Callable[..., StudyRecords]
    label: str
    fields: dict[str, Fields]
    adds: bool = False
    makes: bool = False
    known_by: tuple[str, ...] = ()

    def makes_study(self, known: StudyRecords | None) -> bool:
        """Return whether a file makes a new study."""
        return not self.adds or (self.makes and known is None)


IMPORTERS: dict[str, Importer] = {
    "bundle": Importer(read_bundle, "A folder or zip: study.yaml, items, outputs, profiles", BUNDLE_FIELDS),
    "pairs": Importer(read_pairs, "A table with one row per pair", {"pairs": PAIR_FIELDS}),
    "outputs": Importer(read_outputs, "A table with one row per output", {"outputs": OUTPUT_FIELDS}),
    "votes": Importer(
        read_votes, "Judgments made elsewhere, for an existing study", {"votes": VOTE_FIELDS}, True
    ),
    "battles": Importer(
        read_battles, "Battles judged by people, with their conversations", {"battles": BATTLE_FIELDS}
    ),
    "battle_votes": Importer(
        read_battle_votes,
        "Battles judged by people, for an existing study",
        {"battle_votes": BATTLE_VOTE_FIELDS},
        True,
    ),
    "verdicts": Importer(
        read_verdicts,
        "Verdicts of an automatic judge, for an existing study",
        {"verdicts": VERDICT_FIELDS},
        True,
    ),
    "ratings": Importer(
        read_ratings,
        "Ratings of outputs by people, for an existing study or a new one",
        {"ratings": RATING_FIELDS},
        True,
        True,
        ("rater", "value"),
    ),
    "scores": Importer(
        read_scores,
        "Metric scores from elsewhere, for an existing study",
        {"scores": EXTERNAL_FIELDS},
        True,
    ),
}

EXPORTERS: dict[str, Exporter] = {
    "long_csv": Exporter(
        write_long_csv, "Judgments, one per row (CSV)", "judgments.csv", "text/csv", LONG_COLUMNS
    ),
    "long_jsonl": Exporter(
        write_long_jsonl,
        "Judgments, one per row (JSON lines)",
        "judgments.jsonl",
        "application/x-ndjson",
        LONG_COLUMNS,
    ),
    "long_parquet": Exporter(
        write_long_parquet,
        "Judgments, one per row (Parquet)",
        "judgments.parquet",
        "application/vnd.apache.parquet",
        LONG_COLUMNS,
    ),
    "battles_csv": Exporter(write_battles, "Arena battles (CSV)", "battles.csv", "text/csv", BATTLE_COLUMNS),
    "preferences_jsonl": Exporter(
        write_preferences,
        "Preference pairs: prompt, chosen, rejected (JSON lines)",
        "preferences.jsonl",
        "application/x-ndjson",
        PREFERENCE_COLUMNS,
    ),
}

ANSWER_EXPORTERS: dict[str, Exporter] = {
    "answers_csv": Exporter(
        write_answers_csv,
        "Answers other than preferences, one value per row (CSV)",
        "answers.csv",
        "text/csv",
        ANSWER_COLUMNS,
    ),
    "answers_jsonl": Exporter(
        write_answers_jsonl,
        "Answers other than preferences, one value per row (JSON lines)",
        "answers.jsonl",
        "application/x-ndjson",
        ANSWER_COLUMNS,
    ),
    "answers_parquet": Exporter(
        write_answers_parquet,
        "Answers other than preferences, one value per row (Parquet)",
        "answers.parquet",
        "application/vnd.apache.parquet",
        ANSWER_COLUMNS,
    ),
    "ratings_matrix": Exporter(
        write_ratings_matrix,
        "Ratings and other numbers, a column per rater (CSV)",
        "ratings.csv",
        "text/csv",
        MATRIX_COLUMNS,
    ),
}
"""Of answers other than preferences."""

STUDY_EXPORTERS: dict[str, StudyExporter] = {
    "bundle": StudyExporter(
        write_bundle,
        "The whole study, to be imported again (zip of study.yaml and tables)",
        "bundle.zip",
        "application/zip",
    ),
    "heds": StudyExporter(
        write_heds, "Human Evaluation Datasheet, to be completed (Markdown)", "heds.md", "text/markdown"
    ),
}
