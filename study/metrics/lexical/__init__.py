"""Metrics that use characters and words only."""

from study.metrics.lexical.edit import EDIT_DISTANCE, EDIT_DISTANCE_NORMALISED
from study.metrics.lexical.meteor import METEOR, METEOR_WORDNET
from study.metrics.lexical.overlap import BLEU, CHRF, ROUGE_1, ROUGE_2, ROUGE_L, ROUGE_LSUM, ROUGE_SU4
from study.metrics.lexical.readability import ARI, COLEMAN_LIAU, LIX
from study.metrics.lexical.vocabulary import DISTINCT_1, DISTINCT_2, JSD, LENGTH, WORDS

LEXICAL = (
    *(LENGTH, WORDS, DISTINCT_1, DISTINCT_2),
    *(BLEU, CHRF, ROUGE_1, ROUGE_2, ROUGE_L, ROUGE_LSUM, ROUGE_SU4, METEOR, METEOR_WORDNET),
    *(EDIT_DISTANCE, EDIT_DISTANCE_NORMALISED, JSD),
    *(ARI, COLEMAN_LIAU, LIX),
)
