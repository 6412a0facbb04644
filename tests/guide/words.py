"""What the guide says of statistics beyond the tables: the head of the page, the interval of each family, plainer definitions."""

HEAD = """# Statistics

Every statistic that a page or a command computes, with its definition, its source and the case in which it is undefined.

**How to read a figure.** A figure comes with its interval at a confidence level (95% unless you choose another), the number of units
that the interval is over, the number of judgments, the method, and a line that says to whom it generalises. An undefined figure is
empty and comes with the reason; it is never 0.

**What intervals are over.** Judgments are not independent: one rater gives many, and several raters judge the same item. So every
interval and every P value is over the units to which the claim generalises. They follow from how the study is built: raters and
profiles where items belong to profiles (with sources where profiles share them), profiles where each is judged by its owner, raters and
items where there are no profiles. A kind with fewer than 5 units is taken as fixed, and the line beside the figure then says "these raters". You
can choose other units on the page, or with `--cluster`.

**Answers and ties.** A tie, and "both bad", is half a win for each output unless a preference model says otherwise. Which of the two
outputs of a comparison is called *a* is arbitrary. Chance agreement therefore counts each pair under both namings; packages that take
the names as given differ a little on small data.
"""

FAMILIES = {
    "Agreement of raters": (
        "On the Agreement page and with `analyze agreement`. *Interval:* jackknife with Student's t over comparisons or the items, sources or "
        "profiles that hold them together; a bootstrap or, over comparisons, Gwet's linearised errors on request; for intraclass "
        "correlations over comparisons the F interval. Raters are taken as fixed. *Also undefined:* where no unit has two ratings."
    ),
    "One rater and the others": (
        "Each rater's answers against those of the other raters on the same comparisons. *Interval:* jackknife over comparisons, for this "
        "rater and these others."
    ),
    "Models of raters": (
        "Estimates how good each rater is without knowing the right answers. *Interval:* none; competences are point estimates."
    ),
    "Flags": (
        "Rules that point out raters who may not have looked. A flag never drops an answer: you decide whether to exclude the rater, give a "
        "reason, and can take it back."
    ),
    "Preference models": (
        "On the Ranking page and with `analyze ranking`. A strength is in logits, mean 0: a difference of 1 is a win rate of 73%. Elo gives a "
        "rating. A system that won or lost everything, or that no chain of comparisons links to the others, has no finite strength: it has "
        "a rank and says so, or a ridge penalty holds it. Where a preference for the left side cannot be told from a preference for a "
        "system, no strength is claimed."
    ),
    "Intervals of strengths": (
        "`--method` of `analyze ranking`. Win rates have a Wilson interval with an effective sample size over the same units."
    ),
    "Intervals of ranks": "The best and worst rank that a system could have, for all systems together.",
    "Levels of a correlation": (
        "On the Correlation page and with `analyze correlation`: where a metric and people meet. *Interval:* jackknife over items, or over "
        "profiles where items belong to 5 or more; for correlations of systems a bootstrap; over new systems or raters on request. There is no "
        "interval with fewer than 5 systems at the level of systems."
    ),
    "Coefficients of correlation": "Of pairs of values, x from the metric and y from people; pairs with a missing side are left out.",
    "Accuracy of a metric on pairs": (
        "Of judgments: does the output with the better score win? With calibrated ties, the metric ties wherever its difference is below the "
        "threshold that fits people's ties best."
    ),
    "How good a metric can be": (
        "Raters disagree, so no metric reaches 1. *Interval:* jackknife over comparisons. *Undefined:* where no comparison has two "
        "judgments."
    ),
    "Tests of two correlated correlations": (
        "Does one metric correlate with people better than another? Over systems, of which at least 4 are needed. Undefined where a "
        "correlation is missing, 1 or -1. `analyze metric-differences` also swaps the scores of both metrics at random (Perm-Both, Deutsch et al. "
        "2021) and gives a t test over the units of the design."
    ),
    "Several tests at once": "Applied to all tests of one table. An undefined P stays undefined and is not counted as a test.",
    "Measures of personalization": (
        "On the Personalization page and with `analyze personalization --what measures`, without judgments: do outputs differ between readers as the "
        "readers' own texts do? The distance between texts is named beside each figure. *Interval:* bootstrap over documents. *Sources:* "
        "Vansh et al. 2023 (EGISES, P-Accuracy); Dasgupta et al. 2024 (PerSEval)."
    ),
    "Planning": (
        "With `plan` and on the Planning page: studies of a given size are simulated and analysed like a real one. Power is the share of "
        "simulated studies whose interval excludes the null; coverage is the share whose interval holds the truth."
    ),
    "Metrics": (
        "On the Metrics page and with `metrics run`. A metric that cannot score an output gives no number but a reason. Every score carries a "
        "signature: name, versions, parameters and the revision of the model."
    ),
}

_CHANCE = "No unit has two ratings, or all ratings are equal"
_SCALE = "No unit has two ratings, or the scale has one value"
_ICC = "Fewer than 2 raters or 2 complete units, or all ratings equal"
_EMPTY = "No document has texts of two readers, both by the system and by the readers"

WORDS: dict[str, tuple[str, str]] = {
    "percent_agreement": (
        "Mean over units of the share of rater pairs that agree; each unit counts once",
        "No unit has two ratings",
    ),
    **{
        f"krippendorff_alpha_{level}": (
            f"Observed disagreement relative to the disagreement expected by chance, {words}; 1 is perfect, 0 is chance",
            _CHANCE,
        )
        for level, words in {
            "nominal": "where any two different values differ equally",
            "ordinal": "where values further apart in rank differ more",
            "interval": "where differences are squared distances of numbers",
            "ratio": "where differences are squared relative distances of numbers",
        }.items()
    },
    "fleiss_kappa": (
        "Agreement beyond chance, where chance follows how often each category was chosen by all raters together",
        _CHANCE,
    ),
    "brennan_prediger": (
        "Agreement beyond chance, where chance gives every category of the scale the same probability",
        _SCALE,
    ),
    "gwet_ac1": (
        "Agreement beyond chance, where chance is the agreement of raters who guess on the hard units only",
        _SCALE,
    ),
    **{
        f"gwet_ac2_{kind}": (f"AC1 with partial credit for near agreement, by {kind} weights", _SCALE)
        for kind in ("quadratic", "linear", "ordinal", "radical", "ratio", "circular", "bipolar")
    },
    "conger_kappa": (
        "Agreement beyond chance, where chance follows how often each rater chose each category; Cohen's κ for two raters",
        _CHANCE,
    ),
    "icc_1_1": ("Reliability of one rater, with different raters for each unit", _ICC),
    "icc_2_1": ("Reliability of one rater drawn from many; differences in level count as disagreement", _ICC),
    "icc_3_1": ("Reliability of one of these raters; differences in level do not count", _ICC),
    "icc_1_k": ("Reliability of the mean of the raters, with different raters for each unit", _ICC),
    "icc_2_k": ("Reliability of the mean of raters drawn from many; differences in level count", _ICC),
    "icc_3_k": (
        "Reliability of the mean of these raters (Cronbach's α); differences in level do not count",
        _ICC,
    ),
    "share": (
        "Share of comparisons on which a rater says the same as the majority of the others",
        "None shared with others",
    ),
    "kappa": (
        "The same agreement beyond chance, given how often the rater and the others choose each answer",
        "None shared with others, or everybody always gives one answer",
    ),
    "majority_vote": (
        "How often a rater agrees with the majority of the others",
        "No comparison shared with others",
    ),
    "one_coin": (
        "One probability of being right per rater; wrong answers are equally likely. For raters with few answers",
        "Never, for a rater with an answer",
    ),
    "dawid_skene": (
        "A confusion matrix per rater, by left and right, fitted by maximum likelihood",
        "Never, for a rater with an answer",
    ),
    "mace": (
        "The probability that a rater knows the answer rather than guesses in a fixed way",
        "Never, for a rater with an answer",
    ),
    "glad": (
        "An ability per rater, in logits, and a difficulty per comparison; below 0 is worse than a coin",
        "Never, for a rater with an answer",
    ),
    "sandwich": ("Strength ± t times the standard error, from how much each unit moves the strengths", ""),
    "score_bootstrap": ("Percentiles of strengths, with units drawn again at random", ""),
    "model": ("Strength ± z times the standard error of the model; takes judgments as independent", ""),
    "max_t": (
        "From the largest difference among all pairs of systems, in standard errors, over random draws",
        "",
    ),
    "bonferroni": ("From the error rate divided by the number of pairs of systems", ""),
    "pearson": ("Linear correlation", "Fewer than 2 pairs, or one side is constant"),
    "spearman": (
        "Pearson's r of the ranks, tied values at their mean rank",
        "Fewer than 2 pairs, or one side is constant",
    ),
    "kendall_b": (
        "Pairs ordered alike less pairs ordered differently, corrected for ties on either side",
        "Fewer than 2 pairs, or one side is constant",
    ),
    "kendall_c": (
        "Pairs ordered alike less pairs ordered differently, corrected for the number of distinct values",
        "Fewer than 2 pairs, or one side is constant",
    ),
    "tau_eq": (
        "Pairs that both sides order or tie alike less the others, over all pairs",
        "Fewer than 2 pairs",
    ),
    "acc_eq": ("Share of pairs that both sides order or tie alike", "Fewer than 2 pairs"),
    "pairwise_accuracy": (
        "How often the metric prefers what people prefer, where people have a preference; a tie of the metric counts half",
        "No judgment with a preference",
    ),
    "pairwise_accuracy_eq": ("How often the metric and people say the same of a, tie and b", "No judgment"),
    "pairwise_accuracy_untied": (
        "How often the metric prefers what people prefer, where both have a preference",
        "No judgment where both have one",
    ),
    "best_accuracy": (
        "Share of judgments met by a metric that knows each comparison's most frequent answer; too optimistic for other raters",
        "No comparison with two judgments",
    ),
    "held_out_accuracy": (
        "How often a rater's answer is the majority of the others: a bound that can be reached",
        "No comparison with two judgments",
    ),
    "williams": ("Student's t with n - 3 degrees of freedom", ""),
    "steiger": ("Fisher's z, with the covariance at the pooled correlation", ""),
    "meng": ("Fisher's z, with the covariance at the mean squared correlation", ""),
    "holm": ("Keeps the chance of any false rejection below the level", ""),
    "benjamini_hochberg": ("Keeps the expected share of false rejections below the level", ""),
    "perseval": ("DEGRESS, discounted for outputs that are far from what the reader expects", _EMPTY),
    "egises": (
        "How far a document's outputs are from differing between readers as their own texts do",
        _EMPTY,
    ),
    "degress": ("1 less EGISES: how well outputs respond to their readers", _EMPTY),
    "edp": ("The factor by which PerSEval discounts DEGRESS for inaccuracy", "No expected text"),
    "adp": ("The penalty for even the best output of a document being inaccurate", "No expected text"),
    "acp": ("The penalty for outputs less accurate than the others of their document", "No expected text"),
    "p_accuracy": ("Accuracy less a part for not responding to the reader", _EMPTY),
    "distance": ("Mean distance of an output to the text that its reader expects", "No expected text"),
    "win_rate": ("How often one system wins against another, ties half", ""),
    "bt_difference": ("How far two systems are apart, in logits", ""),
    "alpha": ("Agreement of raters beyond chance", ""),
    "correlation": ("Mean over items of the correlation of a metric with people", ""),
}
