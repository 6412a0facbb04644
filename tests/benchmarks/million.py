"""A study of a million judgments in a database file, with rater effects, profiles, tags and metrics."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from study import store
from study.protocol.design import Design, Question
from study.records import Study, utc_now
from study.responses import BOTH_BAD, TIE

STUDY_ID = "million"
N_SYSTEMS = 10
PAIRS_OF_ITEM = 10
RATERS_OF_PAIR = 10
N_RATERS = 1_000
N_PROFILES = 50
TAGS = ("news", "mail", "chat", "shop")
TEXT = '{"kind": "text", "text": "-"}'


def make_million(
    path: Path,
    *,
    n_judgments: int = 1_000_000,
    n_metrics: int = 30,
    seed: int = 1,
    overlap: int = RATERS_OF_PAIR,
) -> None:
    """Write a study of about ``n_judgments`` into a new database file.

    Ten systems differ in strength, raters in taste (sd 0.6 per system) and in how often they tie. Every item has an
    output of every system and ten pairs of them, each judged by ten raters, of ``overlap`` places. Metrics see the quality with noise.
    """
    rng = np.random.default_rng(seed)
    n_items = max(1, n_judgments // (PAIRS_OF_ITEM * RATERS_OF_PAIR))
    design = Design(
        criteria=(Question(key="fit", question="Which one fits better?"),),
        overlap=overlap,
        min_view_seconds=0,
    )
    strength = np.linspace(-0.8, 0.8, N_SYSTEMS)
    quality = strength + rng.normal(0, 0.7, (n_items, N_SYSTEMS))
    pairs = np.array([(i, j) for i in range(N_SYSTEMS) for j in range(i + 1, N_SYSTEMS)])
    chosen = np.argsort(rng.random((n_items, len(pairs))), axis=1)[:, :PAIRS_OF_ITEM]
    item = np.repeat(np.arange(n_items), PAIRS_OF_ITEM)
    first, second = pairs[chosen.ravel()].T
    comparison = np.repeat(np.arange(len(item)), RATERS_OF_PAIR)
    start = rng.integers(0, N_RATERS, len(item))
    rater = (start[:, None] + np.arange(RATERS_OF_PAIR) * 97).ravel() % N_RATERS
    taste = rng.normal(0, 0.6, (N_RATERS, N_SYSTEMS))
    one, two, of = first[comparison], second[comparison], item[comparison]
    difference = quality[of, one] - quality[of, two] + taste[rater, one] - taste[rater, two]
    noisy = difference + rng.logistic(0, 1, len(of))
    preferred_a = noisy > 0
    left_a = rng.random(len(of)) < 0.5
    response = np.where(preferred_a == left_a, "left", "right").astype(object)
    response[np.abs(noisy) < 0.4] = TIE
    response[rng.random(len(of)) < 0.02] = BOTH_BAD
    db = store.open_database(path)
    try:
        study = Study(
            STUDY_ID, "A million judgments", design.to_json(), design.hash(), "live", 7, "million", utc_now()
        )
        _write(
            db,
            study,
            design,
            quality,
            item,
            first,
            second,
            comparison,
            rater,
            left_a,
            response,
            n_metrics,
            rng,
        )
    finally:
        db.close()


def _write(
    db, study, design, quality, item, first, second, comparison, rater, left_a, response, n_metrics, rng
):  # type: ignore[no-untyped-def]
    n_items, n_pairs, n = len(quality), len(item), len(comparison)
    named = {
        "pair": pa.table({"n": np.arange(n_pairs), "item": item, "first": first, "second": second}),
        "answer": pa.table(
            {
                "n": np.arange(n),
                "pair": comparison,
                "rater": rater,
                "left_a": left_a,
                "response": pa.array(response, pa.string()),
            }
        ),
    }
    tags = " ".join(f'when {k} then \'{{"domain": "{tag}"}}\'' for k, tag in enumerate(TAGS))
    with db.writing(forget=True) as cursor:
        from study.store.engine import rows

        rows.insert(cursor, study)
        for name, table in named.items():
            cursor.register(name, table)
        for statement in (
            f"insert into profile select format('p{{:03d}}', n), '{STUDY_ID}', format('reader {{}}', n), '{TEXT}', null, null from range({N_PROFILES}) t(n)",
            f"""insert into item select format('i{{:06d}}', n), '{STUDY_ID}', format('item {{}}', n), format('s{{:06d}}', n // 2),
                format('p{{:03d}}', n % {N_PROFILES}), '{TEXT}', null, case n % {len(TAGS)} {tags} end, '{{}}' from range({n_items}) t(n)""",
            f"""insert into output select format('o{{:06d}}{{:02d}}', i, s), '{STUDY_ID}', format('i{{:06d}}', i), format('system {{:02d}}', s), '', '{TEXT}'
                from range({n_items}) t(i), range({N_SYSTEMS}) u(s)""",
            f"""insert into task select format('c{{:07d}}', n), '{STUDY_ID}', format('s{{:06d}}', item // 2), format('i{{:06d}}', item),
                'main', null, null, null, 'pairs' from pair""",
            f"""insert into task_output select format('c{{:07d}}', n), 0, '{STUDY_ID}', format('o{{:06d}}{{:02d}}', item, first) from pair
                union all select format('c{{:07d}}', n), 1, '{STUDY_ID}', format('o{{:06d}}{{:02d}}', item, second) from pair""",
            f"""insert into rater select format('r{{:04d}}', n), '{STUDY_ID}', format('t{{:04d}}', n), null, 'link', null, '{{}}',
                case when n % 10 = 0 then format('p{{:03d}}', n % {N_PROFILES}) end, 'active', null, timestamp '2026-01-01' from range({N_RATERS}) t(n)""",
            f"""insert into assignment select format('a{{:08d}}', n), '{STUDY_ID}', format('c{{:07d}}', pair), format('r{{:04d}}', rater), n,
                case when left_a then '01' else '10' end, 'main', null, timestamp '2026-01-01' + interval (n) second,
                timestamp '2026-01-02' + interval (n) second, null from answer""",
            f"""insert into judgment select format('j{{:08d}}', n), '{STUDY_ID}', format('a{{:08d}}', n), 'fit', 0, response, null, null, 4.5,
                timestamp '2026-01-01' + interval (n) second, timestamp '2026-01-01' + interval (n + 5) second, null, null,
                null, null, null, null, null, null, null, 'preference' from answer""",
        ):
            cursor.execute(statement)
        for k in range(n_metrics):
            value = quality * (k + 1) / n_metrics + rng.normal(0, 1, quality.shape)
            cursor.register("score", pa.table({"n": np.arange(value.size), "value": value.ravel()}))
            cursor.execute(
                f"""insert into metric_score select '{STUDY_ID}', format('o{{:06d}}{{:02d}}', n // {N_SYSTEMS}, n % {N_SYSTEMS}),
                    'metric_{k:02d}', value, null, 'planted|{k}' from score"""
            )
