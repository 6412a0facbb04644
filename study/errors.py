"""The errors that a person can act on; their message is shown as it is.

::

    StudyError
    ├── InvalidInput      a value that is not allowed: names the value, its place and the allowed values
    ├── NotFound          an id, name or token that does not exist
    ├── NotAllowed        an action that the state of the study, or the role of the caller, forbids
    └── DatabaseError     the database cannot be used
        └── DatabaseBusy  another process holds the database
"""


class StudyError(Exception):
    """An error that a person can fix; the message says what is wrong and how to fix it."""


class InvalidInput(StudyError, ValueError):
    """A value that is not allowed."""


class NotFound(StudyError, LookupError):
    """An id, name or token that does not exist."""


class NotAllowed(StudyError):
    """An action that the study's state or the caller's role forbids."""


class DatabaseError(StudyError):
    """The database cannot be used."""


class DatabaseBusy(DatabaseError):
    """Another process holds the database."""
