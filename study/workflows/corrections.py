"""Corrections: methods whose figures changed since an older version, so that its manifests are not mistaken for wrong ones.

To add one: an entry of :data:`CORRECTIONS`. The figures in an older version's manifest of an analysis or command that the
entry names may then differ; ``reproduce`` reports which method was corrected.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from study.workflows.manifests import Manifest


@dataclass(frozen=True, slots=True)
class Correction:
    """A corrected method.

    Attributes
    ----------
    since : str
        The first version of the program with the corrected method.
    of : tuple of str
        The analyses, as manifests name them: the key (``pair_table``) if a page wrote the manifest, the words of the
        command (``analyze pairs``; of an export with its format: ``export heds``) if the command line did.
    sentence : str
        The correction, in one sentence.
    columns : tuple of str
        The columns whose figures may differ; empty: all, including those of added and removed rows.
    """

    since: str
    of: tuple[str, ...]
    sentence: str
    columns: tuple[str, ...] = ()


INTERVAL = ("value", "low", "high", "method", "reason")

CORRECTIONS: tuple[Correction, ...] = (
    Correction(
        "0.2.0",
        (
            *("analyze ranking", "ranking_table"),
            "group_table",
        ),
        "Intervals, ranks and P follow the units of the design instead of taking answers to one comparison as independent; "
        "strengths and win rates are adjusted where sides are unbalanced, and a system that won or lost everything has a rank.",
    ),
    Correction(
        "0.2.0",
        (
            *("analyze pairs", "pair_table"),
            "win_matrix_table",
        ),
        "P and intervals are over the units of the design: answers of several raters to one comparison are not independent; "
        "rates are adjusted where sides are unbalanced, and nothing is claimed where side and system cannot be separated.",
    ),
    Correction(
        "0.2.0",
        (
            *("analyze position", "effect_table"),
            "position_table",
            "rater_position_table",
        ),
        "P and intervals of position and length are over the units of the design instead of judgments.",
    ),
    Correction(
        "0.2.0",
        ("conditional_tables",),
        "Intervals of leaderboards by group are over the units of the design instead of items alone.",
    ),
    Correction(
        "0.2.0",
        ("sequence_table",),
        "A confidence sequence is over raters instead of judgments, unless you choose other units, and "
        "claims nothing where side and system cannot be separated.",
    ),
    Correction(
        "0.2.0",
        (
            *("analyze agreement", "agreement_table"),
            "agreement_by_group",
        ),
        "Categories are those that raters could give, ICCs do not depend on which output is called a, intervals are over the "
        "units of the design, and Brennan and Prediger's coefficient is one of the usual five.",
    ),
    Correction(
        "0.2.0",
        ("analyze raters", "taste_table"),
        "Intervals of taste and noise are over sources and profiles, whose comparisons belong together.",
        (*INTERVAL, "n_units"),
    ),
    Correction(
        "0.2.0",
        (
            "analyze raters",
            "rater_table",
            "rater_pairs",
            "repeats_table",
        ),
        "Intervals of raters, of pairs of raters and of repeats are over the items or profiles that "
        "comparisons belong to (those of all raters together over raters as well), and the interval of the "
        "left side is the exact one that matches its test.",
        (
            *(
                "agreement_low",
                "agreement_high",
                "kappa_low",
                "kappa_high",
                "left_rate_low",
                "left_rate_high",
            ),
            *(*INTERVAL, "kappa", "n_units"),
        ),
    ),
    Correction(
        "0.2.0",
        (
            *("analyze correlation", "correlation_table"),
            "metric_points",
        ),
        "Intervals are over profiles if items belong to them, systems and items share their degrees of "
        "freedom by Satterthwaite's rule, fewer than 5 systems have no interval, and soft pairwise "
        "accuracy takes P over the same profiles.",
        (
            *(*INTERVAL, "cluster", "n_units", "win_rate_low", "win_rate_high"),
            *("metric_mean_low", "metric_mean_high"),
        ),
    ),
    Correction(
        "0.2.0",
        (
            *("analyze metric-differences", "metric_differences"),
            "metric_tests",
        ),
        "Tests of two metrics flip and swap all items of a profile together, and a t test over the units "
        "of the design replaces McNemar's test, which took several raters' answers to one comparison as "
        "independent.",
    ),
    Correction(
        "0.2.0",
        (
            "prediction_table",
            "calibration_table",
            "detection_table",
        ),
        (
            "Intervals and held-out folds are over profiles if items belong to them, and fewer than 5 "
            "items have no interval."
        ),
    ),
    Correction(
        "0.2.0",
        ("association_table",),
        "Intervals leave out all items of a profile together if items belong to profiles, and those of "
        "noise ceilings all comparisons of an item or a profile instead of single comparisons; fewer than "
        "5 items have no interval.",
        (*INTERVAL, "n_units"),
    ),
    Correction(
        "0.2.0",
        ("metrics sentinels", "beside_sentinels"),
        "Correlations and intervals are those of the Correlation page: the jackknife over profiles if "
        "items belong to them, otherwise over items, replaces the bootstrap over items.",
    ),
    Correction(
        "0.2.0",
        ("metrics meta",),
        "Whole profiles are held out if items belong to at least 10 profiles, and intervals are over the "
        "held-out units, by the jackknife except over systems.",
    ),
    Correction(
        "0.2.0",
        ("metrics card",),
        "Intervals of mean scores are over profiles and sources if items belong to them, and those of two "
        "metrics' correlation leave out profiles or items in turn instead of using the bootstrap over "
        "items.",
    ),
    Correction(
        "0.2.0",
        (
            *("analyze judges", "judge_table"),
            "judge_points",
            "owner_table",
            "certainty_table",
        ),
        (
            "Intervals are over profiles or sources if items belong to them, and fewer than 5 systems have "
            "no interval."
        ),
        (*INTERVAL, "n_units", "coverage_low", "coverage_high"),
    ),
    Correction(
        "0.2.0",
        ("variant_table",),
        "Judges are compared by shares of judgments, a tie as half right, over the units of the design; a jury is not compared "
        "with its own members.",
    ),
    Correction(
        "0.2.0",
        (
            "analyze personalization",
            "win_table",
            "loss_table",
        ),
        "Intervals are over the units of the design, few systems or documents have no interval, and the "
        "richer prompt condition is declared instead of taken from the alphabet.",
    ),
    Correction(
        "0.2.0",
        (
            "metrics sentinels",
            "beside_sentinels",
        ),
        "Texts are compared by n-grams of whole characters instead of bytes, which made any two texts look "
        "alike in a script such as Thai or Devanagari; figures for texts in plain English letters are "
        "unchanged.",
    ),
    Correction(
        "0.2.0",
        ("analyze priority",),
        "The tie rate at random is its expectation instead of one draw, and intervals are over the units of the design.",
    ),
    Correction(
        "0.2.0",
        ("export preferences_jsonl",),
        "Answers to two outputs of the same text are left out and counted.",
    ),
    Correction(
        "0.2.0",
        ("export battles_csv",),
        "A prompt or output that is a dialogue is written turn by turn.",
    ),
)


def known(manifest: Manifest) -> list[Correction]:
    """Return the corrections of a manifest's analysis since the version that wrote it."""
    written_by = version_of(str(manifest["program"].get("version")))
    if not written_by:
        return []
    name = analysis_of(manifest["recipe"])
    return [
        one
        for one in CORRECTIONS
        if written_by < version_of(one.since) and any(_is_of(name, of) for of in one.of)
    ]


def analysis_of(recipe: Mapping[str, object]) -> str:
    """Return the name of a recipe's analysis, as in :class:`Correction`.

    >>> analysis_of({"kind": "command", "arguments": ["analyze", "metric-differences", "bleu", "chrf", "--study", "s"]})
    'analyze metric-differences bleu chrf'
    >>> analysis_of({"kind": "command", "arguments": ["export", "--study", "s", "--format=heds"]})
    'export heds'
    >>> analysis_of({"kind": "analysis", "function": "study.analysis.ranking.pairs:pair_table"})
    'pair_table'
    """
    if recipe.get("kind") == "analysis":
        return _key(str(recipe.get("function")))
    given = recipe.get("arguments")
    arguments = [str(one) for one in given] if isinstance(given, list) else []
    first_option = next((at for at, one in enumerate(arguments) if one.startswith("-")), len(arguments))
    words = arguments[:first_option]
    if words == ["export"]:
        said = re.search(r"--format[= ](\S+)", " ".join(arguments))
        words.append(said[1] if said else "long_csv")
    return " ".join(words)


def version_of(text: str) -> tuple[int, ...]:
    """Return a version as numbers that can be compared; empty if the text is not a version.

    >>> version_of("0.10.1") > version_of("0.9"), version_of("none")
    (True, ())
    """
    return tuple(map(int, text.split("."))) if re.fullmatch(r"\d{1,6}(\.\d{1,6})*", text) else ()


def _is_of(name: str, of: str) -> bool:
    return name == _key(of) or name.startswith(f"{of} ")


def _key(name: str) -> str:
    """Return the key of an analysis; manifests of version 0.1.0 include its module."""
    return name.rpartition(":")[2]
