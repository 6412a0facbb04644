"""A study that holds everything a viewer must not see, and people in each role."""

from dataclasses import replace

from study import store
from study.access import NOBODY, Person
from study.protocol.design import Crowd, Design, FormQuestion
from study.records import Rater
from tests.conftest import CRITERIA, small_study

RESEARCHER = Person("ada@example.org", "researcher")
VIEWER = Person("bob@example.org", "viewer")
ROLES = {"viewer": VIEWER, "nobody": NOBODY}

PROLIFIC_ID = "5f00aa11bb22cc33dd44ee55"
SESSION_ID = "session-99887766"
PROFILE_NAME = "Grace Hopper"
OWNER = "owner-0@example.org"
RATIONALE = "As the only baker of Littleton I like B"
FORM_ANSWER = "I live at 7 Mill Lane"
CODE = "SECRET-CODE-7788"
REASON = "wrote to us as 5f00aa11"
DEVICE = "cookie-of-a-rater"
SECRETS = (
    PROLIFIC_ID,
    SESSION_ID,
    PROFILE_NAME,
    OWNER,
    RATIONALE,
    FORM_ANSWER,
    CODE,
    REASON,
    "link-small",
)


def identified_study(db: store.Database) -> list[Rater]:
    """Save a study whose raters came from Prolific, answered forms and wrote why; return its raters."""
    design = Design(
        criteria=CRITERIA[:1],
        quota=6,
        overlap=2,
        min_view_seconds=0,
        completion_code=CODE,
        rationale="optional",
        crowd=Crowd(platform="prolific"),
        closing=(FormQuestion(key="about", question="Anything else?", kind="text"),),
    )
    records = small_study(design=design)
    records.profiles[0] = replace(records.profiles[0], name=PROFILE_NAME)
    store.save_records(db, records)
    found = []
    for number in range(3):
        external_id = PROLIFIC_ID if number == 0 else f"{PROLIFIC_ID}{number}"
        parameters = {"PROLIFIC_PID": external_id, "SESSION_ID": SESSION_ID}
        rater = store.enrol(
            db,
            "small",
            external_id=external_id,
            device=f"{DEVICE}{number}",
            attributes={"parameters": parameters},
        )
        while task := store.current_task(db, rater):
            for criterion, revision in task.revisions.items():
                store.record_judgment(
                    db, rater, task.assignment_id, criterion, revision, "left", rationale=RATIONALE
                )
        if store.phase(db, rater) == "closing":
            store.finish_phase(db, rater, "closing", {"about": FORM_ANSWER})
        found.append(rater)
    with store.acting(RESEARCHER):
        store.set_status(db, found[2], "excluded", REASON)
        store.set_status(db, found[2], "active", REASON)
    return found


def planted(raters: list[Rater]) -> list[str]:
    """Return every text that a viewer must not receive."""
    return [*SECRETS, *(rater.token for rater in raters)]
