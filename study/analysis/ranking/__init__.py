"""The tables of systems: their strengths, wins by opponent, and other influences on judgments."""

from study.analysis.ranking.groups import conditional_tables, group_names, group_table, groups_there
from study.analysis.ranking.models import MODELS, Model, model_reasons, model_table
from study.analysis.ranking.orders import elo_order_table
from study.analysis.ranking.overview import ranking_table
from study.analysis.ranking.pairs import pair_table, win_matrix_table
from study.analysis.ranking.position import effect_table, position_table, rater_position_table
from study.analysis.ranking.sequence import sequence_table
from study.analysis.ranking.sided import SIDE_CHOICES
from study.analysis.ranking.standing import effect_of_side, scale_notes

__all__ = [
    "MODELS",
    "SIDE_CHOICES",
    "Model",
    "conditional_tables",
    "effect_of_side",
    "effect_table",
    "elo_order_table",
    "group_names",
    "group_table",
    "groups_there",
    "model_reasons",
    "model_table",
    "pair_table",
    "position_table",
    "ranking_table",
    "rater_position_table",
    "scale_notes",
    "sequence_table",
    "win_matrix_table",
]
