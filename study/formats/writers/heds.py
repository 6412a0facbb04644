"""A Human Evaluation Datasheet of a study as Markdown, in the sections of HEDS 3.0 (Belz and Thomson 2025).

Answers that follow from the study are filled in; those that only the researcher knows are marked. The questions are
paraphrased, in the order of the sections; the HEDS form has their full wording: https://nlp-heds.github.io
"""

from collections.abc import Iterable, Sequence

import pandas as pd

from study import __version__
from study.answers import kind_of
from study.formats.export import Exported
from study.formats.tiers import Release
from study.formats.writers.bundle import StudyTables
from study.protocol.design import Design, Question, parse_design
from study.records import CHECK_SYSTEM
from study.responses import RESPONSE_FORMATS
from study.wording import counted

TO_FILL = "**[to be filled]**"
Answer = tuple[str, str]


def write_heds(study: StudyTables, release: Release) -> Exported:
    """Return the datasheet; the contact is in the internal tier only."""
    design = parse_design(study.records.study.design)
    parts = [
        f"# Human Evaluation Datasheet: {_plain(study.records.study.title)}",
        "In the sections of HEDS 3.0 (Belz and Thomson 2025), made by Blindpair "
        f"{__version__} from the study `{study.records.study.study_id}`, design `{study.records.study.design_hash[:12]}`. "
        f"{TO_FILL} marks what only the researcher knows.",
        _section("1. Main reference and supplementary resources", _resources(study, design, release)),
        _section("2. Evaluated systems", _systems(study)),
        _section("3. Sample of outputs, evaluators and experimental design", _sample(study, design)),
        "## 4. Definition and operationalisation of quality criteria",
        *((_criterion if one.is_preference else _question)(one, design) for one in design.questions),
        _section("5. Ethics", _ethics(design)),
    ]
    text = "\n\n".join(parts) + "\n"
    note = f"{text.count(TO_FILL) - 1} answers are to be filled in by you"
    return Exported(text.encode("utf-8", "replace"), (note,))


def _section(title: str, answers: Iterable[Answer]) -> str:
    return "\n\n".join([f"## {title}", _list(answers)])


def _list(answers: Iterable[Answer]) -> str:
    return "\n".join(f"- {question}: {answer}" for question, answer in answers)


def _plain(text: str) -> str:
    """Return a text on one line, escaped for Markdown and HTML."""
    line = " ".join(text.split())
    for sign in "\\`*_[]<>#|":
        line = line.replace(sign, "\\" + sign)
    return line


def _quoted(text: str) -> str:
    return f'"{_plain(text)}"' if text.strip() else "none"


def _named(counts: pd.Series) -> str:
    return ", ".join(f"{_plain(str(name))} ({int(count):,})" for name, count in counts.items()) or "none"


def _resources(study: StudyTables, design: Design, release: Release) -> Sequence[Answer]:
    plan = (
        f"frozen with the design at the launch: {_quoted(design.analysis_plan)}"
        if design.analysis_plan
        else ""
    )
    return [
        ("Paper that reports the experiment", TO_FILL),
        (
            "Resources to repeat it (code, data, this file)",
            f"Blindpair {__version__}; address of the data {TO_FILL}",
        ),
        ("Contact", _plain(design.contact) if design.contact and release.tier == "internal" else TO_FILL),
        ("Registered analysis plan", plan or f"none in the design; registration {TO_FILL}"),
        ("Other evaluations in the same paper", TO_FILL),
    ]


def _systems(study: StudyTables) -> Sequence[Answer]:
    outputs = [one for one in study.records.outputs if one.system != CHECK_SYSTEM]
    counts = pd.Series([one.system for one in outputs], dtype="str").value_counts().sort_index()
    conditions = sorted({one.condition for one in outputs} - {""})
    kinds = sorted({str(one.content.get("kind")) for one in outputs})
    inputs = sorted({str(one.content.get("kind")) for one in study.records.items})
    return [
        ("Systems, with the outputs of each", _named(counts)),
        ("Prompt conditions", ", ".join(map(_plain, conditions)) or "one"),
        ("Type of input", f"{', '.join(inputs)}; {TO_FILL} in words"),
        ("Type of output", f"{', '.join(kinds)}; {TO_FILL} in words"),
        ("Task", TO_FILL),
        ("Languages of input and output", TO_FILL),
        ("Models behind the systems, with versions", TO_FILL),
    ]


def _sample(study: StudyTables, design: Design) -> Sequence[Answer]:
    return [*_material(study), *_evaluators(study, design), *_assigned(study, design)]


def _material(study: StudyTables) -> Sequence[Answer]:
    main = [one for one in study.records.tasks if one.purpose == "main"]
    sources = {one.source_id for one in study.records.items}
    return [
        (
            "Size of the sample",
            f"{counted(len(study.records.items), 'item')} of {counted(len(sources), 'source')} for {counted(len(study.records.profiles), 'profile')}; "
            f"{counted(len(main), 'comparison')} of two outputs",
        ),
        ("How the sample was chosen", TO_FILL),
        ("Statistical power, and how the size was decided on", f"{TO_FILL} (the Planning page simulates it)"),
    ]


def _evaluators(study: StudyTables, design: Design) -> Sequence[Answer]:
    raters = study.judgments.drop_duplicates("rater_id")
    sources, status = (
        raters[name].astype("str").value_counts().sort_index() for name in ("rater_source", "rater_status")
    )
    roles = study.judgments.groupby("rater_role", observed=True)["rater_id"].nunique()
    forms = [_plain(one.question) for form in ("screening", "demographics") for one in design.form(form)]
    platform = {"none": "by a link"}.get(design.crowd.platform, f"the platform {design.crowd.platform}")
    return [
        ("Number of evaluators", f"{len(raters):,}; how they came: {_named(sources)}"),
        ("Evaluators by what became of them", _named(status)),
        ("Evaluators who judged outputs made for themselves, and for others", _named(roles)),
        ("Type of evaluators (experts or not, paid or not, known to the authors or not)", TO_FILL),
        ("Recruitment", f"{platform}; {TO_FILL} in words"),
        ("What was asked of them before", "; ".join(forms) or "nothing"),
        (
            "Training and practice",
            f"practice with feedback, {design.practice.pass_mark} right answers needed in {design.practice.attempts} attempts"
            if design.practice.pass_mark
            else "instructions only",
        ),
        ("Characteristics of the evaluators", TO_FILL),
        ("Payment", TO_FILL),
    ]


def _assigned(study: StudyTables, design: Design) -> Sequence[Answer]:
    judged = study.judgments[study.judgments["purpose"].eq("main")]
    per_pair = judged.drop_duplicates(["comparison_id", "rater_id"]).groupby("comparison_id").size()
    seconds = judged["seconds"].dropna().astype("float64")
    checks = {kind: count for kind, count in design.checks.wanted().items() if count}
    factors = [
        f"{one.key} ({one.assigned}): {', '.join(level.key for level in one.levels)}"
        for one in design.factors
    ]
    quota = design.quota if design.quota is not None else "as many as there are"
    return [
        (
            "Judgments",
            f"{len(judged):,} to main comparisons; {len(study.judgments) - len(judged):,} to checks, repeats and practice",
        ),
        ("Evaluators per comparison", f"{design.overlap} aimed at; {_range(per_pair)} reached"),
        ("Comparisons per evaluator", str(quota)),
        (
            "Order and sides",
            f"order {design.order}, seed {study.records.study.seed}; sides balanced per comparison and per evaluator",
        ),
        ("Blinding", "evaluators never receive a system's name, nor any id or file name"),
        ("Experimental factors", "; ".join(factors) or "none"),
        (
            "Quality assurance",
            f"checks per evaluator: {', '.join(f'{kind} {count}' for kind, count in checks.items()) or 'none'}; hidden repeats: "
            f"{design.checks.repeats}; session ended after {design.checks.stop_after or 'no number of'} failed checks; a pair "
            f"stands for at least {design.min_view_seconds:g} s",
        ),
        ("Time per answer", f"median {seconds.median():.1f} s" if len(seconds) else "not known"),
        (
            "Where evaluators judged (interface, place, conditions)",
            f"Blindpair in their own browsers; {TO_FILL} if elsewhere",
        ),
        ("Could they ask, correct, and stop", "undo and skip at any time; withdrawal with everything erased"),
        ("Instructions", _quoted(design.instructions)),
        ("How much of the profile they saw", design.disclosure),
    ]


def _range(counts: pd.Series) -> str:
    if counts.empty:
        return "none"
    least, most = int(counts.min()), int(counts.max())
    return str(least) if least == most else f"{least} to {most}"


def _question(question: Question, design: Design) -> str:
    """Return the section of a question that asks for no preference."""
    kind = kind_of(question)
    answers = [
        ("Name", f"`{question.key}`; standardised name (QCET) {TO_FILL}"),
        ("Question put to evaluators", _quoted(question.question)),
        ("Definition given to them", _quoted(question.help)),
        ("Type of quality (correctness, goodness or feature; form, content or both)", TO_FILL),
        ("Scale", kind.words(question)),
        ("Asked about", question.about.replace("_", " ")),
        (
            "Reasons and confidence",
            f"reasons {design.rationale}, confidence {'asked' if design.confidence else 'not asked'}",
        ),
        (
            "How answers become results",
            "raw answers are stored by position and turned into values of outputs",
        ),
    ]
    return f"### {_plain(question.key)}\n\n{_list(answers)}"


def _criterion(criterion: Question, design: Design) -> str:
    """Return the section of one quality criterion."""
    label = RESPONSE_FORMATS[criterion.response_format].label
    besides = ["both are bad"] if criterion.both_bad else []
    answers = [
        ("Name", f"`{criterion.key}`; standardised name (QCET) {TO_FILL}"),
        ("Question put to evaluators", _quoted(criterion.question)),
        ("Definition given to them", _quoted(criterion.help)),
        ("Type of quality (correctness, goodness or feature; form, content or both)", TO_FILL),
        ("Frame of reference", "relative to the other output and to the person that both were made for"),
        ("Scale", f"{label}" + ("" if criterion.ties else ", without ties")),
        ("Besides", ", ".join([*besides, "skip"])),
        ("Form of elicitation", "two outputs side by side, forced choice by a click or a key"),
        (
            "Reasons and confidence",
            f"reasons {design.rationale}, confidence {'asked' if design.confidence else 'not asked'}",
        ),
        (
            "How answers become results",
            "raw answers are stored with the side and turned into preferences on outputs",
        ),
        (
            "Statistics",
            f"preference model, intervals over raters or items, agreement; {TO_FILL} what is reported",
        ),
        ("Agreement of evaluators with each other and with themselves", f"{TO_FILL} (Agreement page)"),
    ]
    return f"### {_plain(criterion.key)}\n\n{_list(answers)}"


def _ethics(design: Design) -> Sequence[Answer]:
    until = (
        f"personal data are kept until {design.retention_until}, then {design.retention_keeps} stay"
        if design.retention_until
        else ""
    )
    return [
        ("Approval by an ethics board", TO_FILL),
        ("Consent", _quoted(design.consent)),
        ("Personal data, and how long they are kept", until or TO_FILL),
        ("Personal data in the outputs and profiles", f"{TO_FILL} (the Audit page screens for them)"),
        ("Special categories of personal data", TO_FILL),
        ("Assessment of impact and of risks for evaluators", TO_FILL),
    ]
