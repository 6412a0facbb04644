"""A replica of the app without its pages: a process in which the raters named on its input judge, each in a thread.

``python -m tests.replica ADDRESS`` reads one name a line and says what was acknowledged. A line "end" lets it wait for all of
them, and the line after that say what its mirror holds.
"""

import random
import sys
import threading
from hashlib import sha256

from study import store
from tests.postgres import rows_of

STUDY = "small"


def content(db: store.Database) -> str:
    """Return a hash of everything that a replica sees in a critical section."""
    with db.lock:
        return sha256(repr(rows_of(db)).encode()).hexdigest()


def judge(db: store.Database, name: str) -> None:
    """Judge until there is nothing more, as whoever has this id; half of the answers are sent twice."""
    rng = random.Random(name)
    rater = store.enrol(db, STUDY, external_id=name, device=name)
    while task := store.current_task(db, rater):
        for criterion, revision in task.revisions.items():
            if criterion in task.answers:
                continue
            answer = task.assignment_id, criterion, revision, rng.choice(["left", "right", "tie"])
            for _ in range(rng.choice([1, 2])):
                if store.record_judgment(db, rater, *answer):
                    say("ack", *answer)
    say("done", name)


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def main(address: str) -> None:
    db = store.open_database(address)
    say("open")
    threads = []
    for line in sys.stdin:
        if line.strip() == "end":
            break
        threads.append(threading.Thread(target=judge, args=(db, line.strip()), daemon=True))
        threads[-1].start()
    for thread in threads:
        thread.join()
    say("ended")
    sys.stdin.readline()
    say("holds", content(db))
    db.close()


if __name__ == "__main__":
    main(sys.argv[1])
