"""Metrics by models: against the bert-score package, hand-summed losses, and refusals."""

import shutil
import subprocess
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from study.errors import InvalidInput, NotFound
from study.metrics import METRICS, Batch, checkpoints, metric_named, pair_scores, score
from study.metrics.checkpoints import EMBEDDED_SHA256, checkpoint
from study.metrics.language_models import QUALITIES
from tests.cases import cases

LONG = [
    "Astronomers at the observatory have found signs of water vapour in the air of a planet that is 64 light years away, "
    "and pupils of the nearby school will choose a name for it in March.",
    "The signal comes from 41 nights of starlight, split by a spectrograph that stood idle until a retired technician "
    "rebuilt its cooling pump with parts from a fishing boat; a second team has yet to confirm the find.",
    "Bakers in the valley say that the old mill, which grinds flour again after forty years, has changed how their bread "
    "tastes, though the queue on Saturday mornings is as long as it ever was.",
]
SHORT = ["a cat sat on the mat .", "the dog ran in the rain", "that is good !", "rain"]


@pytest.fixture(scope="module", autouse=True)
def models() -> None:
    """Import torch when the first of these tests runs, and not in each process that collects them."""
    global torch, transformers, infolm, likelihood, encoder, loaded
    import torch
    import transformers

    from study.metrics.models import infolm, likelihood
    from study.metrics.models.encoder import encoder
    from study.metrics.models.loading import loaded


def value(key: str, texts: Mapping[str, str], model: str, **parameters: object) -> float:
    chosen = {**METRICS[key].parameters, **parameters}
    batch = Batch({name: [text] for name, text in texts.items()}, model=model, parameters=chosen)  # type: ignore[arg-type]
    ((found, reason),) = score(METRICS[key], batch)
    assert found is not None, reason
    return found


@pytest.mark.parametrize("idf", cases([False, True], [True]))
def test_bert_score_is_that_of_the_package_on_long_texts(embedded: str, idf: bool) -> None:
    outputs = [*LONG[1:], LONG[0]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from bert_score import score as package

        theirs = package(outputs, LONG, model_type=embedded, num_layers=5, idf=idf)
    for part, expected in zip(("precision", "recall", "f1"), theirs, strict=True):
        ours = pair_scores(
            METRICS["bert_score"],
            list(zip(outputs, LONG, strict=True)),
            model=embedded,
            parameters={"value": part, "idf": idf},
            corpus={"reference": tuple(LONG)},
        )
        np.testing.assert_allclose([found for found, _ in ours], expected.numpy(), atol=1e-5)


def test_a_baseline_rescales(embedded: str) -> None:
    texts = {"output": LONG[0], "reference": LONG[1]}
    raw = value("bert_score", texts, embedded)
    assert value("bert_score", texts, embedded, baseline="0.3") == pytest.approx((raw - 0.3) / 0.7)
    with pytest.raises(
        InvalidInput, match=r"there is none for .* at layer 5, only for roberta-large at layer 17"
    ):
        value("bert_score", texts, embedded, baseline="published")
    with pytest.raises(InvalidInput, match="a number below 1"):
        value("bert_score", texts, embedded, baseline="1")


def test_a_layer_that_is_not_there_is_refused(embedded: str) -> None:
    with pytest.raises(InvalidInput, match="layer=9: this model has layers 0 to 6"):
        value("bert_score", {"output": "a", "reference": "b"}, embedded, layer=9)


def test_mover_score_of_single_words_is_their_distance(embedded: str) -> None:
    tokens = encoder(embedded).tokens(["cat", "dog"], 6)
    distance = np.linalg.norm(tokens["cat"].layers[6][1] - tokens["dog"].layers[6][1])
    found = value("mover_score", {"output": "cat", "reference": "dog!"}, embedded)
    longer = encoder(embedded).tokens(["dog!"], 6)["dog!"].layers[6][1]
    assert found == pytest.approx(1 / (1 + np.linalg.norm(tokens["cat"].layers[6][1] - longer)), abs=1e-6)
    assert found != pytest.approx(1 / (1 + distance), abs=1e-6)
    ((nothing, reason),) = pair_scores(METRICS["mover_score"], [("?!", "dog")], model=embedded)
    assert (nothing, reason) == (None, "a text has no word with weight")


def test_cosine_is_that_of_mean_pooled_vectors_and_known_texts_are_not_embedded_again(embedded: str) -> None:
    texts = {"output": LONG[0], "profile": LONG[1]}
    pooled = []
    for text in texts.values():
        use = loaded("encoder", embedded)
        with torch.inference_mode():
            states = use.model(**use.tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        pooled.append(states.mean(0).numpy())
    expected = pooled[0] @ pooled[1] / np.linalg.norm(pooled[0]) / np.linalg.norm(pooled[1])
    model = encoder(embedded)
    model.forget()
    before = model.n_embedded
    assert value("cosine_profile", texts, embedded) == pytest.approx(expected, abs=1e-6)
    value("cosine_profile", texts, embedded)
    assert model.n_embedded - before == 2


def test_perplexity_is_the_exponential_of_the_hand_summed_loss(tiny: Mapping[str, str]) -> None:
    use = loaded("causal", tiny["causal"])
    for text in SHORT:
        ids = [use.tokenizer.bos_token_id, *use.tokenizer(text)["input_ids"]]
        with torch.inference_mode():
            log_p = use.model(torch.tensor([ids])).logits[0].log_softmax(-1)
        by_hand = -sum(float(log_p[place, later]) for place, later in enumerate(ids[1:])) / (len(ids) - 1)
        assert value("perplexity", {"output": text}, tiny["causal"]) == pytest.approx(
            np.exp(by_hand), rel=1e-5
        )


@pytest.mark.parametrize("key", ["bart_score_faithfulness", "bart_score_precision", "bart_score_recall"])
def test_bart_score_is_the_hand_summed_likelihood_of_its_direction(tiny: Mapping[str, str], key: str) -> None:
    texts = {"output": SHORT[0], "reference": SHORT[1], "source": SHORT[2]}
    given, wanted = {
        "bart_score_faithfulness": ("source", "output"),
        "bart_score_precision": ("reference", "output"),
        "bart_score_recall": ("output", "reference"),
    }[key]
    use = loaded("seq2seq", tiny["seq2seq"])
    start = use.model.config.decoder_start_token_id
    ids = use.tokenizer(texts[wanted])["input_ids"]
    with torch.inference_mode():
        log_p = use.model(
            input_ids=use.tokenizer(texts[given], return_tensors="pt")["input_ids"],
            decoder_input_ids=torch.tensor([[start, *ids[:-1]]]),
        ).logits[0].log_softmax(-1)  # fmt: skip
    by_hand = sum(float(log_p[place, token]) for place, token in enumerate(ids)) / len(ids)
    assert value(key, texts, tiny["seq2seq"]) == pytest.approx(by_hand, rel=1e-5)


def test_bart_score_f_is_the_mean_of_precision_and_recall(tiny: Mapping[str, str]) -> None:
    texts = {"output": SHORT[0], "reference": SHORT[1]}
    both = [value(f"bart_score_{name}", texts, tiny["seq2seq"]) for name in ("precision", "recall")]
    assert value("bart_score_f", texts, tiny["seq2seq"]) == pytest.approx(sum(both) / 2, rel=1e-6)


def test_fed_has_eighteen_qualities_and_is_the_difference_of_hand_summed_losses(
    tiny: Mapping[str, str],
) -> None:
    assert tuple(likelihood.follow_ups()) == QUALITIES
    assert len(QUALITIES) == 18
    use = loaded("causal", tiny["causal"])

    def loss(said: str) -> float:
        text = "".join(f"</s> {line} " for line in ("the dog ran", "a cat sat", "good", said)).strip()
        ids = torch.tensor([use.tokenizer(text)["input_ids"]])
        with torch.inference_mode():
            return float(use.model(ids, labels=ids).loss)

    texts = {"source": "the dog ran\n\na cat sat", "output": "good"}
    for quality in ("fluent", "relevant"):
        said = likelihood.follow_ups()[quality]
        means = [np.mean([loss(text) for text in said[kind]] or [0]) for kind in ("negative", "positive")]
        found = value("fed", texts, tiny["causal"], quality=quality)
        assert found == pytest.approx(means[0] - means[1], abs=1e-5)


def test_infolm_distributions_are_averaged_over_masks(tiny: Mapping[str, str]) -> None:
    use = loaded("masked", tiny["masked"])

    def distribution(text: str) -> np.ndarray:
        ids = use.tokenizer(text)["input_ids"]
        rows = []
        for place in range(1, len(ids) - 1):
            masked = torch.tensor([ids])
            masked[0, place] = use.tokenizer.mask_token_id
            with torch.inference_mode():
                rows.append((use.model(masked).logits[0, place].double() / 0.25).softmax(-1).numpy())
        return np.mean(rows, axis=0)

    p, q = distribution(SHORT[0]), distribution(SHORT[1])
    by_hand = np.log(np.sum(q**2)) / 2 + np.log(np.sum(p**2)) / 2 - np.log(np.sum(p * q))
    texts = {"output": SHORT[0], "reference": SHORT[1]}
    assert value("infolm", texts, tiny["masked"]) == pytest.approx(by_hand, rel=1e-4)
    distance = value("infolm", texts, tiny["masked"], measure="fisher_rao")
    assert distance == pytest.approx(2 / np.pi * np.arccos(np.sum(np.sqrt(p * q))), rel=1e-4)
    with pytest.raises(InvalidInput, match="alpha=0"):
        value("infolm", texts, tiny["masked"], alpha=0.0)


def test_the_ab_divergence_is_not_negative_and_0_for_equal_distributions() -> None:
    rng = np.random.default_rng(1)
    for alpha, beta in ((1.0, 1.0), (0.5, 2.0), (2.0, 0.5)):
        p, q = rng.dirichlet(np.ones(6), 2)
        assert infolm.ab_divergence(p, p, alpha, beta) == pytest.approx(0, abs=1e-12)
        assert infolm.ab_divergence(p, q, alpha, beta) > 0


def test_nli_consistency_is_the_probability_of_entailment(tiny: Mapping[str, str]) -> None:
    texts = {"output": SHORT[0], "source": SHORT[1]}
    use = loaded("nli", tiny["nli"])
    with torch.inference_mode():
        logits = use.model(**use.tokenizer(SHORT[1], SHORT[0], return_tensors="pt")).logits[0]
    assert value("nli_source", texts, tiny["nli"]) == pytest.approx(float(logits.softmax(-1)[2]), rel=1e-5)
    with pytest.raises(InvalidInput, match=r"none of its labels .* begins with 'entail'"):
        value("nli_source", texts, tiny["sentiment"])


@pytest.mark.parametrize("key", ["perplexity", "infolm", "nli_source", "fed"])
def test_a_sentence_encoder_is_not_taken_for_a_language_model(embedded: str, key: str) -> None:
    texts = {"output": "a", "reference": "b", "source": "c"}
    with pytest.raises(
        InvalidInput, match=r"lack .* of the weights that such a model needs .* random numbers"
    ):
        value(key, texts, embedded)


def test_a_checkpoint_that_cannot_be_read_is_refused(embedded: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be used as a seq2seq model"):
        value("bart_score_f", {"output": "a", "reference": "b"}, embedded)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InvalidInput, match="contains no model"):
        checkpoint(str(tmp_path))
    with pytest.raises(NotFound, match="there is no folder '/nowhere/at all'"):
        checkpoint("/nowhere/at all")


def test_the_embedded_model_is_the_published_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = checkpoint()
    assert (found.name, found.embedded) == ("all-MiniLM-L6-v2", True)
    shutil.copytree(found.path, tmp_path / "model", ignore=shutil.ignore_patterns("*.safetensors"))
    (tmp_path / "model" / "model.safetensors").write_bytes(b"something else")
    monkeypatch.setattr(checkpoints, "_embedded_folder", lambda: tmp_path / "model")
    with pytest.raises(InvalidInput, match=f"not {EMBEDDED_SHA256}"):
        checkpoint()


def test_a_revision_follows_the_files(tiny: Mapping[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "tiny-causal"
    shutil.copytree(tiny["causal"], folder)
    same = checkpoint(str(folder))
    assert (same.name, same.revision) == ("tiny-causal", checkpoint(tiny["causal"]).revision)
    (folder / "tokenizer.json").write_text((folder / "tokenizer.json").read_text().replace("hill", "bill"))
    assert checkpoint(str(folder)).revision != same.revision
    chosen = metric_named(METRICS, f"perplexity@{folder}")
    assert chosen.name == "perplexity@tiny-causal"
    assert f"revision:{checkpoint(str(folder)).revision}" in chosen.signature()


def test_a_language_model_is_named_by_who_wants_it() -> None:
    with pytest.raises(
        InvalidInput, match="perplexity needs a causal model: name a folder or a hub name after @"
    ):
        metric_named(METRICS, "perplexity")


def test_the_table_of_metrics_loads_no_torch() -> None:
    code = "import sys, study.workflows.scoring; sys.exit(bool({'torch', 'transformers', 'nltk', 'sacrebleu'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_transformers_is_the_version_in_the_signatures() -> None:
    assert f"transformers:{transformers.__version__}" in metric_named(METRICS, "bert_score").signature()
