"""The frame of metrics: names, signatures, rows, jobs, and running what is named."""

import json

import pandas as pd
import pytest

from study import metrics
from study.errors import InvalidInput
from study.metrics import METRICS, NEEDS, TEXTS, Batch, Metric, jobs, metric_named
from study.metrics.metric import Score, score

SEEN: list[int] = []


def shout(batch: Batch) -> list[Score]:
    SEEN.append(len(batch))
    times = int(batch.parameters["times"])
    return [(float(len(one) + len(other) * times), None) for one, other in batch.pairs("profile")]


TOY = Metric(
    "toy",
    "Toy",
    shout,
    ("profile",),
    "toy|1",
    True,
    "made up",
    parameters={"times": 1, "loud": False},
    corpus=lambda parameters: ("reference",) if parameters["loud"] else (),
)
TABLE = {"toy": TOY}


def texts(contents: list[dict[str, object]], references: list[str | None]) -> pd.DataFrame:
    n = len(contents)
    return pd.DataFrame(
        {
            "output_id": [f"o{place}" for place in range(n)],
            "item_id": "i",
            "profile_id": [f"p{place % 2}" for place in range(n)],
            "source_id": "s",
            "system": "alpha",
            "condition": "",
            "content": [json.dumps(content) for content in contents],
            "reference": pd.Series(references, dtype="str"),
            "profile": json.dumps({"kind": "facets", "facets": {"Likes": ["tea", "rain"], "Style": "dry"}}),
            "prompt": json.dumps(said("Write.")),
        }
    )


def said(text: str) -> dict[str, object]:
    return {"kind": "text", "text": text}


def test_every_metric_is_described_under_its_own_key() -> None:
    for key, metric in METRICS.items():
        assert key == metric.key
        assert metric.label
        assert metric.source
        assert set(metric.needs) <= set(NEEDS)
        assert ("model" in metric.needs) == (metric.model is not None)
        assert "|" in metric.signature
        assert (metric.compares is None) == (metric.best is None)
        assert metric.compares is None or len(metric.reads) == 2
    assert "rouge-score:0.1.2" in METRICS["rouge_l"].signature
    assert "value:f1|stemmer:no|references:max" in metric_named(METRICS, "rouge_l").signature()


def test_a_name_holds_what_differs_from_the_default() -> None:
    plain, loud = metric_named(TABLE, "toy"), metric_named(TABLE, "toy:times=2, loud=yes")
    assert (plain.name, plain.signature()) == ("toy", "toy|1|times:1|loud:no")
    assert (loud.name, loud.label) == ("toy:loud=yes,times=2", "Toy, loud=yes,times=2")
    assert metric_named(TABLE, "toy:times=1").name == "toy"
    assert loud.signature({"reference": ("a",)}) != loud.signature({"reference": ("a", "b")})


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("tow", "unknown metric 'tow'"),
        ("toy:tims=2", "did you mean 'times'"),
        ("toy:times=two", "times='two' of toy: times is a whole number, such as 1"),
        ("toy:loud=maybe", "unknown value of loud: 'maybe'"),
        ("toy@somewhere", "toy uses no model, but 'somewhere' is named after @"),
    ],
)
def test_a_name_that_means_nothing_is_refused(name: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        metric_named(TABLE, name)


def test_a_metric_sees_only_complete_rows() -> None:
    SEEN.clear()
    batch = Batch({"output": ["a", "", "c"], "profile": [None, "p", "p"]}, parameters={"times": 2})
    assert score(TOY, batch) == [(None, "no profile"), (None, "the output is empty"), (3.0, None)]
    assert SEEN == [1]


def test_a_number_that_is_none_is_no_score() -> None:
    broken = Metric("nan", "NaN", lambda batch: [(float("nan"), None)], (), "nan|1", None, "made up")
    assert score(broken, Batch({"output": ["a"]})) == [(None, "it is not a number")]


def test_equal_texts_are_one_row_of_work_and_jobs_survive_their_journey() -> None:
    table = texts([said("one"), said("one"), said("three")], ["r", None, "r"])
    chosen = metric_named(TABLE, "toy:loud=yes")
    corpus = jobs.corpus_of(table, chosen.corpus)
    assert corpus == {"reference": ("r",)}
    rows = jobs.study_rows(table, chosen)
    assert rows[0].texts == {"output": "one", "profile": "Likes: tea, rain\nStyle: dry"}
    assert rows[0].texts_hash == rows[1].texts_hash != rows[2].texts_hash
    job = jobs.job(chosen, rows, corpus)
    assert len(job.rows) == 2
    sent = jobs.from_lines(iter(list(jobs.to_lines([job]))))
    assert sent == [job]
    (found,) = jobs.job_scores(sent, TABLE)
    assert jobs.line_found(jobs.found_line(found)) == found
    assert [value for value, _ in found.scores.values()] == [30.0, 32.0]


def test_what_stands_between_texts_is_part_of_the_hash() -> None:
    assert jobs.texts_hash(["a\x1fb", "c"]) != jobs.texts_hash(["a", "b\x1fc"])
    assert jobs.texts_hash([None]) != jobs.texts_hash([""])


def test_a_metric_over_several_profiles_gets_whole_groups() -> None:
    def of_group(batch: Batch) -> list[Score]:
        return [(float(len(set(batch.ids["profile_id"]))), None)] * len(batch)

    metric = Metric("group", "Group", of_group, ("several_profiles",), "group|1", None, "made up")
    table = pd.concat([texts([said(str(n))] * 40, [None] * 40).assign(system=f"s{n}") for n in range(3)])
    job = jobs.job(
        metric_named({"group": metric}, "group"),
        jobs.study_rows(table, metric_named({"group": metric}, "group")),
        {},
    )
    assert {
        value for found in jobs.job_scores([job], {"group": metric}) for value, _ in found.scores.values()
    } == {2.0}


def test_an_error_a_person_can_act_on_ends_one_job_only() -> None:
    def refuses(batch: Batch) -> list[Score]:
        raise InvalidInput("this model has no head")

    broken = Metric("broken", "Broken", refuses, (), "broken|1", None, "made up")
    table = {"broken": broken, **TABLE}
    work = [
        jobs.job(
            metric_named(table, key), jobs.study_rows(texts([said("a")], ["r"]), metric_named(table, key)), {}
        )
        for key in table
    ]
    found = list(jobs.job_scores(work, table))
    assert [(one.name, one.error, len(one.scores)) for one in found] == [
        ("broken", "this model has no head", 0),
        ("toy", None, 1),
    ]


def test_outputs_of_any_kind_are_scored_as_their_text() -> None:
    seen: list[tuple[float, str]] = []
    scores = metrics.score_outputs(
        texts([said("two words"), {"kind": "ranked_list", "entries": ["a", "b"]}], ["two words", None]),
        ["length", "rouge_l"],
        study_id="s",
        progress=lambda part, text: seen.append((part, text)),
    )
    assert [(one.output_id, one.metric, one.value, one.reason) for one in scores] == [
        ("o0", "length", 9.0, None),
        ("o1", "length", 3.0, None),
        ("o0", "rouge_l", 1.0, None),
        ("o1", "rouge_l", None, "no reference"),
    ]
    assert {one.study_id for one in scores} == {"s"}
    assert seen == [(0.5, "Length (characters)"), (1.0, "ROUGE-L (F1)")]


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(InvalidInput, match="unknown metric 'rogue_l'"):
        metrics.score_outputs(texts([said("a")], ["a"]), ["rogue_l"], study_id="s")


def test_a_basic_metric_is_missing_until_every_output_has_its_present_version() -> None:
    two = texts([said("a"), said("b")], ["a", "b"])
    nothing = pd.DataFrame({"output_id": [], "metric": [], "signature": []}, dtype="str")
    assert metrics.missing_metrics(nothing, two) == ["length", "rouge_l"]
    scores = pd.DataFrame(metrics.score_outputs(two, ["length"], study_id="s"))
    assert metrics.missing_metrics(scores, two) == ["rouge_l"]
    assert metrics.missing_metrics(scores.iloc[:1], two) == ["length", "rouge_l"]
    assert metrics.missing_metrics(scores.assign(signature="older"), two) == ["length", "rouge_l"]


def test_the_columns_of_a_batch_are_those_that_outputs_have() -> None:
    rows = jobs.study_rows(texts([said("a")], ["r"]), metric_named(METRICS, "rouge_l"))
    assert set(rows[0].texts) == {"output", "reference"} <= set(TEXTS)
