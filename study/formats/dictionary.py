"""The data dictionary: one sentence for every exported column."""

from collections.abc import Iterable

from study.tables import lookup

DICTIONARY: dict[str, str] = {
    "judgment_id": "Opaque id of the judgment.",
    "study_id": "Id of the study.",
    "comparison_id": "Opaque id of the comparison, an unordered pair of outputs of one item.",
    "comparison_name": "The researcher's own id of the pair, if there is one.",
    "comparison_purpose": "What the comparison is for: main, practice, attention, gold or wrong_profile.",
    "comparison_withdrawn": "Whether the comparison was withdrawn from the study for everyone; such judgments are exported only on request.",
    "item_id": "Opaque id of the item, which is one request.",
    "item_name": "The researcher's own id of the item.",
    "source_id": "What several items share, such as a story that several readers get.",
    "profile_id": "Opaque id of the profile that the outputs were made for.",
    "profile_name": "The researcher's own id of the profile.",
    "tags": "The item's tags as a JSON object of texts.",
    "rater_id": "Opaque id of the rater.",
    "rater_source": "How the rater came: link, imported or simulated.",
    "simulated": "Whether a simulated rater answered instead of a person.",
    "rater_status": "Status of the rater: active, or why their answers do not count (excluded, withdrawn, returned, timed_out, ended, screened_out).",
    "rater_role": "Owner if the rater judged outputs made for their own profile, else proxy.",
    "rater_arm": "The rater's arm of the factors between raters, such as tone=warm; empty if there are none.",
    "rater_external_id": "The rater's id outside this study; exported only on request.",
    "assignment_id": "Opaque id of the assignment: this comparison shown to this rater.",
    "position": "Place of the comparison in the rater's order, from 0.",
    "purpose": "Why the rater got the comparison: main, repeat, check or practice.",
    "context_condition": "The level of the factors within raters under which the comparison was shown; empty if there are none.",
    "criterion": "Key of the criterion that the answer is about.",
    "system_a": "System that made output a.",
    "system_b": "System that made output b.",
    "output_a_id": "Opaque id of output a; a and b are ordered by id, not by side.",
    "output_b_id": "Opaque id of output b.",
    "condition_a": "Prompt condition of output a; empty if there are none.",
    "condition_b": "Prompt condition of output b; empty if there are none.",
    "side_of_a": "Side of the screen on which output a was shown: left or right.",
    "left_system": "System whose output was on the left.",
    "right_system": "System whose output was on the right.",
    "left_condition": "Prompt condition of the output on the left.",
    "right_condition": "Prompt condition of the output on the right.",
    "response": "The answer as given on screen: left, right or a step such as left_2, tie, both_bad, skip.",
    "preference": "What the answer says about the outputs: a, b, tie or both_bad; empty for a skip.",
    "strength": "Steps by which a is preferred (positive) or b (negative); 0 for tie and both_bad.",
    "preferred_system": "System of the preferred output; empty if neither is preferred.",
    "preferred_output_id": "Opaque id of the preferred output; empty if neither is preferred.",
    "confidence": "How sure the rater was, if the study asks.",
    "rationale": "The reason in the rater's words, if given; for a skip, what is wrong.",
    "seconds": "Seconds from the moment the pair was shown to the answer.",
    "shown_at": "When the pair was shown, in UTC.",
    "judged_at": "When the answer was given, in UTC.",
    "revision": "0 for a first answer; 1 more each time the rater changed it.",
    "design_version": "Version of the design under which the answer was given, from 1; empty for imported answers.",
    "skip_reason": "What is wrong with a skipped comparison, if the rater said so: unclear, language, broken, offensive or other.",
    "active_seconds": "The part of these seconds in which the rater was active: without hidden tabs, and at most 60 of any gap between two signs of activity (pointer, key, scrolling).",
    "profile_seconds": "Active seconds in which the profile was in view; empty without a profile, or if only the server's times are known.",
    "profile_open_seconds": "The part of these seconds in which a profile longer than its panel was fully opened; empty like profile_seconds.",
    "profile_scrolls": "How often the profile was scrolled; empty like profile_seconds.",
    "changes_of_mind": "How often another answer was pressed before this one, or an answer to the question was undone.",
    "behaviour_source": "Source of the active time: client (measured in the rater's browser, never longer than the server's time) or server (the time by the server's clock, at most 60 seconds); empty for imported answers.",
    "question_id": "The researcher's own id of the item.",
    "model_a": "System that made output a, with its prompt condition, if any, in brackets.",
    "model_b": "System that made output b, with its prompt condition, if any, in brackets.",
    "winner": "Outcome on outputs, not on sides: model_a, model_b, tie or tie (bothbad).",
    "judge": "Opaque id of the rater.",
    "conversation_a": "Request and output a as a JSON list of role and content.",
    "conversation_b": "Request and output b as a JSON list of role and content.",
    "turn": "Number of turns; always 1.",
    "anony": "Whether systems were hidden from the rater; always true.",
    "language": "Language of the conversation; unknown, because the study does not record it.",
    "tstamp": "When the answer was given, in seconds since 1970 (UTC).",
    "prompt": "The request as text.",
    "chosen": "Text of the preferred output.",
    "rejected": "Text of the other output.",
    "profile": "The profile that the outputs were made for, as text or as JSON of its facets; empty without one.",
    "pair_id": "Opaque id of the comparison, like comparison_id in the long export.",
    "margin": "Steps by which the chosen output is preferred, from 1.",
}


def dictionary_markdown(columns: Iterable[str] = DICTIONARY) -> str:
    """Return the data dictionary of some columns as a Markdown table.

    >>> print(dictionary_markdown(["chosen"]))
    | column | meaning |
    |---|---|
    | chosen | Text of the preferred output. |
    """
    rows = [f"| {column} | {lookup(DICTIONARY, column, 'column')} |" for column in columns]
    return "\n".join(["| column | meaning |", "|---|---|", *rows])
