"""The material of a comparison that a rater may see, with the profile as the rater's arm and condition disclose it."""

import json
from dataclasses import replace
from functools import lru_cache

from study.content_kinds import plain_text
from study.privacy.screening import masked_content
from study.protocol.design import Design, Disclosure
from study.records import Profile, Rater, text_content
from study.store.engine.database import Database
from study.store.engine.material import Material
from study.store.session.judgments import CurrentTask
from study.store.studies.studies import design
from study.store.studies.texts import material, profile

SUMMARY_CHARS = 200


def shown_material(db: Database, rater: Rater, task: CurrentTask) -> Material:
    """Return item, outputs and the disclosed part of the profile; a hidden profile is omitted, including its id."""
    disclosure = design(db, rater.study_id).disclosure_under(rater.arm, task.condition)
    found = material(db, task.task_id)
    if found.profile is None and task.profile_id:
        told = profile(db, task.profile_id)
        found = replace(found, profile=told if told is None else _screened(told))
    return _disclosed(found, disclosure)


def preview_material(db: Database, study_id: str, rules: Design) -> Material | None:
    """Return the first comparison of a study as raters would see it under a design; None if there is none."""
    with db.reading() as cursor:
        found = cursor.execute(
            "select min(task_id) from task where study_id = ? and purpose = 'main' and withdrawn is null",
            [study_id],
        ).fetchall()
    return _disclosed(material(db, found[0][0]), rules.disclosure) if found[0][0] else None


def _screened(told: Profile) -> Profile:
    """Return a rater's elicited profile with e-mail addresses and the like masked, even if it was stored with them."""
    return replace(told, content=json.loads(_screened_text(json.dumps(told.content))))


@lru_cache(maxsize=512)
def _screened_text(content: str) -> str:
    return json.dumps(masked_content(json.loads(content)))


def _disclosed(found: Material, disclosure: Disclosure) -> Material:
    if disclosure == "hidden":
        return replace(found, item=replace(found.item, profile_id=None), profile=None)
    if found.profile is None or disclosure == "full":
        return found
    return replace(found, profile=_summary(found.profile))


def _summary(profile: Profile) -> Profile:
    """Return a profile reduced to a summary: its own, if it has one, else its beginning."""
    given = profile.content.get("summary")
    text = given if isinstance(given, str) else _beginning(_flat(profile.content))
    return replace(profile, content=text_content(text))


def _flat(content: dict[str, object]) -> str:
    facets = content.get("facets")
    if not isinstance(facets, dict):
        return plain_text(content)
    return "; ".join(
        f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in facets.items()
    )


def _beginning(text: str) -> str:
    """Return the first words of a text.

    >>> len(_beginning("word " * 100)) <= SUMMARY_CHARS + 2
    True
    """
    if len(text) <= SUMMARY_CHARS:
        return text
    return text[:SUMMARY_CHARS].rsplit(maxsplit=1)[0] + " …"
