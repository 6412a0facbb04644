"""The command that lets simulated raters judge."""

import time
from typing import Annotated

import typer

from study import store
from study.cli.shared import DatabaseOption, StudyOption, note, opened, progress_bar
from study.errors import InvalidInput
from study.store import DEFAULT_PATH
from study.wording import form
from study.workflows.simulation import SimulatedRaters, simulate

StrengthOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[CRITERION:]SYSTEM=VALUE",
        help="Strength of a system in logits, for all criteria or one; required for every system.",
        show_default="a seeded spread from -1 to 1",
    ),
]


def simulate_raters(
    study: StudyOption,
    raters: Annotated[int, typer.Option(min=1, help="How many raters enrol.")] = 10,
    seed: Annotated[int, typer.Option(help="The same seed gives the same answers.")] = 0,
    strength: StrengthOption = None,
    noise: Annotated[float, typer.Option(help="Scale of the logistic noise.")] = 1.0,
    tie_width: Annotated[
        float, typer.Option(help="The largest perceived difference that counts as a tie.")
    ] = 0.0,
    both_bad: Annotated[
        float, typer.Option(help="Rate of 'both bad' for two outputs of the weakest system.")
    ] = 0.0,
    position_bias: Annotated[float, typer.Option(help="Preference for the left side, in logits.")] = 0.0,
    lapse: Annotated[float, typer.Option(help="Rate of answers given at random.")] = 0.0,
    flip: Annotated[
        float | None,
        typer.Option(
            help="Rate of hidden repeats that get the opposite answer.",
            show_default="answered like a new comparison",
        ),
    ] = None,
    drop_out: Annotated[float, typer.Option(help="Share of raters who leave before the end.")] = 0.0,
    careless: Annotated[float, typer.Option(help="Share of raters who answer hastily and at random.")] = 0.0,
    one_sided: Annotated[
        float, typer.Option(help="Share of raters who choose the left side whatever it shows.")
    ] = 0.0,
    profile_blind: Annotated[float, typer.Option(help="Share of raters who ignore the profile.")] = 0.0,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Let simulated raters judge a study.

    They are stored as simulated, and count only where you ask for them.

    \b
    Examples:
      python -m study simulate --study demo --raters 20 --seed 1
      python -m study simulate --study headlines --strength plain=0 --strength quality:tuned=0.8 --tie-width 0.3
      python -m study simulate --study demo --raters 60 --drop-out 0.1 --careless 0.1 --one-sided 0.05
    """
    with opened(db) as database:
        criteria = [criterion.key for criterion in store.design(database, study).criteria]
        common, special = _strengths(strength or [], criteria)
        population = SimulatedRaters(
            raters,
            strengths=common or None,
            criterion_strengths={key: common | own for key, own in special.items()},
            noise=noise,
            tie_width=tie_width,
            both_bad=both_bad,
            position_bias=position_bias,
            lapse=lapse,
            flip=flip,
            drop_out=drop_out,
            careless=careless,
            one_sided=one_sided,
            profile_blind=profile_blind,
            seed=seed,
        )
        start = time.perf_counter()
        with progress_bar() as progress:
            count = simulate(database, study, population, progress=progress)
        elapsed = time.perf_counter() - start
    print(f"{count} {form(count, 'judgment', 'judgments')}")
    if count:
        note(f"{count / elapsed:,.0f} judgments per second")
    else:
        note("There was nothing left for simulated raters to judge.")


def _strengths(given: list[str], criteria: list[str]) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Return the strengths for all criteria, and those for single criteria."""
    common: dict[str, float] = {}
    special: dict[str, dict[str, float]] = {}
    for text in given:
        name, _, value = text.rpartition("=")
        key, separator, system = name.partition(":")
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not name or number != number:
            raise InvalidInput(f"--strength {text!r} is not SYSTEM=VALUE, such as generic=0.5")
        if separator and key in criteria:
            special.setdefault(key, {})[system] = number
        else:
            common[name] = number
    return common, special
