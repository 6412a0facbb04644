"""Every model of the same outcomes, fitted to the same counts."""

from collections.abc import Sequence

from study.stats.ranking.preferences import WinCounts
from study.stats.ranking.tie_likelihoods import TIE_MODELS
from study.stats.ranking.tie_models import TieModel, tie_model


def tie_models(counts: WinCounts, systems: Sequence[str]) -> tuple[TieModel, ...]:
    """Fit every model of the outcomes a, b and tie to the same counts, so that their AIC compare."""
    names = [name for name, entry in TIE_MODELS.items() if not entry.both_bad]
    return tuple(tie_model(counts, systems, name) for name in names)
