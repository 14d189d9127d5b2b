"""What all of our types have in common."""

import msgspec


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An immutable record that refuses unknown fields: a typing error in a file is found.

    msgspec does not inherit `kw_only`, and mypy not `frozen`, so each of our types says both.
    """
