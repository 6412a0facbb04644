from dataclasses import replace

import pytest

from study.formats import EXPORTERS, new_study
from study.formats.reading import read
from study.records import Judgment, StudyRecords
from tests.formats.longtables import long_table, merged
from tests.formats.test_formats_bundle import DEMO

PAIRS = b"""pair_id,item_id,system_a,output_a,system_b,output_b,condition_a,condition_b
7,i,=x,X,y,Y,,
8,i,y,Y,=x,rich X,,rich
9,j,'y,Y,+z,Z,,
"""
VOTES = b"""pair_id,rater,left_system,right_system,left_condition,answer,rationale,seconds,confidence,shown_at,judged_at,purpose,rater_source
7,r,=x,y,,left_2,'=quoted,0.1,3,2026-01-31T10:00:00,2026-01-31T10:00:01.234567,main,imported
7,r,y,=x,,left,"-a
b",,,,2026-01-31T10:00:02,repeat,imported
8,r,=x,y,rich,both_bad,,12.0,,,2026-01-31T10:00:03,main,imported
9,s,+z,'y,,skip,'twas,,,,2026-01-31T10:00:04,main,simulated
"""


def known_study() -> StudyRecords:
    return read(PAIRS, name="p.csv", study=new_study("round", study_id="round"))


def content(judgment: Judgment) -> Judgment:
    """Return the judgment without the ids, which depend on what the rater is called."""
    return replace(judgment, judgment_id="", assignment_id="")


@pytest.mark.parametrize("name", ["long_csv", "long_jsonl", "long_parquet"])
def test_judgments_come_back_from_the_long_export(name: str) -> None:
    known = known_study()
    votes = read(VOTES, name="v.csv", known=known)
    exporter = EXPORTERS[name]
    data = exporter.write(long_table(merged(known, votes))).data
    again = read(data, name=exporter.file_name, known=known)
    assert [content(one) for one in again.judgments] == [content(one) for one in votes.judgments]
    assert [rater.external_id for rater in again.raters] == [rater.rater_id for rater in votes.raters]
    assert [rater.source for rater in again.raters] == [rater.source for rater in votes.raters]
    for one, other in zip(again.assignments, votes.assignments, strict=True):
        assert (one.task_id, one.arrangement, one.position, one.purpose) == (
            other.task_id,
            other.arrangement,
            other.position,
            other.purpose,
        )


@pytest.mark.parametrize("name", ["long_csv", "long_jsonl", "long_parquet"])
def test_an_export_of_an_export_is_the_same_bytes(name: str) -> None:
    known = known_study()
    votes = read(VOTES, name="v.csv", known=known)
    exporter = EXPORTERS[name]
    first = exporter.write(long_table(merged(known, votes)), include_external_ids=True).data
    columns = {"rater": "rater_external_id"}
    again = read(first, name=exporter.file_name, known=known, columns=columns)
    assert exporter.write(long_table(merged(known, again)), include_external_ids=True).data == first


def test_the_demo_comes_back_from_its_export() -> None:
    demo = read(DEMO)
    material = StudyRecords(
        demo.study, demo.profiles, demo.items, demo.outputs, demo.tasks, demo.task_outputs
    )
    data = EXPORTERS["long_parquet"].write(long_table(demo)).data
    again = read(data, name="judgments.parquet", known=material)
    assert [content(one) for one in again.judgments] == [content(one) for one in demo.judgments]
