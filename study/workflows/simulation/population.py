"""The population of simulated raters: their number, preferences and kinds."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from study.errors import InvalidInput

Strengths = Mapping[str, float]

HONEST = "honest"
KINDS = ("drop_out", "careless", "one_sided", "profile_blind")


@dataclass(frozen=True, slots=True)
class SimulatedRaters:
    """A population of raters whose preferences are known.

    Their feeling about a pair is ``strength(left) - strength(right) + position_bias`` plus logistic noise. A feeling
    within ``tie_width`` of 0 is a tie (if the criterion has none, its sign decides); beyond it, each further ``noise``
    is one step of the scale.

    Parameters
    ----------
    n_raters : int
        How many enrol; fewer get a task if the places run out.
    strengths : mapping of str to float, optional
        The strength of each system, in logits; by default spread evenly over -1 to 1, in a seeded order.
    criterion_strengths : mapping of str to mapping, optional
        Separate strengths for criteria, by their key.
    noise : float
        Scale of the logistic noise; at 1 and with no ties, preferences follow Bradley-Terry with these strengths.
    tie_width : float
        The largest feeling that is a tie.
    both_bad : float
        Rate of "both bad" for two outputs of the weakest strength; it falls by a factor of e per
        unit by which the better output exceeds that strength.
    position_bias : float
        Added to every feeling; positive is towards the left.
    lapse : float
        Rate of answers given at random among the options.
    flip : float, optional
        Rate of hidden repeats on which the preference is reversed; without it, a repeat is answered like a new
        comparison.
    drop_out, careless, one_sided, profile_blind : float
        Shares of raters who leave halfway, answer at random in a hurry, take the left side whatever it shows, or ignore
        the profile; the others are honest. The attributes of a rater hold their kind.
    seed : int
        With the same seed, the same study gets the same answers.
    """

    n_raters: int
    strengths: Strengths | None = None
    criterion_strengths: Mapping[str, Strengths] = field(default_factory=dict)
    noise: float = 1.0
    tie_width: float = 0.0
    both_bad: float = 0.0
    position_bias: float = 0.0
    lapse: float = 0.0
    flip: float | None = None
    drop_out: float = 0.0
    careless: float = 0.0
    one_sided: float = 0.0
    profile_blind: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values that make no sense."""
        if self.n_raters < 1:
            raise InvalidInput(f"n_raters is {self.n_raters}; give 1 or more")
        for name, least, most in (
            ("noise", 1e-9, math.inf),
            ("tie_width", 0, math.inf),
            ("both_bad", 0, 1),
            ("lapse", 0, 1),
            ("flip", 0, 1),
            *((kind, 0, 1) for kind in KINDS),
            ("position_bias", -math.inf, math.inf),
        ):
            value = getattr(self, name)
            if value is None:
                continue
            if not (least <= value <= most and math.isfinite(value)):
                raise InvalidInput(f"{name} is {value}; give a number from {least:g} to {most:g}")
        if sum(getattr(self, kind) for kind in KINDS) > 1 + 1e-9:
            raise InvalidInput(f"{', '.join(KINDS)} are shares of all raters; together they are at most 1")

    def kinds(self) -> list[str]:
        """Return the kind of each rater, in a seeded order.

        >>> SimulatedRaters(10, careless=0.2, one_sided=0.1).kinds().count("careless")
        2
        """
        counts = {kind: round(getattr(self, kind) * self.n_raters) for kind in KINDS}
        kinds = [kind for kind, count in counts.items() for _ in range(count)][: self.n_raters]
        kinds += [HONEST] * (self.n_raters - len(kinds))
        order = (
            np.random.default_rng([self.seed, 1]).permutation(self.n_raters) if any(counts.values()) else ()
        )
        return [kinds[place] for place in order] if len(order) else kinds
