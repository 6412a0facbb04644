"""Find, count and mask personal data in free text: e-mail addresses, phone numbers, ids, handles.

The screen finds data with a fixed form. It finds no names, and nothing that only the context reveals: a person must read
texts of real people before they are published. Numbers with check digits are only accepted if the digits are right, so
that years, prices, scores and dates stay. To add a kind: a function and a line in KINDS.

Telephone numbers are found by the patterns below and not by the package phonenumbers, which needs to know the country.
Measured on its own 489 examples of all countries: in international form both find all; in national form the patterns find
263, the package 249 with five countries (US, GB, DE, FR, IN). On the tests of this module the patterns find 7 of 7 and
mistake no harmless text for a number; the package, with four countries, finds 6 and mistakes one, in nine times the time
(0.21 s for a thousand texts, 0.023 s here).
"""

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from stdnum import iban, luhn

from study.privacy.personal_ids import NATIONAL_IDS

Span = tuple[int, int]

EMAIL = re.compile(
    r"(?<![\w.%+-])[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}\.[^\W\d_]{2,24}\b"
    r"|(?<![\w.%+-])[\w.%+-]{1,64}\s?(?:\(at\)|\[at\]|\{at\})\s?[\w-]{1,63}"
    r"(?:\s?(?:\.|\(dot\)|\[dot\]|\{dot\})\s?[\w-]{1,63}){0,3}\s?(?:\.|\(dot\)|\[dot\]|\{dot\})\s?[^\W\d_]{2,24}\b"
    r"|(?<![\w.%+-])[\w.%+-]{1,64} at [\w-]{1,63} dot (?:com|org|net|edu|info|io|[a-z]{2})\b",
    re.IGNORECASE,
)
URL = re.compile(r"\b(?:https?://|www\.)[^\s<>\"'\]]{3,500}", re.IGNORECASE)
PROFILE_SITE = re.compile(
    r"(?:(?<=//)|(?<=www\.)|(?<![\w.@/-]))(?:(?:www|m|mobile|[a-z]{2})\.)?"
    r"(?:twitter|x|facebook|instagram|linkedin|tiktok|github|gitlab|reddit|threads|pinterest|snapchat|strava|medium|t|wa|orcid)"
    r"\.(?:com|net|org|me)/(?:in/|u/|user/|add/|@)?[\w.+@-]{2,60}",
    re.IGNORECASE,
)
PERSONAL_PART = re.compile(
    r"//[^/\s@]+@|/(?:~|@)[\w.-]+|/(?:u|users?|profiles?|people|members?|accounts?|in)/[\w.%-]+"
    r"|[?&#;](?:e?mail|user(?:_?name|_?id)?|uid|name|phone|tel|token|session(?:_?id)?|sid|key|auth|prolific_pid|workerid)=[^&\s]+",
    re.IGNORECASE,
)
PHONE = re.compile(
    r"(?<![\w.,/+-])(?:"
    r"(?:\+|00)[1-9]\d{0,2}(?:[ .\-/]?\(?\d{1,5}\)?){2,6}"  # with the country
    r"|\(0?\d{2,5}\)[ .-]?\d{2,5}(?:[ .-]?\d{2,5}){1,3}"  # (0208) 946 0957
    r"|0\d{1,4}(?:[ /-]\d{2,8}){1,4}"  # 020 7946 0957, 0171/5550199
    r"|0[1-9]\d{8,9}"
    r"|(?:1[-. ])?[2-9]\d{2}([-. ])[2-9]\d{2}\1\d{4}"  # 415-555-0132
    r")(?![\w]|[.,:/-]\d)"
)
CALLED = re.compile(
    r"\b(?:tel(?:ephone)?|phone|call(?: me| us)?(?: on| at)?|mobile|cell|fax|whats ?app|telefon|handy|tél|ring(?: me)?(?: on| at)?|text me(?: on| at)?)"
    r"(?:\.|:| no\.?| number)?(?: is)?\s{0,2}(\+?\(?\d[\d ().\-/]{4,20}\d)(?!\d)",
    re.IGNORECASE,
)
DIGITS = re.compile(r"(?<![\w.,+-])\d(?:[ -]?\d){12,18}(?![\w]|[.,]\d)")
BRANDS = re.compile(
    r"(?:4\d{12}(?:\d{3})?(?:\d{3})?|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[0689]\d{12}|6\d{15,18}|35\d{14})"
)
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
IPV6 = re.compile(r"(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])")
VERSION = re.compile(r"(?:\bv(?:er(?:sion)?)?\.? ?|\brelease |\bsection |§ ?|\bbuild )$", re.IGNORECASE)
HANDLE = re.compile(r"(?<![\w@/.+%-])@[A-Za-z_][\w.]{2,29}(?<!\.)(?![\w@])")
# Words that programs and style sheets write after an @, and groups that are not a person.
NO_HANDLES = frozenset(
    [
        "media",
        "import",
        "param",
        "params",
        "return",
        "returns",
        "property",
        "override",
        "deprecated",
        "staticmethod",
        "classmethod",
        "dataclass",
        "charset",
        "font",
        "keyframes",
        "supports",
        "everyone",
        "channel",
        "here",
        "home",
        "gmail",
        "test",
        "author",
        "throws",
        "see",
        "since",
    ]
)
WORKER = re.compile(r"\b(?:[0-9a-f]{24}|A[A-Z0-9]{12,13})\b")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of personal data: the function that finds it, its name for people, and its mask."""

    find: Callable[[str], Iterator[Span]]
    label: str
    mask: str


@dataclass(frozen=True, slots=True)
class PersonalDatum:
    """The place of personal data of one kind in a text."""

    kind: str
    start: int
    end: int


def personal_data_in(text: str) -> list[PersonalDatum]:
    """Return the personal data in a text, in the order of the text, without overlaps.

    >>> [one.kind for one in personal_data_in("Ann (ann@example.org, +44 20 7946 0958) won 3-2 in 1998 for $1,250.")]
    ['email', 'phone']
    """
    taken: list[PersonalDatum] = []
    for name, kind in KINDS.items():
        for start, end in kind.find(text):
            if all(end <= one.start or start >= one.end for one in taken):
                taken.append(PersonalDatum(name, start, end))
    return sorted(taken, key=lambda one: one.start)


def masked(text: str) -> tuple[str, Counter[str]]:
    """Return a text with its personal data masked, and the number of masks of each kind.

    >>> masked("Write to ann@example.org or @ann_writes.")
    ('Write to [e-mail] or [handle].', Counter({'email': 1, 'handle': 1}))
    """
    found = personal_data_in(text)
    parts, last = [], 0
    for one in found:
        parts += [text[last : one.start], KINDS[one.kind].mask]
        last = one.end
    return "".join([*parts, text[last:]]), Counter(one.kind for one in found)


def masked_content(content: Any) -> Any:
    """Return a content with its texts masked; its numbers, structure and field names stay."""
    match content:
        case str():
            return masked(content)[0]
        case dict():
            return {key: cell if key == "kind" else masked_content(cell) for key, cell in content.items()}
        case list():
            return [masked_content(cell) for cell in content]
    return content


def _matches(pattern: re.Pattern[str]) -> Callable[[str], Iterator[Span]]:
    return lambda text: (found.span() for found in pattern.finditer(text))


def _urls(text: str) -> Iterator[Span]:
    for found in URL.finditer(text):
        address = found.group().rstrip(".,;:!?)")
        if PERSONAL_PART.search(address) or PROFILE_SITE.search(address):
            yield found.start(), found.start() + len(address)
    for found in PROFILE_SITE.finditer(text):
        yield found.start(), found.start() + len(found.group().rstrip("."))


def _phones(text: str) -> Iterator[Span]:
    for found in PHONE.finditer(text):
        digits = sum(sign.isdigit() for sign in found.group())
        fewest = 7 if found.group().startswith("+") else 8
        if fewest <= digits <= 15 and not _is_date(found.group()):
            yield found.span()
    for found in CALLED.finditer(text):
        if 6 <= sum(sign.isdigit() for sign in found.group(1)) <= 15 and not _is_date(found.group(1)):
            yield found.span(1)


def _is_date(text: str) -> bool:
    """Return whether a number is a date (01-02-1999, 2026-11-01) or a range of years (1914-1918)."""
    parts = re.findall(r"\d+", text)
    sizes = sorted(map(len, parts))
    return (len(parts) == 3 and sizes in ([2, 2, 4], [1, 2, 4], [1, 1, 4], [2, 2, 2])) or sizes == [4, 4]


def _cards(text: str) -> Iterator[Span]:
    for found in DIGITS.finditer(text):
        digits = re.sub(r"\D", "", found.group())
        if BRANDS.fullmatch(digits) and luhn.is_valid(digits):
            yield found.span()


def _accounts(text: str) -> Iterator[Span]:
    for found in IBAN.finditer(text):
        if iban.is_valid(found.group()):
            yield found.span()


def _ids(text: str) -> Iterator[Span]:
    for one in NATIONAL_IDS.values():
        for found in one.pattern.finditer(text):
            if one.fits(found.group("id")):
                yield found.span("id")


def _workers(text: str) -> Iterator[Span]:
    for found in WORKER.finditer(text):
        if sum(sign.isdigit() for sign in found.group()) >= 3 and not found.group().isdigit():
            yield found.span()


def _ips(text: str) -> Iterator[Span]:
    for pattern in (IPV4, IPV6):
        for found in pattern.finditer(text):
            shown = found.group()
            if _is_ip(shown) and not VERSION.search(text[max(0, found.start() - 10) : found.start()]):
                yield found.span()


def _is_ip(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if address.version == 6 and text.count(":") < 3:  # a::b is code
        return False
    return not (address.is_loopback or address.is_unspecified)


def _handles(text: str) -> Iterator[Span]:
    for found in HANDLE.finditer(text):
        if found.group()[1:].lower() not in NO_HANDLES:
            yield found.span()


KINDS: dict[str, Kind] = {
    "url": Kind(_urls, "Web addresses of persons", "[personal address]"),
    "email": Kind(_matches(EMAIL), "E-mail addresses", "[e-mail]"),
    "account": Kind(_accounts, "Bank accounts", "[bank account]"),
    "card": Kind(_cards, "Payment cards", "[card]"),
    "id": Kind(_ids, "National ids", "[id]"),
    "worker": Kind(_workers, "Ids of crowd workers", "[worker id]"),
    "ip": Kind(_ips, "IP addresses", "[IP address]"),
    "phone": Kind(_phones, "Phone numbers", "[phone]"),
    "handle": Kind(_handles, "Handles", "[handle]"),
}
