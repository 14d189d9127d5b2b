"""etcd's API as bytes: the two requests that our load client sends, in Protocol Buffers' wire format.

Fields and their numbers are those of etcd's `rpc.proto` (package `etcdserverpb`). Two messages made of byte
strings need no generated code.
"""

PUT = "/etcdserverpb.KV/Put"
TXN = "/etcdserverpb.KV/Txn"

_LENGTH_DELIMITED = 2
_VARINT_BITS = 7

# Of a `Compare`: target (field 2) and mod_revision (6). Its result is EQUAL, which is zero and not sent; the
# revision is one of several things to compare with, so that its zero is sent.
_TARGET_MOD = b"\x10\x02"
_MOD_REVISION_0 = b"\x30\x00"


def put(key: bytes, value: bytes) -> bytes:
    """Return a `PutRequest`."""
    return _field(1, key) + _field(2, value)


def create(key: bytes, value: bytes) -> bytes:
    """Return the `TxnRequest` that the API server sends for a new object.

    Put it if nothing has this key (its `mod_revision` is 0), and get what is there otherwise.
    """
    compare = _TARGET_MOD + _field(3, key) + _MOD_REVISION_0
    request_range = _field(1, _field(1, key))
    request_put = _field(2, put(key, value))
    return _field(1, compare) + _field(2, request_put) + _field(3, request_range)


def _field(number: int, content: bytes) -> bytes:
    """Return a field that holds bytes: a string, or a message."""
    return bytes([number << 3 | _LENGTH_DELIMITED]) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    groups = bytearray()
    while number >> _VARINT_BITS:
        groups.append(number & 0x7F | 0x80)
        number >>= _VARINT_BITS
    groups.append(number)
    return bytes(groups)
