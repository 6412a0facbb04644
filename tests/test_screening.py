"""Personal data in text: found by form, with check digits; what people write of years, prices and scores stays."""

import json
from pathlib import Path

import pytest

from study.content_kinds import plain_text
from study.privacy.screening import KINDS, masked, masked_content, personal_data_in

PERSONAL = [
    ("Write to jane.doe+news@mail.example.co.uk, please.", "email", "jane.doe+news@mail.example.co.uk"),
    ("jürgen@müller.de", "email", "jürgen@müller.de"),
    ("reach me: ann (at) example (dot) org", "email", "ann (at) example (dot) org"),
    ("ann.smith at gmail dot com works", "email", "ann.smith at gmail dot com"),
    ("Ring +44 20 7946 0958 after six.", "phone", "+44 20 7946 0958"),
    ("Mobil: 0171/5550199", "phone", "0171/5550199"),
    ("(415) 555-0132 is the office", "phone", "(415) 555-0132"),
    ("Office 415-555-0132.", "phone", "415-555-0132"),
    ("0612345678", "phone", "0612345678"),
    ("You can call me on 555-0199 any time", "phone", "555-0199"),
    ("+33 (0)1 23 45 67 89", "phone", "+33 (0)1 23 45 67 89"),
    ("Alofi has short ones: +683 7012.", "phone", "+683 7012"),
    ("Card 4111 1111 1111 1111, exp 12/27", "card", "4111 1111 1111 1111"),
    ("amex 378282246310005", "card", "378282246310005"),
    ("IBAN DE89 3704 0044 0532 0130 00 bitte", "account", "DE89 3704 0044 0532 0130 00"),
    ("His SSN is 219-09-9998.", "id", "219-09-9998"),
    ("NI number QQ 12 34 56 C? no: AB 12 34 56 C", "id", "AB 12 34 56 C"),
    ("DNI 12345678Z", "id", "12345678Z"),
    ("CF RSSMRA85T10A562S", "id", "RSSMRA85T10A562S"),
    ("sécu 2 55 08 14 168 025 38", "id", "2 55 08 14 168 025 38"),
    ("personnummer 811218-9876", "id", "811218-9876"),
    ("HETU 131052-308T", "id", "131052-308T"),
    ("CPF 529.982.247-25", "id", "529.982.247-25"),
    ("Aadhaar 2341 2341 2346", "id", "2341 2341 2346"),
    ("身份证 11010519491231002X", "id", "11010519491231002X"),
    ("BSN: 111222333", "id", "111222333"),
    ("passport number C01X00T47 is odd, passport: X1234567", "id", "X1234567"),
    ("worker A2QB3FZ8W1K9LM did it", "worker", "A2QB3FZ8W1K9LM"),
    ("PID 5f3a9c2b1d4e6f7a8b9c0d1e", "worker", "5f3a9c2b1d4e6f7a8b9c0d1e"),
    ("logged in from 203.0.113.42 at noon", "ip", "203.0.113.42"),
    ("v6 2001:db8::8a2e:370:7334 too", "ip", "2001:db8::8a2e:370:7334"),
    ("follow @ann_writes for more", "handle", "@ann_writes"),
    ("see https://example.org/~ann/diary.html.", "url", "https://example.org/~ann/diary.html"),
    ("https://example.org/login?user=ann&x=1", "url", "https://example.org/login?user=ann&x=1"),
    ("my page is linkedin.com/in/ann-smith-42", "url", "linkedin.com/in/ann-smith-42"),
]
HARMLESS = [
    "In 1998 the club won 3-2, then 4-1 in 2001; 1914-1918 was worse.",
    "It cost $1,250.00 in 2019 and EUR 1.299,95 now; 12,345,678 people came.",
    "Open 09:30-17:45, from 01-02-2024 to 2026-11-01 (or 1/2/2024).",
    "Version 1.2.3.4 of the manual, section 10.0.0.1, page 302.",
    "Chapter 12 has 3.14159265358979 and 0.123456789; scale 1:250000.",
    "ISBN 978-0-306-40615-7 and order 20261101.",
    "Meet me at noon, dot the i, look at home.",
    "@media print and @dataclass are code; 5 eggs @ 30 cents.",
    "https://example.org/news/2026/11/ferry?page=2 is the story.",
    "The flat is 1200 600 wide; pixels 1920 1080 1280 720.",
    "Tied 21-21-2024 votes; room 020, bus 0600.",
    "Coordinates 51.5007, -0.1246. Ratio 16:9. Time 12:34:56.",
    "1234567890123456 is just a number, 1111 2222 3333 4444 too.",
    "The 10,000-metre race in 26:11.00 and the 4 x 100 relay in 36.84.",
    "He scored 100 200 300 points; call it 50 years, call 2 friends.",
    "Serial ABCDEFGHIJKLM and AUTHENTICATION are words.",
    "FCQKQU21T10C875M and Steuer-ID 12 345 678 901 look like ids.",
    "std::vector and a::b are code, so is x.",
]


@pytest.mark.parametrize(("text", "kind", "part"), PERSONAL)
def test_personal_data_is_found_whole(text: str, kind: str, part: str) -> None:
    assert [(one.kind, text[one.start : one.end]) for one in personal_data_in(text)] == [(kind, part)]
    clean, counts = masked(text)
    assert part not in clean
    assert KINDS[kind].mask in clean
    assert counts == {kind: 1}
    assert personal_data_in(clean) == []


@pytest.mark.parametrize("text", HARMLESS)
def test_years_prices_scores_and_code_stay(text: str) -> None:
    assert [(one.kind, text[one.start : one.end]) for one in personal_data_in(text)] == []


def test_every_kind_is_tested() -> None:
    assert {kind for _, kind, _ in PERSONAL} == set(KINDS)


def test_the_texts_of_the_demo_hold_nothing_personal() -> None:
    folder = Path(__file__).parents[1] / "data" / "demo"
    lines = [
        json.loads(line)
        for name in ("items", "outputs", "profiles")
        for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines()
    ]
    texts = [
        plain_text(cell) if isinstance(cell, dict) else str(cell)
        for line in lines
        for field, cell in line.items()
        if field in ("prompt", "output", "content", "reference")
    ]
    assert len(texts) > 200
    assert {text: personal_data_in(text) for text in texts if personal_data_in(text)} == {}


def test_contents_of_every_kind_are_masked_and_keep_their_shape() -> None:
    content = {
        "kind": "facets",
        "facets": {"Mail": "ann@example.org", "Likes": ["trains", "@ann_writes"], "Age": "34"},
    }
    assert masked_content(content) == {
        "kind": "facets",
        "facets": {"Mail": "[e-mail]", "Likes": ["trains", "[handle]"], "Age": "34"},
    }
    turns = {"kind": "dialogue", "turns": [{"role": "user", "text": "I am on 203.0.113.42"}]}
    assert masked_content(turns)["turns"] == [{"role": "user", "text": "I am on [IP address]"}]


def test_a_long_text_without_anything_is_screened_in_one_pass() -> None:
    for text in ("a" * 200_000, "1 " * 100_000, "." * 200_000, "a." * 100_000, "+" * 200_000, "1-" * 50_000):
        assert len(masked(text)[0]) > 0
