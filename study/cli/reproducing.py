"""Manifests on the command line: --manifest writes one next to the output, `reproduce` recomputes it and compares."""

import inspect
import io
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from study import __version__, store
from study.cli.program import app
from study.cli.shared import GIVEN, REPEATED, DatabaseOption, held, note
from study.errors import InvalidInput, StudyError
from study.store import DEFAULT_PATH
from study.wording import counted
from study.workflows import corrections, reproducing
from study.workflows.corrections import Correction
from study.workflows.manifests import (
    Difference,
    Manifest,
    differences,
    manifest_bytes,
    new_columns,
    other_versions,
    read_manifest,
)
from study.workflows.manifests import manifest as written

ManifestOption = Annotated[
    Path | None,
    typer.Option("--manifest", help="Write a manifest for `reproduce`.", dir_okay=False),
]
# The arguments of the command line.
ARGUMENTS: ContextVar[tuple[str, ...]] = ContextVar("arguments", default=())
# Options on where data is and how it is shown, which do not change the result.
NOT_RECORDED = ("--db", "--manifest", "--output", "-o")
FLAGS_NOT_RECORDED = ("--force", "--store")
# The commands that `reproduce` may run.
RUN = (("analyze",), ("export",), ("metrics", "sentinels"))
MOST_SHOWN = 20
# The exit code if a corrected method explains all differences.
CORRECTED = 3


def recorded(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with --manifest, which records its result with the data, the versions and its own arguments."""

    @wraps(command)
    def run(*, manifest: Path | None = None, **options: Any) -> None:
        if manifest is None or GIVEN.get() is not None:
            command(**options)
            return
        if manifest.exists():
            raise InvalidInput(f"the file {manifest} already exists; choose another name")
        recipe = {"kind": "command", "arguments": recorded_arguments(ARGUMENTS.get())}
        # The manifest of a command that stores its result describes the data after storing.
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
    """Return arguments without those that name files and databases.

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
    """Compute the result of a manifest again, compare it to the last digit, and print the first difference.

    Exit codes: 0 the same, 1 not the same, 3 data and design are the same, and the figures differ because the method was
    corrected after the version that wrote the manifest.

    \b
    Example:
      python -m study analyze ranking --study demo --population simulated --manifest ranking.json
      python -m study reproduce ranking.json
    """
    then = read_manifest(path.read_bytes(), str(path))
    now = made_again(then, db)
    for version in other_versions(then, now):
        note(f"Note: {version}")
    if added := new_columns(then, now):
        note(f"Note: columns that the manifest lacks: {', '.join(added)}")
    found = list(differences(then, now))
    facts, result = now["study"], now["result"]
    data, design = (str(facts[name])[:12] for name in ("data_hash", "design_hash"))
    hashes = f"data {data}, design {design}"
    if not found:
        size = (
            f"{result['bytes']:,} bytes" if result["kind"] == "file" else counted(len(result["rows"]), "row")
        )
        print(f"the same to the last digit: {size}, {hashes}")
        return
    for one in found[1:MOST_SHOWN]:
        note(str(one))
    if corrected := explaining(found, corrections.known(then)):
        print(f"data and design are the same: {hashes}")
        for correction in corrected:
            print(f"corrected in version {correction.since}: {correction.sentence}")
        print(f"the figures differ, first {found[0]}")
        raise typer.Exit(CORRECTED)
    raise StudyError(f"not the same: {found[0]}" + (" (and more)" if len(found) > 1 else ""))


def made_again(then: Manifest, db: store.Place) -> Manifest:
    """Return a new manifest of the same result, computed now."""
    recipe = then["recipe"]
    is_analysis = recipe.get("kind") == "analysis"
    with held(db) as database, database.moment():
        given = None if is_analysis else _run(recipe, db)
        facts = reproducing.study_facts(database, str(then["study"].get("study_id")))
        now = written(facts, recipe, reproducing.recomputed(database, recipe) if given is None else given)
        if isinstance(given, bytes) and any(differences(then, now)):
            as_then = written(facts, recipe, _named_as(given, str(then["program"].get("version"))))
            return now if any(differences(then, as_then)) else as_then
        return now


def _named_as(data: bytes, version: str) -> bytes:
    """Return a file with another program version in it, because versions do not count as a difference."""
    return data.replace(f"Blindpair {__version__}".encode(), f"Blindpair {version}".encode())


def explaining(found: list[Difference], known: list[Correction]) -> list[Correction]:
    """Return the corrections that explain all differences; none if any is in the data, the recipe or another column."""
    columns = (
        None if any(not one.columns for one in known) else {name for one in known for name in one.columns}
    )
    explained = all(one.is_of_result and (columns is None or one.column in columns) for one in found)
    return known if explained else []


def _run(recipe: Mapping[str, object], db: store.Place) -> pd.DataFrame | bytes:
    """Return a recorded command's result now; only analyses and exports are run, and no file is written."""
    arguments = recipe.get("arguments")
    if not isinstance(arguments, list) or not all(isinstance(one, str) for one in arguments):
        raise InvalidInput("recipe: neither an analysis nor a command with its arguments")
    if not any(tuple(arguments[: len(one)]) == one for one in RUN):
        allowed = ", ".join(" ".join(one) for one in RUN)
        raise InvalidInput(
            f"recipe: the command {' '.join(arguments[:1])!r} cannot be run again; allowed: {allowed}"
        )
    token = REPEATED.set(True)
    try:
        return _given_by(lambda: _quietly([*recorded_arguments(arguments), "--db", store.setting_of(db)]))
    finally:
        REPEATED.reset(token)


def _quietly(arguments: list[str]) -> None:
    said = io.StringIO()
    try:
        # An export writes bytes: the replacement of the terminal needs a buffer below it.
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
        raise InvalidInput("there is nothing to record: the command gave no table and no file")
    return given[0]
