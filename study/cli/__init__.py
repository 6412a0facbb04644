"""The command line: the same work as the pages, without a browser. Data goes to stdout, notes to stderr."""

import sys
from typing import Annotated, NoReturn

import typer

from study import __version__
from study.cli import (
    agreement,
    analyses,
    audits,
    calibrating,
    correlation,
    designs,
    erasing,
    exports,
    imports,
    judging,
    metrics,
    one_metric,
    operating,
    personalizing,
    planning,
    progress,
    queues,
    ranking,
    ranking_checks,
    raters,
    ratings,
    reproducing,
    simulations,
    studies,
    two_metrics,
    withdrawals,
)
from study.cli.program import app
from study.cli.reproducing import ARGUMENTS, recorded
from study.cli.shared import note
from study.errors import StudyError


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"Blindpair {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    del version  # already printed by its callback


app.command("init-demo")(studies.init_demo)
app.command("import")(imports.import_files)
app.command("export")(recorded(exports.export))
app.command("reproduce")(reproducing.reproduce)
analyses.app.command("agreement")(recorded(agreement.agreement))
analyses.app.command("raters")(recorded(agreement.raters))
analyses.app.command("rater-models")(recorded(agreement.rater_models))
analyses.app.command("ratings")(recorded(ratings.ratings))
analyses.app.command("ranking")(recorded(ranking.ranking))
analyses.app.command("pairs")(recorded(ranking.pairs))
analyses.app.command("models")(recorded(ranking_checks.models))
analyses.app.command("orders")(recorded(ranking_checks.orders))
analyses.app.command("conditional")(recorded(ranking_checks.conditional))
analyses.app.command("stopping")(recorded(ranking_checks.stopping))
analyses.app.command("priority")(recorded(queues.priority))
analyses.app.command("position")(recorded(ranking.position))
analyses.app.command("correlation")(recorded(correlation.correlation))
analyses.app.command("metric-differences")(recorded(two_metrics.metric_differences))
analyses.app.command("metric")(recorded(one_metric.metric))
analyses.app.command("metric-tests")(recorded(two_metrics.metric_tests))
analyses.app.command("judges")(recorded(correlation.judges))
analyses.app.command("personalization")(recorded(personalizing.personalization))
app.add_typer(analyses.app, name="analyze")
metrics.app.command("sentinels")(recorded(calibrating.sentinels))
metrics.app.add_typer(calibrating.app, name="meta")
app.add_typer(metrics.app, name="metrics")
app.add_typer(judging.app, name="judges")
app.add_typer(designs.app, name="design")
app.command("checks")(raters.checks)
app.command("divergence")(queues.divergence)
app.command("elicited")(raters.elicited)
app.command("invite")(raters.invite)
app.command("progress")(progress.progress)
app.command("raters")(raters.raters)
app.command("rater")(raters.set_rater_status)
app.command("skips")(withdrawals.skips)
app.command("withdrawals")(withdrawals.withdrawals)
app.command("withdraw")(withdrawals.withdraw)
app.command("reinstate")(withdrawals.reinstate)
app.command("release")(raters.release)
app.command("simulate")(simulations.simulate_raters)
app.command("plan")(planning.plan_study)
app.command("audit")(audits.audit_blinding)
app.command("list")(studies.list_studies)
app.command("link")(studies.link)
app.command("launch")(studies.launch)
app.command("close")(studies.close)
app.command("maintenance")(operating.maintenance)
app.command("backup")(studies.back_up)
app.command("backups")(studies.list_backups)
app.command("restore")(studies.put_back)
app.command("erase")(erasing.erase)
app.command("consents")(erasing.consents)
app.command("archive")(studies.archive)
app.command("rebuild")(studies.rebuild)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; errors that the user can fix are one sentence on stderr and exit code 1."""
    ARGUMENTS.set(tuple(sys.argv[1:] if arguments is None else arguments))
    try:
        app(arguments, prog_name="python -m study")
    except StudyError as error:
        _stop(str(error))
    except OSError as error:
        _stop(f"{error.filename or 'a file'}: {error.strerror or error}")


def _stop(sentence: str) -> NoReturn:
    note(f"Error: {sentence}")
    sys.exit(1)
