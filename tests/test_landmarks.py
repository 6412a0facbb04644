"""Texts as cosines to landmarks: nothing until all are known, then what the encoder found; the app process loads no model."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from study import landmarks, store
from study.metrics import METRICS
from study.metrics.choosing import choose
from study.metrics.jobs import texts_hash
from study.metrics.sentinels import sentinel_scores
from tests.conftest import small_study


@pytest.fixture
def db(tmp_path: Path) -> Iterator[store.Database]:
    database = store.open_database(tmp_path / "study.duckdb")
    store.save_records(database, small_study())
    yield database
    database.close()


def test_texts_become_vectors_once_every_cosine_is_known(db: store.Database) -> None:
    texts = store.output_texts(db, "small")
    pairs = landmarks.embedding_pairs(texts, seed=3)
    assert pairs == landmarks.embedding_pairs(texts.sample(frac=1, random_state=1), seed=3)
    signature = choose(METRICS, landmarks.COSINE).signature({})
    cosines = {texts_hash(pair): (0.1 * (place % 7), None) for place, pair in enumerate(pairs)}
    last = list(cosines)[-1]
    store.cache_scores(db, signature, {key: cosines[key] for key in cosines if key != last})
    assert landmarks.known_embedding(db, texts, seed=3) is None
    store.cache_scores(db, signature, {last: cosines[last]})
    found = landmarks.known_embedding(db, texts, seed=3)
    assert found is not None
    first = [
        value for pair, (value, _) in zip(pairs, cosines.values(), strict=True) if pair[0] == pairs[0][0]
    ]
    assert found.embed([pairs[0][0], " "])[0] == pytest.approx(first)
    assert not found.embed([""]).any()
    assert "all-MiniLM-L6-v2" in found.signature


def test_sentinels_read_by_the_encoder_say_so(db: store.Database) -> None:
    texts = store.output_texts(db, "small")
    landmarks.compute_embedding(db, texts, seed=3)
    found = landmarks.known_embedding(db, texts, seed=3)
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
