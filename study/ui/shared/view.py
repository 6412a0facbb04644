"""View: the judgments on display."""

from collections.abc import Mapping
from dataclasses import dataclass

from study import frames
from study.protocol.design import Design
from study.records import Study, stable_id
from study.ui.shared import tables


@dataclass(frozen=True, slots=True)
class View:
    """The judgments on display.

    Attributes
    ----------
    study : Study
    design : Design
    judgments : StudyTable
        The long table, from ``store.coded_judgments``.
    subset : Subset
        Which of the judgments count.
    hashes : mapping
        Of ``data_version.data_hashes``.
    """

    study: Study
    design: Design
    judgments: tables.StudyTable
    subset: frames.Subset
    hashes: Mapping[str, str]

    @property
    def data_hash(self) -> str:
        """The hash of everything that analyses read; results are cached under it."""
        return stable_id(*self.hashes.values())

    def table(self, name: str) -> tables.StudyTable:
        """Return another table that analyses read, by its name in ``store.BIG_READS``."""
        return tables.study_table(self.study.study_id, name, self.hashes)

    def counts(self, criterion: str) -> frames.Counts:
        """Return the counts of a criterion's judgments."""
        return tables.cached_call(frames.counts, self.judgments, criterion=criterion, subset=self.subset)

    @property
    def facts(self) -> frames.FilterFacts:
        """The properties by which the study's judgments can be filtered."""
        return tables.cached_call(frames.filter_facts, self.judgments)
