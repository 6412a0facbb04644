"""The errors a person can act on; their text is shown as it is.

::

    StudyError
    ├── InvalidInput      a value that is not allowed: names the value, where it stands, what is allowed
    ├── NotFound          an id, name or token that is not there
    ├── NotAllowed        an action that the state of the study, or the role of the caller, forbids
    └── DatabaseError     the database cannot be used
        └── DatabaseBusy  another process holds the database
"""


class StudyError(Exception):
    """Something a person can put right; the message says what and how."""


class InvalidInput(StudyError, ValueError):
    """A value that is not allowed."""


class NotFound(StudyError, LookupError):
    """An id, name or token that is not there."""


class NotAllowed(StudyError):
    """An action that the study's state or the caller's role forbids."""


class DatabaseError(StudyError):
    """The database cannot be used."""


class DatabaseBusy(DatabaseError):
    """Another process holds the database."""
