"""What somebody adds to a copy of the program, as README.md says: one function and one line each, or one file and one line."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Addition:
    """A function, put before the table, and a line in it, put after the line that opens it."""

    path: str
    opening: str
    function: str
    line: str
    imports: str = ""

    def put_into(self, root: Path) -> None:
        """Change the file of a copy."""
        path = root / self.path
        before, opening, after = path.read_text("utf-8").partition(f"\n{self.opening}\n")
        assert opening, f"{self.path} has no line {self.opening!r}"
        start, _, rest = before.partition('"""\n\n') if self.imports else ("", "", before)
        text = f'{start}"""\n\n{self.imports}\n{rest}' if self.imports else before
        path.write_text(f"{text}\n{self.function}\n{opening}    {self.line}\n{after}", "utf-8")


STATISTICS = (
    Addition(
        "study/stats/agreement/coefficients.py",
        "AGREEMENT: dict[str, AgreementStatistic] = {",
        "def copied_agreement(totals):\n    return percent_agreement(totals)\n",
        '"copied_agreement": AgreementStatistic('
        'copied_agreement, "Copied agreement", "Nobody 2026", (0, 1), scale="nominal"),',
    ),
    Addition(
        "study/stats/agreement/icc.py",
        "ICC: dict[str, IccStatistic] = {",
        "def copied_icc(squares, confidence_level):\n    return icc_1_1(squares, confidence_level)\n",
        '"copied_icc": IccStatistic(copied_icc, "Copied ICC", "Nobody 2026", (-1, 1), '
        'scale="ordered", one_way=True, sees_levels=True),',
    ),
    Addition(
        "study/stats/correlation/accuracy.py",
        "ACCURACY: dict[str, AccuracyStatistic] = {",
        "def copied_accuracy(outcomes):\n    return outcomes.alike, outcomes.person_decides\n",
        '"copied_accuracy": AccuracyStatistic(copied_accuracy, "Copied accuracy", "Nobody 2026", (0, 1), '
        'ties="metric ties wrong", counts_human_ties=False, counts_metric_ties=True),',
    ),
    Addition(
        "study/stats/correlation/coefficients.py",
        "COEFFICIENTS: dict[str, CoefficientStatistic] = {",
        "def copied_r(x, y):\n    return paired_pearson(x, y)\n",
        '"copied_r": CoefficientStatistic(copied_r, "Copied r", "Nobody 2026", (-1, 1), counts_ties=False),',
    ),
    Addition(
        "study/stats/ranking/tie_likelihoods.py",
        "TIE_MODELS: dict[str, TieStatistic] = {",
        "def copied_model(points):\n    return _davidson(points)\n",
        '"copied_model": TieStatistic(copied_model, "Copied model", "Nobody 2026", '
        'ties="A tie is a tie.", parameter="ν again"),',
    ),
    Addition(
        "study/analysis/personalization/measure_definitions.py",
        "MEASURES: dict[str, Measure] = {",
        "def copied_measure(distances):\n    return egises(distances)\n",
        '"copied_measure": Measure(copied_measure, "Copied measure (0 best)", False),',
    ),
)

METRIC = Addition(
    "study/metrics/lexical/__init__.py",
    "LEXICAL = (",
    "def shouting(batch):\n"
    '    return [(sum(letter.isupper() for letter in text) / 1, None) for text in batch.column("output")]\n',
    'Metric("shouting", "Capital letters", shouting, (), "shouting|version:1", None, "Nobody 2026"),',
    "from study.metrics.metric import Metric",
)

CONTENT_KIND = Addition(
    "study/content_kinds.py",
    "CONTENT_KINDS: dict[str, ContentKind] = {",
    "def recipe(content):\n"
    '    return [("line", f"step {n}: {step}") for n, step in enumerate(content["steps"], 1)]\n',
    '"recipe": ContentKind(recipe, "steps", TEXTS, "what to do, step by step", ["Boil.", "Serve."]),',
)

SCALE = Addition(
    "study/responses.py",
    "RESPONSE_FORMATS: dict[str, ResponseFormat] = {",
    "",
    '"preference_2": ResponseFormat("A or B", (Option("left", "Left one", ("1",), "left", 1), '
    'Option("right", "Right one", ("2",), "right", 1))),',
)

READER = Addition(
    "study/formats/__init__.py",
    "IMPORTERS: dict[str, Importer] = {",
    "",
    '"answers": Importer(read_answers, "Answers of systems to requests", {"answers": ANSWER_FIELDS}),',
    "from study.formats.readers.answers import ANSWER_FIELDS, read_answers",
)
READER_FILE = '''"""Answers of systems to requests: ask, by, said."""

from study.formats.readers import cells
from study.formats.readers.columns import Field, understood
from study.formats.readers.comparisons import drawn_comparisons
from study.records import Item, Output, StudyRecords, stable_id, text_content

ANSWER_FIELDS = {
    "ask": Field("the request", required=True),
    "by": Field("the system", required=True),
    "said": Field("its answer", required=True),
}


def read_answers(table, *, study, columns=None, options=None):
    """Return the study that a table of answers describes."""
    rows, problems = understood(table, ANSWER_FIELDS, columns), table.problems()
    asked = cells.names(rows, "ask", problems, required=True)
    systems = cells.names(rows, "by", problems, required=True)
    contents = cells.contents(rows, "said", problems, "text")
    problems.stop()
    items = {
        one: Item(stable_id(study.study_id, one), study.study_id, one, one, None, text_content(one))
        for one in dict.fromkeys(asked)
    }
    outputs = [
        Output(stable_id(study.study_id, one, by), study.study_id, items[one].item_id, by, "", said)
        for one, by, said in zip(asked, systems, contents, strict=True)
    ]
    records = StudyRecords(study, [], list(items.values()), outputs)
    records.add_comparisons(drawn_comparisons(study, records.items, outputs))
    return records
'''

WRITER = Addition(
    "study/formats/__init__.py",
    "EXPORTERS: dict[str, Exporter] = {",
    "",
    '"winners": Exporter(write_winners, "Winners alone", "winners.txt", "text/plain", ("preferred_system",)),',
    "from study.formats.writers.winners import write_winners",
)
WRITER_FILE = '''"""Winners alone, one a line."""

from study.formats.export import Exported, cells_of, main_answers


def write_winners(judgments, *, include_external_ids=False):
    """Return the preferred system of each answer."""
    answers, notes = main_answers(judgments)
    winners = "\\n".join(str(one) for one in cells_of(answers, "preferred_system"))
    return Exported(winners.encode(), notes)
'''

PAGE = Addition(
    "app.py",
    '        "Data": [_researcher_page("export", "Export")],',
    "",
    '    "Own": [_researcher_page("own", "Own page")],',
)
PAGE_FILE = '''"""How many studies there are."""

import streamlit as st

from study import store
from study.ui import state

state.require_viewer()
st.title(f"{len(store.all_studies(state.database()))} studies")
'''

FILES = {
    "study/formats/readers/answers.py": READER_FILE,
    "study/formats/writers/winners.py": WRITER_FILE,
    "pages/researcher/own.py": PAGE_FILE,
}
ADDITIONS = (*STATISTICS, METRIC, CONTENT_KIND, SCALE, READER, WRITER, PAGE)
