"""Agreement against the recorded figures of irrCAC on random tables with missing ratings."""

import numpy as np
import pytest

from study.stats.agreement.chance_corrected import (
    Coefficient,
    chance_corrected,
    fleiss_chance,
    gwet_chance,
    uniform_chance,
)
from study.stats.agreement.coefficients import agreement_value
from study.stats.agreement.conger import conger_kappa
from study.stats.agreement.ratings import ratings_of_matrix
from study.stats.agreement.reliability import value_counts
from study.stats.agreement.standard_errors import ALPHA_WEIGHTS, linearised_error
from study.stats.agreement.totals import totals, unit_cells, unit_clusters
from study.stats.agreement.weights import WEIGHTS
from tests.stats import irrcac_tables

TABLES = irrcac_tables.recorded()
CHANCE = {"fleiss": fleiss_chance, "gwet": gwet_chance, "bp": uniform_chance}
LINEARISED = {
    ("fleiss", "identity"): "fleiss_kappa",
    ("bp", "identity"): "brennan_prediger",
    ("gwet", "identity"): "gwet_ac1",
    **{("gwet", kind): f"gwet_ac2_{kind}" for kind in WEIGHTS if kind != "identity"},
}


def chance_corrected_value(counts, chance, weights):
    clusters = unit_clusters(counts, singles=True)
    sums = clusters.multiplicity @ unit_cells(clusters.patterns)
    return float(chance_corrected(totals(sums[None], counts), Coefficient(chance, weights))[0])


def test_the_recorded_tables_hold_missing_ratings_units_rated_once_and_every_weight():
    counts = [value_counts(table["ratings"].T) for table in TABLES]
    assert len(counts) == 20
    assert sum(np.isnan(table["ratings"]).any() for table in TABLES) >= 10
    assert sum(c.singles.sum() > 0 for c in counts) >= 5
    assert set(WEIGHTS) == set(irrcac_tables.WEIGHTS)


@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize("method", CHANCE)
def test_irrcac_chance_corrected(method, kind):
    for table in TABLES:
        counts = value_counts(table["ratings"].T)
        value, error = table["figures"][f"{method} {kind}"]
        found = chance_corrected_value(counts, CHANCE[method], WEIGHTS[kind])
        assert found == pytest.approx(value, abs=1e-9)
        name = LINEARISED.get((method, kind))
        if name:
            assert agreement_value(counts, name) == pytest.approx(value, abs=1e-9)
            assert linearised_error(counts, name) == pytest.approx(error, abs=1e-9)


@pytest.mark.parametrize("kind", WEIGHTS)
def test_irrcac_conger(kind):
    for table in TABLES:
        ratings = ratings_of_matrix(table["ratings"].T)
        value, _ = table["figures"][f"conger {kind}"]
        assert conger_kappa(ratings, weights=WEIGHTS[kind]).value == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("name", ALPHA_WEIGHTS)
def test_irrcac_krippendorff(name):
    kind = {weights: key for key, weights in WEIGHTS.items()}[ALPHA_WEIGHTS[name]]
    for table in TABLES:
        counts = value_counts(table["ratings"].T)
        value, error = table["figures"][f"krippendorff {kind}"]
        assert agreement_value(counts, name) == pytest.approx(value, abs=1e-9)
        if not np.isnan(table["ratings"]).any():
            # Without missing ratings irrCAC for Python and for R print the same error.
            assert linearised_error(counts, name) == pytest.approx(error, abs=1e-9)
