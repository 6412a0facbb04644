"""Manifests on the command line: --manifest writes one beside the output, `reproduce` computes it again and compares."""

import inspect
import io
from collections.abc import Callable, Iterable
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from contextvars import ContextVar
from functools import wraps
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from study import reproducing, store
from study.cli.shared import GIVEN, REPEATED, DatabaseOption, held, note
from study.errors import InvalidInput, StudyError
from study.manifests import differences, manifest_bytes, other_versions, read_manifest
from study.manifests import manifest as written
from study.store import DEFAULT_PATH
from study.wording import counted

ManifestOption = Annotated[
    Path | None,
    typer.Option(
        "--manifest", help="Write down what this was computed from, for `reproduce`.", dir_okay=False
    ),
]
# What the command line was called with.
ARGUMENTS: ContextVar[tuple[str, ...]] = ContextVar("arguments", default=())
# What says where things stand and how they are shown, and not what they are.
NOT_RECORDED = ("--db", "--manifest", "--output", "-o")
FLAGS_NOT_RECORDED = ("--force", "--store")
# The commands that `reproduce` runs.
RUN = (("analyze",), ("export",), ("metrics", "sentinels"))
MOST_SHOWN = 20


def recorded(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with --manifest: what it gave is written down with the data, the versions and its own arguments."""

    @wraps(command)
    def run(*, manifest: Path | None = None, **options: Any) -> None:
        if manifest is None or GIVEN.get() is not None:
            command(**options)
            return
        if manifest.exists():
            raise InvalidInput(f"the file {manifest} is there already; name a new manifest")
        recipe = {"kind": "command", "arguments": recorded_arguments(ARGUMENTS.get())}
        # A command that stores what it computes is about the data that it leaves behind.
        with held(options["db"]) as db, nullcontext() if options.get("store") else db.moment():
            given = _given_by(lambda: command(**options))
            facts = reproducing.study_facts(db, options["study"])
        manifest.write_bytes(manifest_bytes(written(facts, recipe, given)))
        note(f"manifest: {manifest}")

    signature = inspect.signature(command)
    option = inspect.Parameter(
        "manifest", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=ManifestOption
    )
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), option])  # type: ignore[attr-defined]
    run.__annotations__ = {**command.__annotations__, "manifest": ManifestOption}
    return run


def recorded_arguments(arguments: Iterable[str]) -> list[str]:
    """Return arguments without those that say where things stand.

    >>> recorded_arguments(["--study", "demo", "--db", "x.duckdb", "--manifest=m.json", "--by", "tag", "--force"])
    ['--study', 'demo', '--by', 'tag']
    """
    kept, rest = [], iter(arguments)
    for argument in rest:
        name, has_value, _ = argument.partition("=")
        if name in NOT_RECORDED:
            if not has_value:
                next(rest, None)
        elif argument not in FLAGS_NOT_RECORDED:
            kept.append(argument)
    return kept


def reproduce(
    path: Annotated[Path, typer.Argument(metavar="MANIFEST", help="A manifest of a table or an export.")],
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Compute again what a manifest stands for, and compare to the last digit; where they differ, say where first.

    \b
    Example:
      python -m study analyze ranking --study demo --population simulated --manifest ranking.json
      python -m study reproduce ranking.json
    """
    then = read_manifest(path.read_bytes(), str(path))
    recipe = then["recipe"]
    is_analysis = recipe.get("kind") == "analysis"
    with held(db) as database, database.moment():
        given = None if is_analysis else _run(recipe, db)
        facts = reproducing.study_facts(database, str(then["study"].get("study_id")))
        now = written(facts, recipe, reproducing.computed(database, recipe) if given is None else given)
    for version in other_versions(then, now):
        note(f"Note: {version}")
    found = list(islice(differences(then, now), MOST_SHOWN + 1))
    if found:
        for one in found[1:MOST_SHOWN]:
            note(str(one))
        raise StudyError(f"not the same: {found[0]}" + (" (and more)" if len(found) > 1 else ""))
    result = now["result"]
    size = (
        f"{result['bytes']:,} bytes" if result["kind"] == "file" else f"{counted(len(result['rows']), 'row')}"
    )
    print(
        f"the same to the last digit: {size}, data {facts['data_hash'][:12]}, design {facts['design_hash'][:12]}"
    )


def _run(recipe: dict[str, Any], db: store.Place) -> pd.DataFrame | bytes:
    """Return what a recorded command gives now; only analyses and exports are run, and nothing is written to a file."""
    arguments = recipe.get("arguments")
    if not isinstance(arguments, list) or not all(isinstance(one, str) for one in arguments):
        raise InvalidInput("recipe: neither an analysis nor a command with its arguments")
    if not any(tuple(arguments[: len(one)]) == one for one in RUN):
        allowed = ", ".join(" ".join(one) for one in RUN)
        raise InvalidInput(f"recipe: the command {' '.join(arguments[:1])!r} is not run; allowed: {allowed}")
    token = REPEATED.set(True)
    try:
        return _given_by(lambda: _quietly([*recorded_arguments(arguments), "--db", store.setting_of(db)]))
    finally:
        REPEATED.reset(token)


def _quietly(arguments: list[str]) -> None:
    from study.cli import app

    said = io.StringIO()
    try:
        # An export writes bytes: what stands in for the terminal has a buffer below it.
        with redirect_stdout(io.TextIOWrapper(io.BytesIO())), redirect_stderr(said):
            app(arguments, prog_name="python -m study")
    except SystemExit as end:
        if end.code:
            raise InvalidInput(f"recipe: {said.getvalue().strip().splitlines()[-1]}") from None


def _given_by(command: Callable[[], None]) -> pd.DataFrame | bytes:
    token = GIVEN.set([])
    try:
        command()
        given = GIVEN.get()
    finally:
        GIVEN.reset(token)
    if not given:
        raise InvalidInput("there is nothing to write down: the command gave no table and no file")
    return given[0]
