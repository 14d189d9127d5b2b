"""Looking for the largest number that passes, with as few tries as possible. Pure arithmetic.

Each try costs a join in real time, so the search begins at the end that is most likely to decide
everything, and halves what is left on the logarithmic scale: between 4 and 8 nodes lies as much as
between 20 and 40.
"""

import math
from dataclasses import dataclass, field
from typing import Literal

Answer = Literal["pass", "fail", "unsure"]


BURSTS_EACH = 3
"""So many bursts may decide one number of nodes; what is open then stays unsure."""


@dataclass(kw_only=True)
class Search:
    """One search over the whole numbers from 1 to `largest`.

    Attributes:
        largest: Where it begins.
        answers: What is known so far.
    """

    largest: int
    answers: dict[int, Answer] = field(default_factory=dict[int, Answer])

    @property
    def carried(self) -> int:
        """Return the largest number that passed, 0 where none did."""
        return max((n for n, answer in self.answers.items() if answer == "pass"), default=0)

    @property
    def failed(self) -> int | None:
        """Return the smallest number above it that certainly fails; None where none does."""
        found = [n for n, answer in self.answers.items() if answer == "fail" and n > self.carried]
        return min(found, default=None)

    def next(self) -> int | None:
        """Return what to try next; None when there is nothing left to learn.

        A number that was unsure is not tried again: what lies above it is taken to be too much, and
        the search goes on below it. One node is the exception: its joins are the shortest and may
        be unsure only for want of flushes, where more nodes, which make more, can be certain.
        """
        if not self.answers:
            return self.largest
        known_low = self.carried or (1 if self.answers.get(1) == "unsure" else 0)
        above = [n for n, answer in self.answers.items() if answer != "pass" and n > known_low]
        if not above or min(above) - known_low <= 1:
            return None
        if not known_low:
            return 1
        middle = round(math.sqrt(known_low * min(above)))
        return max(known_low + 1, min(middle, min(above) - 1))

    def tell(self, number: int, answer: Answer) -> None:
        """Note what a try gave."""
        self.answers[number] = answer
