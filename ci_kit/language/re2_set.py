r"""Sets of characters of a regular expression: `x`, `[a-z]`, `\d`, `\p{Greek}`, `[[:alpha:]]`.

Source: github.com/google/re2/wiki/Syntax; re2 `unicode_groups.cc`, `perl_groups.cc`.
"""

from functools import lru_cache
from typing import NamedTuple, TypeAlias

LAST = 0x10FFFF
_DIGIT = ((0x30, 0x39),)
_UPPER = ((0x41, 0x5A),)
_LOWER = ((0x61, 0x7A),)
_ALPHA = _UPPER + _LOWER
_GRAPH = ((0x21, 0x7E),)
PERL = {"d": _DIGIT, "s": ((0x09, 0x0A), (0x0C, 0x0D), (0x20, 0x20)), "w": (*_ALPHA, *_DIGIT, (0x5F, 0x5F))}
POSIX = {
    "alnum": _ALPHA + _DIGIT,
    "alpha": _ALPHA,
    "ascii": ((0x00, 0x7F),),
    "blank": ((0x09, 0x09), (0x20, 0x20)),
    "cntrl": ((0x00, 0x1F), (0x7F, 0x7F)),
    "digit": _DIGIT,
    "graph": _GRAPH,
    "lower": _LOWER,
    "print": ((0x20, 0x7E),),
    "punct": ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)),
    "space": ((0x09, 0x0D), (0x20, 0x20)),
    "upper": _UPPER,
    "word": PERL["w"],
    "xdigit": (*_DIGIT, (0x41, 0x46), (0x61, 0x66)),
}
_CATEGORY_NAMES = "C Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs"
_SCRIPT_NAMES = """
    Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo
    Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common
    Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs
    Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Han Hangul
    Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi
    Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki
    Khudawadi Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean
    Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi
    Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong
    Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian
    Old_Turkic Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi
    Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo
    Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana
    Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square
"""
_CATEGORIES, _SCRIPTS = frozenset(_CATEGORY_NAMES.split()), frozenset(_SCRIPT_NAMES.split())
_NAMED = {"Han": ("CJK ", "IDEOGRAPHIC ", "KANGXI "), "Inherited": ("COMBINING ",)}  # Python knows no scripts
_DOTLESS = "\u0131"  # its capital is I, yet it is no small I
_GROUP_SIZES = {"L": 1567, "Lu": 887, "Ll": 890, "Lo": 700, "N": 353, "M": 700, "P": 250, "S": 500}


class Range(NamedTuple):
    """The characters from `low` to `high`, both among them."""

    low: int
    high: int


class Group(NamedTuple):
    """The characters of a class that has a name, or all the others."""

    name: str
    negated: bool


Item: TypeAlias = Range | Group


class Set(NamedTuple):
    """The characters of any of the items, or all the others; `folded`: whatever their case."""

    items: tuple[Item, ...]
    negated: bool = False
    folded: bool = False

    def has(self, character: str) -> bool:
        """Tell whether the character is one of them."""
        codes = _variants(character) if self.folded else (ord(character),)
        return any(_has(item, codes) for item in self.items) != self.negated

    @property
    def size(self) -> int:
        """About how many instructions RE2 makes of it: it reads bytes, not characters."""
        return sum(map(_size, self.items)) + len(self.items) - 1 + 11 * self.negated


def is_group(name: str) -> bool:
    r"""Tell whether RE2 knows the name between the braces of `\p{…}`."""
    return name in _CATEGORIES or name in _SCRIPTS or name == "Any"


def _size(item: Item) -> int:
    if isinstance(item, Group):
        return _GROUP_SIZES.get(item.name, len(_ranges(item.name)) or 120)
    return 1 if item.high < 0x80 else 2 if item.high < 0x800 else 4


def _has(item: Item, codes: tuple[int, ...]) -> bool:
    if isinstance(item, Range):
        return any(item.low <= code <= item.high for code in codes)
    return any(_is_in(item.name, code) for code in codes) != item.negated


def _ranges(name: str) -> tuple[tuple[int, int], ...]:
    return PERL.get(name) or POSIX.get(name, ())


def _is_in(name: str, code: int) -> bool:
    ranges = _ranges(name)
    if ranges:
        return any(low <= code <= high for low, high in ranges)
    return name == "Any" or _is_in_unicode(name, chr(code))


def _is_in_unicode(name: str, character: str) -> bool:
    from unicodedata import category

    if name in _CATEGORIES:
        found = category(character)
        return found.startswith(name) and found != "Cn"
    return _is_in_script(name, character)


def _is_in_script(script: str, character: str) -> bool:
    """Tell it by the name of the character, which begins with its script; near enough for letters."""
    from unicodedata import category, name

    called = name(character, "").replace("-", " ")
    if script == "Common":
        return not category(character).startswith(("L", "M"))
    return called.startswith(_NAMED.get(script) or f"{script.replace('_', ' ').upper()} ")


@lru_cache(maxsize=1024)
def _variants(character: str) -> tuple[int, ...]:
    """Return the character in its cases, as long as they are one character too."""
    if character == _DOTLESS:
        return (ord(character),)
    upper = character.upper()
    forms = (character, character.lower(), upper, upper.lower())
    return tuple({ord(form) for form in forms if len(form) == 1})
