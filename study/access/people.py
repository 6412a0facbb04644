"""People and their roles, and the role that follows from a login by OpenID Connect."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from study.access.settings import AccessSettings
from study.errors import NotAllowed

Role = Literal["researcher", "viewer", "nobody"]


@dataclass(frozen=True, slots=True)
class Person:
    """The acting user: the name for the audit log, and the role.

    A researcher may do everything. A viewer sees progress and results, but no external ids of raters, and changes
    nothing. "Nobody" is everyone else, including raters: their rights depend on their own link.
    """

    name: str
    role: Role


NOBODY = Person("", "nobody")


def person_of_login(claims: Mapping[str, object], settings: AccessSettings) -> Person:
    """Return the person for a login at an identity provider, according to the allow-lists.

    Parameters
    ----------
    claims : mapping
        The claims of the identity token: ``email`` and ``email_verified``.
    settings : AccessSettings

    Raises
    ------
    NotAllowed
        If the address is missing, not verified, or on no list.
    """
    email = claims.get("email")
    if not isinstance(email, str) or not email.strip():
        raise NotAllowed("The identity provider gave no e-mail address; ask it for the scope 'email'.")
    email = email.strip().casefold()
    if claims.get("email_verified") is not True and not settings.unverified_email:
        raise NotAllowed(
            f"The identity provider does not say that the address {email} is verified. If the provider "
            "gives addresses only to their owners, the person who runs the app can set "
            "BLINDPAIR_UNVERIFIED_EMAIL=allow."
        )
    if email in settings.researchers:
        return Person(email, "researcher")
    if email in settings.viewers:
        return Person(email, "viewer")
    raise NotAllowed(
        f"The address {email} is not on any list of this app. Ask the person who runs it to add it to "
        "BLINDPAIR_RESEARCHERS or BLINDPAIR_VIEWERS."
    )
