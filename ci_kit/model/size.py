"""Sizes as registries print them."""

_UNITS = ("B", "kB", "MB", "GB")


def human_size(count: int) -> str:
    """Return bytes in decimal units with one decimal, as registries print them."""
    value, unit = float(count), _UNITS[0]
    for unit in _UNITS:
        if value < 1000 or unit == _UNITS[-1]:
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def human_change(count: int) -> str:
    """Return more or fewer bytes with their sign: `+1.2 MB`, `-300 B`, `±0`."""
    return f"{'+' if count > 0 else '-'}{human_size(abs(count))}" if count else "±0"
