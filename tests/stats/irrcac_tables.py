"""Random tables of ratings and what irrCAC makes of them, recorded: ``irrcac_tables.json``.

irrCAC 0.4.4 for Python has no licence and asks for scipy 1.12.0, so that it cannot be installed with the other peers.
Its figures are right under newer versions all the same. To record them again, from the root of the repository:

    python -m pip install --no-deps --target .cache/irrcac irrCAC==0.4.4
    PYTHONPATH=.cache/irrcac python -m tests.stats.irrcac_tables

Left out, because irrCAC is at odds with what it implements: P of Brennan-Prediger (one-sided), errors of alpha (not those of
the R package), alpha on an ordinal scale (distances by rank of the categories, not by their use), and a scale with 0 under ratio
weights. Categories are handed over, since it would count a missing rating as one of them.
"""

import json
from pathlib import Path

import numpy as np

RECORDED = Path(__file__).with_name("irrcac_tables.json")
PROVENANCE = "irrCAC 0.4.4 (PyPI), under Python 3.11, numpy 2.4.6, scipy 1.17.1, pandas 3.1.1; seed 20"
WEIGHTS = ("identity", "quadratic", "linear", "ordinal", "radical", "ratio", "circular", "bipolar")
METHODS = ("fleiss", "gwet", "bp", "conger", "krippendorff")
SCALES = ((1, 2), (1, 2, 3), (1, 2, 3, 4, 5), (1, 2, 4, 7))


def recorded() -> list[dict]:
    """Return the recorded tables: ratings of shape (n_units, n_raters), nan where missing, scale and figures."""
    tables = json.loads(RECORDED.read_text())["tables"]
    return [table | {"ratings": np.array(table["ratings"], dtype=float)} for table in tables]


def drawn(rng: np.random.Generator, number: int) -> np.ndarray:
    """Return ratings of units by raters that agree more than by chance, up to half of them missing."""
    scale = np.array(SCALES[number % len(SCALES)], dtype=float)
    n_units, n_raters = int(rng.integers(6, 26)), int(rng.integers(2, 7))
    truth = rng.choice(scale, n_units)[:, None]
    ratings = np.where(rng.random((n_units, n_raters)) < 0.5, truth, rng.choice(scale, (n_units, n_raters)))
    ratings[rng.random(ratings.shape) < 0.5 * (number % 3) / 2] = np.nan
    return ratings


def main() -> None:
    """Record what irrCAC makes of 20 tables."""
    import pandas as pd
    from irrCAC.raw import CAC

    rng, tables = np.random.default_rng(20), []
    for number in range(20):
        ratings = drawn(rng, number)
        scale = np.unique(ratings[~np.isnan(ratings)])
        figures = {}
        for weights in WEIGHTS:
            peer = CAC(pd.DataFrame(ratings), weights=weights, categories=scale.tolist(), digits=12)
            for method in METHODS:
                found = getattr(peer, method)()["est"]
                figures[f"{method} {weights}"] = [float(found["coefficient_value"]), float(found["se"])]
        tables.append(
            {
                "ratings": [[None if np.isnan(v) else int(v) for v in row] for row in ratings],
                "scale": [int(value) for value in scale],
                "figures": figures,
            }
        )
    lines = ",\n".join(json.dumps(table) for table in tables)
    RECORDED.write_text(f'{{"provenance": {json.dumps(PROVENANCE)}, "tables": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
