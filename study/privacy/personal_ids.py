"""Numbers that states, banks and card companies give to persons, with their check digits."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

_VERHOEFF_D = (
    *((0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 0, 6, 7, 8, 9, 5), (2, 3, 4, 0, 1, 7, 8, 9, 5, 6)),
    *((3, 4, 0, 1, 2, 8, 9, 5, 6, 7), (4, 0, 1, 2, 3, 9, 5, 6, 7, 8), (5, 9, 8, 7, 6, 0, 4, 3, 2, 1)),
    *((6, 5, 9, 8, 7, 1, 0, 4, 3, 2), (7, 6, 5, 9, 8, 2, 1, 0, 4, 3), (8, 7, 6, 5, 9, 3, 2, 1, 0, 4)),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_VERHOEFF_P = (
    *((0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 5, 7, 6, 2, 8, 3, 0, 9, 4), (5, 8, 0, 3, 7, 9, 6, 1, 4, 2)),
    *((8, 9, 1, 6, 0, 4, 3, 5, 2, 7), (9, 4, 5, 3, 1, 2, 6, 8, 7, 0), (4, 2, 8, 6, 5, 7, 3, 9, 0, 1)),
    *((2, 7, 9, 3, 8, 0, 6, 4, 1, 5), (7, 0, 4, 6, 9, 1, 3, 2, 5, 8)),
)


@dataclass(frozen=True, slots=True)
class NationalId:
    """A kind of id: where one may stand (the group ``id``), and whether its check fits."""

    pattern: re.Pattern[str]
    fits: Callable[[str], bool]


def fits_luhn(digits: str) -> bool:
    """Say whether the last digit is the check digit of Luhn (ISO/IEC 7812-1, annex B).

    >>> fits_luhn("4111111111111111"), fits_luhn("4111111111111112")
    (True, False)
    """
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def fits_mod_97(letters: str) -> bool:
    """Say whether letters and digits are 1 modulo 97 (ISO 7064), as an IBAN is with its first four signs put last."""
    return int("".join(str(int(letter, 36)) for letter in letters)) % 97 == 1


def fits_verhoeff(digits: str) -> bool:
    """Say whether the last digit is the check digit of Verhoeff (1969)."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = _VERHOEFF_D[check][_VERHOEFF_P[place % 8][int(digit)]]
    return check == 0


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def _is_born(year: str, month: str, day: str) -> bool:
    try:
        date(int(year) if len(year) == 4 else 2000 + int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def _us(text: str) -> bool:
    area, group, serial = text.split("-")
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def _dni(text: str) -> bool:
    first = {"X": "0", "Y": "1", "Z": "2"}.get(text[0], text[0])
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(_digits(first + text[1:])) % 23] == text[-1]


def _nir(text: str) -> bool:
    digits = _digits(text)
    return int(digits[-2:]) == 97 - int(digits[:13]) % 97


def _swedish(text: str) -> bool:
    digits = _digits(text)[-10:]
    return _is_born(digits[:2], digits[2:4], digits[4:6]) and fits_luhn(digits)


def _danish(text: str) -> bool:
    digits = _digits(text)
    return _is_born(digits[4:6], digits[2:4], digits[:2])


def _finnish(text: str) -> bool:
    digits = _digits(text[:-1])
    return (
        _is_born(digits[4:6], digits[2:4], digits[:2])
        and "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(digits) % 31] == text[-1]
    )


def _cpf(text: str) -> bool:
    digits = _digits(text)
    checks = [_weighted(digits[:n], tuple(range(n + 1, 1, -1))) * 10 % 11 % 10 for n in (9, 10)]
    return len(set(digits)) > 1 and checks == [int(digits[9]), int(digits[10])]


def _chinese(text: str) -> bool:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return (
        _is_born(text[6:10], text[10:12], text[12:14])
        and "10X98765432"[_weighted(text[:17], weights) % 11] == text[-1].upper()
    )


def _bsn(text: str) -> bool:
    return _weighted(_digits(text), (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def _any(text: str) -> bool:
    return True


def _bare(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.,/-])(?P<id>{pattern})(?![\w-]|[.,/]\d)")


def _named(names: str, pattern: str) -> re.Pattern[str]:
    """Return a pattern for an id that is only taken where its name stands before it."""
    return re.compile(
        rf"\b(?:{names})\b[^\w\n]{{0,4}}(?:is |nr\.? |no\.? |number )?(?P<id>{pattern})(?!\w)", re.IGNORECASE
    )


NATIONAL_IDS: dict[str, NationalId] = {
    "us_ssn": NationalId(_bare(r"\d{3}-\d{2}-\d{4}"), _us),
    "uk_nino": NationalId(_bare(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]"), _any),
    "es_dni": NationalId(_bare(r"(?:\d{8}|[XYZ]\d{7})-?[A-Z]"), _dni),
    "it_codice_fiscale": NationalId(_bare(r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]"), _any),
    "fr_nir": NationalId(_bare(r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3} ?\d{2}"), _nir),
    "se_personnummer": NationalId(_bare(r"(?:\d{2})?\d{6}[-+]\d{4}"), _swedish),
    "dk_cpr": NationalId(_named("cpr|cpr-nummer", r"\d{6}-?\d{4}"), _danish),
    "fi_hetu": NationalId(_bare(r"\d{6}[-+A]\d{3}[0-9A-FHJ-NPR-Y]"), _finnish),
    "br_cpf": NationalId(_bare(r"\d{3}\.\d{3}\.\d{3}-\d{2}"), _cpf),
    "in_aadhaar": NationalId(
        _bare(r"(?<!\d )[2-9]\d{3} \d{4} \d{4}(?! \d)"), lambda text: fits_verhoeff(_digits(text))
    ),
    "cn_resident": NationalId(_bare(r"[1-9]\d{16}[\dXx]"), _chinese),
    "nl_bsn": NationalId(_named("bsn|burgerservicenummer|sofinummer", r"\d{9}"), _bsn),
    "de_steuer_id": NationalId(
        _named("steuer-?id|steueridentifikationsnummer|idnr", r"\d{2} ?\d{3} ?\d{3} ?\d{3}"), _any
    ),
    "passport": NationalId(
        _named("passport|reisepass|passeport|personalausweis", r"[A-Z0-9]{0,3}\d{5,9}[A-Z]?\d?"), _any
    ),
}
