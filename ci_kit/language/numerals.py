"""Number words within a text, as digits: `two and a half`, `twenty-five`, `one hundred and fifty`.

Source: the gem numerizer, which reads durations for GitLab before anything else does.
"""

import re

_LONGEST = 1000  # characters; what is longer is left as it is
_FOUND = "\x01"  # stands before what was a word
_LISTED = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen
"""
_ONES = {word: number for number, word in enumerate(_LISTED.split())} | {"ninteen": 19}
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80}
_TENS["ninety"] = 90
_POWERS = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8}
_DIGITS = [word for word, number in _ONES.items() if 0 < number < 10]
_ORDINALS = ("first", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_ONE = re.compile(rf"(^|\W)({'|'.join(_ONES)})(?=$|\W)", re.A | re.M)
_TEN = re.compile(rf"(^|\W)({'|'.join(_TENS)})({'|'.join(_DIGITS)}|\s?(?:{'|'.join(_ORDINALS)}))?(?=$|\W)", re.A | re.M)
_PART = re.compile(rf"(a |\s)(half|(?:{'|'.join(part for part in _PARTS if part != 'half')})s?)(?=$|\W)", re.A | re.M)
_MIXED = re.compile(rf"([0-9]+)(?: and | |-)+[{_FOUND}\s]*([0-9]+)\s*/\s*([0-9]+)")
_PAIR = re.compile(rf"{_FOUND}([0-9]+)( and | ){_FOUND}([0-9]+)(?=\W|$)", re.A | re.M)


def numerals(text: str) -> str:
    """Return the text, which is in small letters, with digits in place of number words."""
    if len(text) > _LONGEST:
        return text
    text = re.sub(r" +|([^0-9])-([^0-9])", lambda found: f"{found[1] or ''} {found[2] or ''}", text)
    text = _ONE.sub(lambda found: f"{found[1]}{_FOUND}{_ONES[found[2]]}", text)
    text = _TEN.sub(_ten, text)
    text = _PART.sub(_part, text)
    text = _MIXED.sub(_mixed, text)
    for word, factor in _POWERS.items():
        text = _added(_multiplied(text, word, factor))
    return text.replace(_FOUND, "")


def _ten(found: re.Match[str]) -> str:
    if found[3] and found[3] not in _ONES:
        return f"{found[1]}twentieth"  # whichever it is, a duration has no such word
    return f"{found[1]}{_FOUND}{_TENS[found[2]] + _ONES.get(found[3], 0)}"


def _part(found: re.Match[str]) -> str:
    of = _PARTS.get(found[2]) or _PARTS[found[2].removesuffix("s")]
    return f"{_FOUND}1/{of}" if found[1] == "a " else f"/{of}"


def _mixed(found: re.Match[str]) -> str:
    whole, part, of = (float(found[number]) for number in (1, 2, 3))
    return str(whole + part / of) if of else found[0]


def _multiplied(text: str, word: str, factor: int) -> str:
    def replaced(found: re.Match[str]) -> str:
        return f"{_FOUND}{factor * int(found[1])}" if found[1] else str(factor)

    return re.sub(rf"{_FOUND}?([0-9]*) *{word}", replaced, text)


def _added(text: str) -> str:
    """Return the text with neighbours added: after `and`, or when the second has fewer digits."""
    found = _PAIR.search(text)
    while found:
        if "and" in found[2] or len(found[1]) > len(found[3]):
            text = f"{text[: found.start()]}{_FOUND}{int(found[1]) + int(found[3])}{text[found.end() :]}"
            found = _PAIR.search(text)
        else:
            found = _PAIR.search(text, found.end())
    return text
