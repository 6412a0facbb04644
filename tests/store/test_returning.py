"""An id of a platform is no identity: what proves who comes again, and what a rater of the same id without a proof gets."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from study import store
from study.analysis.flags import flag_table
from study.analysis.progress import approval_table, payments_table
from study.errors import NotAllowed, NotFound
from study.protocol.design import Design, parse_design
from study.protocol.platform_ids import why_no_id
from study.records import Rater
from study.store.session.returning import MOST_OF_ID
from tests.conftest import CRITERIA, small_study

PID = "5f00aa11bb22cc33dd44ee55"
SECRET = "65aa11bb22cc33dd44ee55ff"
MINE, THEIRS = "a-cookie-of-mine", "a-cookie-of-theirs"
RULES: dict[str, Any] = {
    "criteria": [CRITERIA[0].model_dump()],
    "overlap": 3,
    "quota": 4,
    "min_view_seconds": 0,
    "completion_code": "DONE-42",
    "screen_out_code": "OUT-42",
}


def design(**rules: Any) -> Design:
    return parse_design(RULES | {"crowd": {"platform": "prolific"}} | rules)


@pytest.fixture
def prolific(empty_db: store.Database) -> store.Database:
    store.save_records(empty_db, small_study(design=design()))
    return empty_db


def parameters(secret: str | None = SECRET, pid: str = PID) -> dict[str, str]:
    return {"PROLIFIC_PID": pid} | ({"SESSION_ID": secret} if secret else {})


def enrol(
    db: store.Database, *, pid: str = PID, device: str | None = MINE, secret: str | None = SECRET
) -> Rater:
    attributes = {"parameters": parameters(secret, pid)}
    return store.enrol(db, "small", external_id=pid, device=device, attributes=attributes)


def returned(
    db: store.Database, *, pid: str = PID, device: str | None = None, secret: str | None = None
) -> store.Returned | None:
    return store.returning(db, "small", external_id=pid, device=device, parameters=parameters(secret, pid))


def judge_all(db: store.Database, rater: Rater) -> list[str]:
    """Judge until nothing is left; return what was judged."""
    seen = []
    while task := store.current_task(db, rater):
        seen.append(task.task_id)
        assert store.record_judgment(db, rater, task.assignment_id, "fit", task.revisions["fit"], "left")
    return seen


def test_an_id_alone_is_nobody(prolific: store.Database) -> None:
    first = enrol(prolific)
    assert returned(prolific) is None
    assert returned(prolific, device=THEIRS, secret="a-secret-that-was-guessed") is None
    other = enrol(prolific, device=THEIRS, secret="a-secret-that-was-guessed")
    assert other.rater_id != first.rater_id
    assert other.token != first.token


def test_the_browser_and_the_secret_of_the_session_prove_it_and_only_the_browser_withdraws(
    prolific: store.Database,
) -> None:
    first = enrol(prolific)
    by_browser, by_secret = returned(prolific, device=MINE), returned(prolific, secret=SECRET)
    assert by_browser is not None
    assert by_secret is not None
    assert (by_browser.rater.rater_id, by_browser.whole) == (first.rater_id, True)
    assert (by_secret.rater.rater_id, by_secret.whole) == (first.rater_id, False)
    assert enrol(prolific, device=THEIRS).rater_id == first.rater_id, "the same session in another browser"


def test_no_secret_is_one_that_the_platform_did_not_fill_in(prolific: store.Database) -> None:
    for number, secret in enumerate(("{{%SESSION_ID%}}", "${SESSION_ID}", "null", "undefined", " ")):
        first = enrol(prolific, pid=f"pid-{number}", secret=secret)
        assert returned(prolific, pid=f"pid-{number}", device=THEIRS, secret=secret) is None
        assert "sessions" not in first.attributes


def test_a_later_session_that_the_browser_vouches_for_proves_it_too(prolific: store.Database) -> None:
    first = enrol(prolific)
    store.set_parameters(prolific, first, parameters("a-second-session"))
    prolific.forget()
    for secret in (SECRET, "a-second-session"):
        found = returned(prolific, secret=secret)
        assert found is not None
        assert found.rater.rater_id == first.rater_id
    stored = store.rater_by_token(prolific, first.token).attributes
    assert SECRET not in str(stored), "of earlier sessions a hash is kept"


def test_who_enrolled_under_the_last_version_is_proven_by_the_session_that_was_kept(
    prolific: store.Database,
) -> None:
    first = enrol(prolific, device=None)
    with prolific.writing() as cursor:
        old = '{"parameters": {"PROLIFIC_PID": "' + PID + '", "SESSION_ID": "' + SECRET + '"}}'
        cursor.execute("update rater set attributes = ? where rater_id = ?", [old, first.rater_id])
    prolific.forget()
    found = returned(prolific, secret=SECRET)
    assert found is not None
    assert found.rater.rater_id == first.rater_id
    assert returned(prolific, secret="another-one") is None


def test_a_second_rater_of_an_id_gets_a_quota_of_its_own_and_none_of_the_first_ones_pairs(
    prolific: store.Database,
) -> None:
    first = enrol(prolific)
    had = judge_all(prolific, first)
    other = enrol(prolific, device=THEIRS, secret=None)
    assert other.attributes["same_id"] == [first.rater_id]
    prolific.forget()
    got = judge_all(prolific, other)
    assert (len(had), len(got)) == (4, 4)
    assert not set(had) & set(got)
    third = enrol(prolific, device="a-third", secret=None)
    assert not (set(had) | set(got)) & set(judge_all(prolific, third))


def test_of_one_id_so_many_raters_come_without_proof_and_no_more(prolific: store.Database) -> None:
    mine = enrol(prolific)
    others = [enrol(prolific, device=f"forged-{number}", secret=None) for number in range(MOST_OF_ID - 1)]
    for number in range(3):
        with pytest.raises(NotAllowed, match="same id") as refused:
            enrol(prolific, device=f"forged-too-{number}", secret=f"guessed-{number}")
        assert PID not in str(refused.value)
    assert len(store.raters(prolific, "small")) == MOST_OF_ID
    assert others[-1].attributes["same_id"] == [one.rater_id for one in (mine, *others[:-1])]
    assert enrol(prolific).rater_id == mine.rater_id, "who proves it comes back"
    assert enrol(prolific, device="new-browser").rater_id == mine.rater_id, "by the session, too"
    assert enrol(prolific, pid="another-id", device="a-new-one").rater_id != mine.rater_id
    store.withdraw(prolific, others[0])
    enrol(prolific, device="one-more", secret=None)


def test_who_was_invited_takes_none_of_the_places_of_an_id(prolific: store.Database) -> None:
    mail = "owner-1@example.org"
    for number in range(MOST_OF_ID):
        enrol(prolific, pid=mail, device=f"forged-{number}", secret=None)
    (ada,) = store.invite(prolific, "small", {mail: "reader 1"})
    assert ada.profile_id is not None


def test_the_second_changes_and_erases_nothing_of_the_first_and_takes_no_pair_from_them(
    prolific: store.Database,
) -> None:
    first = enrol(prolific)
    task = store.current_task(prolific, first)
    assert task is not None
    other = enrol(prolific, device=THEIRS, secret=None)
    open_pair = store.current_task(prolific, other)
    assert open_pair is not None
    assert open_pair.task_id != task.task_id
    assert not store.record_judgment(prolific, other, task.assignment_id, "fit", 0, "left")
    judge_all(prolific, other)
    assert store.current_task(prolific, first) == task
    had = judge_all(prolific, first)
    assert len(had) == 4, "the second one's pairs are not kept from the first"
    store.withdraw(prolific, other)
    assert len(store.judgments(prolific, "small")) == 4
    assert store.rater_by_token(prolific, first.token).rater_id == first.rater_id


def test_sources_that_the_first_had_are_kept_apart_from_the_second(empty_db: store.Database) -> None:
    rules = design(blocks="apart", quota=1)
    store.save_records(empty_db, small_study(n_items=4, design=rules))
    source = {
        one.task.task_id: item.source_id
        for records in [store.study_records(empty_db, "small")]
        for one in records.comparisons()
        for item in records.items
        if item.item_id == one.item_id
    }
    (first,) = judge_all(empty_db, enrol(empty_db))
    (second,) = judge_all(empty_db, enrol(empty_db, device=THEIRS, secret=None))
    assert source[first] != source[second]


def test_who_is_invited_is_found_by_no_id_and_owns_what_a_stranger_does_not_get(
    prolific: store.Database,
) -> None:
    mail = "owner-1@example.org"
    (ada,) = store.invite(prolific, "small", {mail: "reader 1"})
    assert returned(prolific, pid=mail) is None
    stranger = enrol(prolific, pid=mail, device=THEIRS, secret=None)
    assert stranger.token != ada.token
    assert stranger.profile_id is None
    assert ada.profile_id is not None
    (again,) = store.invite(prolific, "small", {mail: "reader 1"})
    assert again.token == ada.token


def test_an_invitation_is_never_the_rater_whom_a_stranger_made_of_the_id(prolific: store.Database) -> None:
    stranger = enrol(prolific, pid="ada@example.org", device=THEIRS, secret=None)
    (ada,) = store.invite(prolific, "small", {"ada@example.org": None})
    assert ada.token != stranger.token
    assert "same_id" not in ada.attributes, "a stranger takes no pair from who was invited"


def test_many_first_visits_at_once_with_one_session_are_one_rater(prolific: store.Database) -> None:
    found: list[Rater] = []
    start = threading.Barrier(8)

    def come(number: int) -> None:
        start.wait()
        found.append(enrol(prolific, device=f"browser-{number}"))

    threads = [threading.Thread(target=come, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.rater_id for one in found}) == 1
    assert len(store.raters(prolific, "small")) == 1


def test_a_ticket_is_worth_nothing_in_another_browser(prolific: store.Database) -> None:
    rater = enrol(prolific)
    whole = store.ticket(rater, MINE, whole=True)
    assert store.rater_of_ticket(prolific, whole, MINE) == store.Returned(rater, whole=True)
    part = store.ticket(rater, MINE, whole=False)
    assert store.rater_of_ticket(prolific, part, MINE) == store.Returned(rater, whole=False)
    assert rater.token not in whole + part
    for text, device in ((whole, THEIRS), (whole, None), (part, None), (rater.rater_id, MINE), ("", MINE)):
        with pytest.raises(NotFound, match="belongs to another browser"):
            store.rater_of_ticket(prolific, text, device)


def test_a_ticket_without_a_cookie_goes_on_and_never_withdraws(prolific: store.Database) -> None:
    rater = enrol(prolific, device=None)
    ticket = store.ticket(rater, None, whole=True)
    assert store.rater_of_ticket(prolific, ticket, None) == store.Returned(rater, whole=False)
    other = enrol(prolific, pid="another", device=None)
    with pytest.raises(NotFound):
        store.rater_of_ticket(prolific, ticket.replace(rater.rater_id, other.rater_id), None)


def test_mechanical_turk_proves_it_by_the_assignment(empty_db: store.Database) -> None:
    store.save_records(empty_db, small_study(design=design(crowd={"platform": "mturk"})))
    given = {"workerId": "A1B2C3", "assignmentId": "3XYZ", "hitId": "H"}

    def come(**changed: str) -> Rater:
        attributes = {"parameters": given | changed}
        return store.enrol(empty_db, "small", external_id="A1B2C3", attributes=attributes)

    first = come()
    assert come().rater_id == first.rater_id
    assert come(assignmentId="4XYZ").rater_id != first.rater_id
    assert come(assignmentId="ASSIGNMENT_ID_NOT_AVAILABLE").rater_id != first.rater_id


def payments(db: store.Database, rules: Design) -> Any:
    long, checks = store.judgments(db, "small"), store.check_results(db, "small")
    return payments_table(
        store.rater_progress(db, "small"), rules, store.phases(db, "small"), checks, flag_table(long)
    )


def test_raters_of_one_id_are_flagged_and_stand_on_one_line_of_payments(prolific: store.Database) -> None:
    first = enrol(prolific)
    judge_all(prolific, first)
    store.finish_phase(prolific, first, "finish")
    store.current_task(prolific, enrol(prolific, device=THEIRS, secret=None))
    store.current_task(prolific, enrol(prolific, pid="alone", device="a-third", secret="another"))
    table = payments(prolific, design())
    assert table["flags"].tolist() == ["2 raters came with this id"] * 2 + [""]
    lines = approval_table(table, "prolific")
    assert lines["participant_id"].tolist() == [PID, "alone"]
    assert lines["decision"].tolist() == ["approve", "wait"], "who began and did not finish holds up nobody"
    assert lines["submission_id"].tolist()[0] == SECRET
    assert "2 raters came with this id, and pay is for one" in lines["reason"].tolist()[0]


def test_two_of_one_id_of_whom_one_was_screened_out_are_left_to_a_person(prolific: store.Database) -> None:
    first = enrol(prolific)
    store.set_status(prolific, first, "screened_out")
    second = enrol(prolific, device=THEIRS, secret=None)
    judge_all(prolific, second)
    store.finish_phase(prolific, second, "finish")
    lines = approval_table(payments(prolific, design()), "prolific")
    assert lines["decision"].tolist() == ["review"]


NO_IDS = (
    *("{{%PROLIFIC_PID%}}", "${PID}", "{PID}", "null", "undefined", "NULL", "None", "", "   ", "[PID]"),
    *("<pid>", "%PID%", "PROLIFIC_PID", "x" * 65, "{{", "}}"),
)


@pytest.mark.parametrize("value", [*NO_IDS, None])
def test_what_is_no_id_is_refused_with_a_sentence(value: str | None) -> None:
    why = why_no_id("PROLIFIC_PID", value)
    assert why is not None
    assert "PROLIFIC_PID" in why


@pytest.mark.parametrize("value", [PID, "A1B2C3D4E5F6G7", "ada@example.org", "x" * 64, "o'hara", "Ж-17", "0"])
def test_ids_of_people_are_taken(value: str) -> None:
    assert why_no_id("PROLIFIC_PID", value) is None


@pytest.fixture
def no_platform(empty_db: store.Database) -> Callable[..., Rater]:
    store.save_records(empty_db, small_study(design=design(crowd={})))
    return lambda **known: store.enrol(empty_db, "small", **known)


def test_without_a_platform_a_browser_is_one_rater(no_platform: Callable[..., Rater]) -> None:
    assert no_platform(device=MINE).rater_id == no_platform(device=MINE).rater_id
    assert no_platform(device=MINE).rater_id != no_platform(device=THEIRS).rater_id
    assert no_platform().rater_id != no_platform().rater_id
