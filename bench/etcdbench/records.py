"""What all of our types have in common."""

from typing import Annotated

import msgspec

Whole = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A count, a size or a latency; what is larger in a file is damage, and no float could hold it."""

Moment = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]
"""Seconds since a beginning; what is further in a file is damage."""

Looks = Annotated[int, msgspec.Meta(ge=0, le=1000)]
"""How often something was done or looked at, where a list of that length is made of it."""


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An immutable record that refuses unknown fields: a typing error in a file is found.

    msgspec does not inherit `kw_only`, and mypy not `frozen`, so each of our types says both.
    """
