"""The commands on automatic judges: list them, ask one, and report how far to trust their verdicts."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from study import store
from study.cli.analyses import asked_criteria, joined
from study.cli.selection import COUNTED, Selection, selecting
from study.cli.shared import (
    DatabaseOption,
    FormatOption,
    StudyOption,
    TableFormat,
    note,
    note_withdrawn,
    opened,
    print_table,
    progress_bar,
)
from study.errors import InvalidInput, NotFound
from study.metrics.judges import PERSONAS, TEMPLATES, Judge, server_chat, template
from study.store import DEFAULT_PATH
from study.tables import lookup
from study.wording import counted
from study.workers.chat_worker import local_chat
from study.workflows.judge_runs import judge_study

app = typer.Typer(
    help="Ask automatic judges, and compare them with people.", no_args_is_help=True, rich_markup_mode=None
)
REPORTS: dict[str, tuple[str, ...]] = {
    "people": ("criterion", "who", "reference", "value", "low", "high", "n_judgments", "units", "reason"),
    "answers": ("criterion", "judge", "label", "value", "low", "high", "n", "counted", "units", "reason"),
    "failures": ("criterion", "judge", "reason", "failures"),
    "certainty": (
        *("criterion", "judge", "label", "coverage", "coverage_low", "coverage_high"),
        *("value", "low", "high", "n_comparisons", "units", "reason"),
    ),
    "variants": (
        *("criterion", "first", "second", "value", "low", "high", "n_comparisons", "n_differing"),
        *("p_two_sided", "p_holm", "units", "reason"),
    ),
}
NOTHING = {"failures": "No question to a judge has failed."}


@app.command("list")
def list_judges(
    study: Annotated[str | None, typer.Option("--study", help="Also the judges of this study.")] = None,
    format: FormatOption = TableFormat.table,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """List the prompts and the personas for judges; with --study, also the study's judges and their signatures.

    \b
    Example:
      python -m study judges list --study demo
    """
    if study is None:
        rows = [
            {"kind": "template", "key": key, "what": label, "signature": f"prompt:{template(key).hash}"}
            for key, label in TEMPLATES.items()
        ] + [
            {"kind": "persona", "key": key, "what": label, "signature": ""}
            for key, (_, label) in PERSONAS.items()
        ]
        print_table(pd.DataFrame(rows), format)
        return
    with opened(db) as database:
        store.study(database, study)
        verdicts = store.verdicts(database, study).astype(
            {"judge": "str", "criterion": "str", "signature": "str"}
        )
    counted = verdicts.groupby(["judge", "criterion", "signature"])
    table = counted.agg(
        verdicts=("comparison_id", "size"), failures=("preference", lambda cells: cells.isna().sum())
    )
    print_table(table.reset_index(), format, "No automatic judge has been asked about this study.")


@app.command("run")
def run_judge(
    study: StudyOption,
    model: Annotated[
        str, typer.Option(help="The model's name on the server; without --base-url, a folder or a hub name.")
    ],
    base_url: Annotated[
        str | None,
        typer.Option(help="Address of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1."),
    ] = None,
    key_variable: Annotated[
        str | None, typer.Option(help="The environment variable that holds the server's key.")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            help="The name under which the verdicts are stored.", show_default="from model, persona, template"
        ),
    ] = None,
    template_name: Annotated[
        str, typer.Option("--template", help=f"{', '.join(TEMPLATES)}, or a file.")
    ] = "pairwise",
    persona: Annotated[
        str, typer.Option(help=f"What the judge is told about the person: {', '.join(PERSONAS)}.")
    ] = "all",
    attribute: Annotated[
        list[str] | None,
        typer.Option(
            help="A key attribute for --persona key; may be repeated.", show_default="the first two"
        ),
    ] = None,
    criterion: Annotated[
        list[str] | None, typer.Option(help="The key of a criterion; may be repeated.", show_default="all")
    ] = None,
    n_comparisons: Annotated[
        int | None, typer.Option(min=1, help="Ask about at most this many comparisons.", show_default="all")
    ] = None,
    retries: Annotated[
        int, typer.Option(min=0, help="How often to ask again if a reply cannot be read.")
    ] = 3,
    max_tokens: Annotated[int, typer.Option(min=1, help="Most tokens in a reply.")] = 256,
    threads: Annotated[int, typer.Option(min=1, help="Questions asked at once.")] = 4,
    failures_again: Annotated[
        bool, typer.Option("--failures-again", help="Repeat questions that got no readable answer.")
    ] = False,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Ask a judge about the comparisons of a study, in both orders; no question is asked twice.

    Each answer is stored as it comes: if a run is stopped or killed, the next one continues from there.

    \b
    Examples:
      python -m study judges run --study demo --model qwen3 --base-url http://127.0.0.1:8000/v1
      python -m study judges run --study demo --model models/chat --persona none --template pairwise_ties
    """
    short = Path(model).name
    chosen = template(template_name)
    judge = Judge(
        name or f"{short} ({persona}, {chosen.name})",
        short,
        chosen,
        persona,
        tuple(attribute or ()),
        retries,
        max_tokens,
    )
    if base_url is None and key_variable:
        raise InvalidInput("--key-variable is only for a server: give its --base-url as well")
    opened_chat = (
        local_chat(model, max_tokens=max_tokens)
        if base_url is None
        else nullcontext(server_chat(base_url, model, key_variable=key_variable, max_tokens=max_tokens))
    )
    with opened(db) as database, opened_chat as chat, progress_bar() as bar:
        outcome = judge_study(
            database,
            study,
            judge,
            chat,
            criteria=criterion,
            n_comparisons=n_comparisons,
            failures_again=failures_again,
            n_threads=threads,
            progress=lambda progress: bar(progress.part, judge.name),
        )
    note(
        f"{judge.name}: {counted(outcome.asked, 'question')} asked, {outcome.known:,} answered before, "
        f"{counted(outcome.retries, 'reply', 'replies')} requested again."
    )
    for reason, count in outcome.failures.items():
        note(f"{count:,} without an answer: {reason}")


@app.command("report")
@selecting("criterion", "cluster", "format", *COUNTED)
def report(
    selection: Selection,
    what: Annotated[str, typer.Option(help=f"One of {', '.join(REPORTS)}.")] = "people",
    reference: Annotated[
        str,
        typer.Option(
            help="Whose answers count as right, for certainty and variants: owner, third_party or all."
        ),
    ] = "all",
    ties: Annotated[
        str, typer.Option(help="How a judge's tie counts: half (right), wrong, left_out.")
    ] = "half",
    unreadable: Annotated[
        str, typer.Option(help="How an unreadable verdict counts: left_out, wrong, tie.")
    ] = "left_out",
    contrast: Annotated[
        list[str] | None,
        typer.Option(
            help="For variants, a planned comparison such as 'one vs another'; may be repeated. P is then corrected for these alone (Holm).",
            show_default="all pairs of judges",
        ),
    ] = None,
) -> None:
    """Print how judges compare with people, how they answer, how far to trust their certainty, or tests between them.

    \b
    Examples:
      python -m study judges report --study demo --what certainty --reference owner
      python -m study judges report --study demo --what variants --contrast "persona vs no persona"
    """
    from study.analysis import judges

    lookup(REPORTS, what, "report")
    study, cluster, subset = selection.study, selection.cluster, selection.subset
    with opened(selection.db) as database:
        design = store.design(database, study)
        judgments, verdicts = store.coded_judgments(database, study), store.verdicts(database, study)
    if verdicts.empty:
        raise NotFound(f"study {study!r} has no verdicts: ask a judge with `judges run`, or import verdicts")
    keys = asked_criteria(design, selection)
    note_withdrawn(judgments, subset)
    rule = {"cluster": cluster, "ties": ties, "unreadable": unreadable}
    tables = {}
    for key in keys:
        options: dict[str, Any] = {"criterion": key, "subset": subset, **rule}
        if what == "answers":
            tables[key] = judges.answer_table(verdicts, criterion=key, cluster=cluster)
        elif what == "failures":
            tables[key] = judges.failure_table(verdicts, criterion=key)
        elif what == "people":
            tables[key] = judges.owner_table(judgments, verdicts, **options)
        elif what == "certainty":
            tables[key] = judges.certainty_table(judgments, verdicts, reference=reference, **options)
        else:
            members = judges.single_judges(verdicts, criterion=key)
            options["contrasts"] = judges.planned_contrasts(contrast or [], members)
            tables[key] = judges.variant_table(judgments, verdicts, reference=reference, **options)
    found = joined(tables)
    shown = found[list(REPORTS[what])] if selection.for_people else found
    print_table(shown, selection.format, NOTHING.get(what))
    if selection.for_people and what != "failures":
        _note_rules(found, what, None if what == "answers" else (ties, unreadable))


def _note_rules(found: pd.DataFrame, what: str, rules: tuple[str, str] | None) -> None:
    """Say how ties and unreadable verdicts count, where they do, and to whom the numbers generalise."""
    from study.analysis import judges

    if rules:
        note(f"Shares {judges.UNREADABLE[rules[1]]}; {judges.TIES[rules[0]][0]}.")
    known = found["value"].notna()
    for said in dict.fromkeys(found.loc[known, "estimand"].dropna()):
        note(f"Intervals at 95% {said}.")
    if what == "certainty":
        for said in dict.fromkeys(found.loc[found["coverage"].notna(), "coverage_estimand"].dropna()):
            note(f"Coverage holds {said}.")
    note("Methods and all columns: --format json or csv.")
