"""What etcd will read in our messages, by a reader of the wire format of this test's own."""

import pytest

from etcdbench import etcd_api

Field = tuple[int, int | bytes]


def fields(message: bytes) -> list[Field]:
    """Return numbers and contents of a message's fields, which are integers and byte strings."""
    found: list[Field] = []
    at = 0

    def integer() -> int:
        nonlocal at
        number = shift = 0
        while True:
            byte = message[at]
            at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return number

    while at < len(message):
        tag = integer()
        if tag & 7 == 0:
            found.append((tag >> 3, integer()))
        else:
            assert tag & 7 == 2
            size_bytes = integer()
            found.append((tag >> 3, message[at : at + size_bytes]))
            assert len(message) >= at + size_bytes
            at += size_bytes
    return found


def content(message: bytes, number: int) -> bytes:
    """Return the one field of a number, which holds bytes."""
    (found,) = [held for key, held in fields(message) if key == number]
    assert isinstance(found, bytes)
    return found


@pytest.mark.parametrize("size_bytes", [0, 1, 127, 128, 16_383, 16_384, 1_500_000])
def test_a_put_holds_key_and_value_whole(size_bytes: int) -> None:
    """`PutRequest` has the key in field 1 and the value in field 2, of any length."""
    value = bytes(size_bytes)

    assert fields(etcd_api.put(b"/registry/a", value)) == [(1, b"/registry/a"), (2, value)]


def test_a_new_object_is_put_if_its_key_is_not_there_and_got_otherwise() -> None:
    """`TxnRequest`: compare (MOD, equal to 0), success (put), failure (range)."""
    message = etcd_api.create(b"/registry/a", b"v" * 300)
    compare, success, failure = (content(message, number) for number in (1, 2, 3))

    assert fields(compare) == [(2, 2), (3, b"/registry/a"), (6, 0)]
    assert content(success, 2) == etcd_api.put(b"/registry/a", b"v" * 300)
    assert fields(content(failure, 1)) == [(1, b"/registry/a")]
