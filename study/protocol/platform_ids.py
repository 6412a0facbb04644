"""Values in an address that are not ids, such as a template that the platform did not fill in."""

import re

LONGEST_ID = 64
# Values that programs write for "no value".
NOTHING = frozenset(
    ("null", "undefined", "none", "nan", "nil", "n/a", "na", "true", "false", "[object object]")
)
TEMPLATE = re.compile(r"[{}<>\[\]]|\$\w|%\w+%|^:\w+$")


def why_no_id(name: str, value: str | None) -> str | None:
    """Return why the value of a parameter is not an id, as a sentence for the visitor; None if it may be one.

    Parameters
    ----------
    name : str
        The name of the parameter.
    value : str or None
        None if the address lacks it.

    >>> why_no_id("PROLIFIC_PID", "5f00aa11bb22cc33dd44ee55")
    >>> why_no_id("PROLIFIC_PID", "{{%PROLIFIC_PID%}}")
    'the address contains a placeholder instead of PROLIFIC_PID'
    """
    text = (value or "").strip()
    if not text:
        return f"the address lacks {name}"
    if TEMPLATE.search(text) or text.lower() in NOTHING or text.lower() == name.lower():
        return f"the address contains a placeholder instead of {name}"
    if len(text) > LONGEST_ID:
        return f"{name} has {len(text)} characters, but an id has at most {LONGEST_ID}"
    return None
