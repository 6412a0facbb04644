"""Texts as cosines to landmarks: nothing until all are known, then what the encoder found; the app process loads no model."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from study import store
from study.metrics import METRICS
from study.metrics.choosing import metric_named
from study.metrics.jobs import texts_hash
from study.metrics.sentinels import sentinel_scores
from study.records import text_content
from study.workflows import text_embeddings
from study.workflows.divergence import compute_embedding_divergence
from tests.conftest import small_study


@pytest.fixture
def db(tmp_path: Path) -> Iterator[store.Database]:
    database = store.open_database(tmp_path / "study.duckdb")
    store.save_records(database, small_study())
    yield database
    database.close()


def test_texts_become_vectors_once_every_cosine_is_known(db: store.Database) -> None:
    texts = store.output_texts(db, "small")
    pairs = text_embeddings.embedding_pairs(texts, seed=3)
    assert pairs == text_embeddings.embedding_pairs(texts.sample(frac=1, random_state=1), seed=3)
    signature = metric_named(METRICS, text_embeddings.COSINE).signature({})
    cosines = {texts_hash(pair): (0.1 * (place % 7), None) for place, pair in enumerate(pairs)}
    last = list(cosines)[-1]
    store.cache_scores(db, signature, {key: cosines[key] for key in cosines if key != last})
    assert text_embeddings.known_embedding(db, texts, seed=3) is None
    store.cache_scores(db, signature, {last: cosines[last]})
    found = text_embeddings.known_embedding(db, texts, seed=3)
    assert found is not None
    first = [
        value for pair, (value, _) in zip(pairs, cosines.values(), strict=True) if pair[0] == pairs[0][0]
    ]
    assert found.embed([pairs[0][0], " "])[0] == pytest.approx(first)
    assert not found.embed([""]).any()
    assert "all-MiniLM-L6-v2" in found.signature


@pytest.mark.thorough
def test_sentinels_read_by_the_encoder_say_so(db: store.Database) -> None:
    texts = store.output_texts(db, "small")
    text_embeddings.compute_embedding(db, texts, seed=3)
    found = text_embeddings.known_embedding(db, texts, seed=3)
    assert found is not None
    own = [found.embed([text])[0].max() for text in found.vectors if text]
    assert np.max(own) == pytest.approx(1, abs=1e-5), "a landmark is most like itself"
    outputs = texts[["output_id", "item_id"]].assign(human_score=np.linspace(0, 1, len(texts)))
    scores = sentinel_scores(
        outputs, texts, criterion="fit", seed=1, embed=found.embed, embedding=found.signature
    )
    of_output = scores[scores["metric"] == "sentinel_output"]
    assert of_output["signature"].str.contains("landmarks:").all()
    assert of_output["value"].notna().all()


@pytest.mark.thorough
def test_a_text_that_the_encoder_cannot_read_has_no_vector_and_no_score(tmp_path: Path) -> None:
    records = small_study("thai")
    for place, text in ((0, "สวัสดีครับวันนี้อากาศดีมาก"), (1, "พรุ่งนี้ฝนจะตกหนักทั้งวัน")):
        records.outputs[place] = replace(records.outputs[place], content=text_content(text))
    strange = [one.output_id for one in records.outputs[:2]]
    database = store.open_database(tmp_path / "study.duckdb")
    try:
        store.save_records(database, records)
        texts = store.output_texts(database, "thai")
        text_embeddings.compute_embedding(database, texts, seed=3)
        found = text_embeddings.known_embedding(database, texts, seed=3)
        compute_embedding_divergence(database, "thai")
        divergences = store.priorities(database, "thai", "embedding")
        n_pairs = len(store.pair_texts(database, "thai"))
    finally:
        database.close()
    assert found is not None
    outputs = texts[["output_id", "item_id"]].assign(human_score=np.linspace(0, 1, len(texts)))
    scores = sentinel_scores(
        outputs, texts, criterion="fit", seed=1, names=["sentinel_output"], embed=found.embed
    )
    told = scores.set_index("output_id")["reason"]
    assert told[strange].str.contains("knows too few of the words of the output").all()
    assert told.drop(strange).isna().all()
    assert scores.set_index("output_id")["value"].drop(strange).notna().all()
    assert len(divergences) == n_pairs - 3, "of the three pairs with a Thai text none has a divergence"
