"""A clock that moves only when somebody sleeps."""


class Clock:
    """To be given as clock and as sleep; `slept` holds the seconds of each sleep."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
