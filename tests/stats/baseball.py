"""Agresti's baseball season, and what tests of rankings share."""

import numpy as np

from study.stats.ranking.preferences import preferences

# Agresti 2002, table 10.10: home team, then opponent home-wins/away-wins
BASEBALL = """
Mil Det 4/3 Tor 4/2 NY 4/3 Bos 6/1 Cle 4/2 Bal 6/0
Det Mil 3/3 Tor 4/2 NY 4/3 Bos 6/0 Cle 6/1 Bal 4/3
Tor Mil 2/5 Det 4/3 NY 2/4 Bos 4/3 Cle 4/2 Bal 6/0
NY Mil 3/3 Det 5/1 Tor 2/5 Bos 4/3 Cle 4/2 Bal 6/1
Bos Mil 5/1 Det 2/5 Tor 3/3 NY 4/2 Cle 5/2 Bal 6/0
Cle Mil 2/5 Det 3/3 Tor 3/4 NY 4/3 Bos 4/2 Bal 2/4
Bal Mil 2/5 Det 1/5 Tor 1/6 NY 2/4 Bos 1/6 Cle 3/4
"""
TEAMS = ["Bal", "Cle", "Bos", "NY", "Tor", "Det", "Mil"]


def baseball_rows():
    for line in BASEBALL.strip().splitlines():
        home, *rest = line.split()
        for opponent, result in zip(rest[::2], rest[1::2], strict=True):
            won, lost = map(int, result.split("/"))
            yield TEAMS.index(home), TEAMS.index(opponent), won, lost


def judged(rows, systems):
    """Judgments from (a, b, preference, times)."""
    a, b, preference, times = np.array(rows).T
    return preferences(a.repeat(times), b.repeat(times), preference.repeat(times), systems)


def deviance(rows, strengths, home=0.0):
    """Residual deviance of rows (i, j, wins, losses), each a binomial of its own; home is the advantage of i."""
    total = 0.0
    for i, j, won, lost in rows:
        p = 1 / (1 + np.exp(strengths[j] - strengths[i] - home))
        for observed, fitted in ((won, (won + lost) * p), (lost, (won + lost) * (1 - p))):
            total += 2 * observed * np.log(observed / fitted) if observed else 0.0
    return total
