"""What all of our types have in common."""

from typing import Annotated

import msgspec

# What is beyond these bounds in a file is damage, and would overflow a float or take for ever.

Whole = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A size or a latency."""

Count = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
"""How often something was seen: a thousand times a second for thirty years."""

Looks = Annotated[int, msgspec.Meta(ge=0, le=1000)]
"""How often something was done or looked at, where a list of that length is made of it."""

Seconds = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]
"""A moment or a duration."""

Real = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]
"""A share or a rate."""


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An immutable record that refuses unknown fields: a typing error in a file is found.

    msgspec does not inherit `kw_only`, and mypy not `frozen`, so each of our types says both.
    """
