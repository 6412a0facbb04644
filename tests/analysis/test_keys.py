"""Manifests name analyses by keys that stay when a function moves."""

import inspect
from importlib import import_module
from pkgutil import walk_packages

import pytest

from study import analysis, store
from study.analysis.keys import ANALYSES, OLD_NAMES, key_named, key_of
from study.errors import InvalidInput
from study.workflows import reproducing

# These give no table of a page, or read what is made of a stored table: no manifest is of them.
NOT_REPRODUCED = {
    *("beside", "calibrate", "groups_there", "headline_width", "model_reasons"),
    *("with_sentinels", "sentinel_table", "beside_embedded_sentinels"),
}


def tables_of(function: object) -> tuple[str, ...]:
    parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    return tuple(one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD)


@pytest.mark.parametrize("key", ANALYSES)
def test_an_entry_reads_the_tables_that_its_function_takes(key: str) -> None:
    entry = ANALYSES[key]
    assert entry.reads == tables_of(entry.function)
    assert set(entry.reads) <= set(store.BIG_READS)
    assert "subset" in inspect.signature(entry.function).parameters
    assert key_of(entry.function) == key_named(key) == key


def test_every_analysis_of_stored_tables_has_a_key() -> None:
    found = {
        name
        for module in walk_packages(analysis.__path__, "study.analysis.")
        for name, one in vars(import_module(module.name)).items()
        if inspect.isfunction(one) and one.__module__ == module.name and not name.startswith("_")
        if "subset" in inspect.signature(one).parameters and set(tables_of(one)) <= set(store.BIG_READS)
    }
    assert found - NOT_REPRODUCED == set(ANALYSES)
    assert found >= NOT_REPRODUCED


def test_names_of_older_versions_stand_for_the_keys() -> None:
    assert len(OLD_NAMES) == 36
    for name, key in OLD_NAMES.items():
        assert key_named(name) == key
        assert reproducing.call_of({"function": name}).analysis is ANALYSES[key].function


@pytest.mark.parametrize(
    "name", ["pair", "os:system", "study.analysis.keys:key_of", None, ["pair_table"], ""]
)
def test_what_is_no_analysis_is_refused(name: object) -> None:
    with pytest.raises(InvalidInput, match="is not an analysis that this program can compute"):
        key_named(name)


@pytest.mark.parametrize(
    ("recipe", "sentence"),
    [
        ({"options": ["ridge"]}, "recipe: options is \\['ridge'\\]"),
        ({"options": {"ridges": 1}}, "unknown option of pair_table 'ridges'"),
        ({"subset": "human"}, "recipe: subset is 'human'"),
        ({"subset": {"peoples": "human"}}, "unknown filter of pair_table 'peoples'"),
    ],
)
def test_a_recipe_of_another_shape_is_refused(recipe: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        reproducing.call_of({"function": "pair_table", **recipe})


@pytest.mark.parametrize("study_id", [None, 5])
def test_a_recipe_without_a_study_is_refused(study_id: object) -> None:
    with pytest.raises(InvalidInput, match="recipe: study_id is"):
        reproducing.study_of({"function": "pair_table", "study_id": study_id})
