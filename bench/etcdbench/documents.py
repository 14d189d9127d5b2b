"""fio's JSON documents: cut out of its output as it comes, and looked into with care."""

from typing import Any

import msgspec

Document = dict[str, Any]


class DocumentSplitter:
    """Cuts fio's output into its JSON documents as they come.

    fio prints several documents one after another, which together are no JSON, and may print
    messages before, between or after them. Its documents begin and end with a brace alone on a
    line; everything else at that level is a message.
    """

    def __init__(self) -> None:
        """Begin outside a document."""
        self.documents: list[Document] = []
        self.messages: list[str] = []
        self._rest = ""
        self._open: list[str] | None = None
        self._seen = 0

    def feed(self, text: str) -> None:
        """Take the next piece of output."""
        lines = (self._rest + text).split("\n")
        self._rest = lines.pop()
        for line in lines:
            self._take(line)

    @property
    def cut_off(self) -> bool:
        """Say whether the output so far ends within a document."""
        return self._open is not None

    def newest(self) -> Document | None:
        """Return the newest document if one came since the last call."""
        if len(self.documents) == self._seen:
            return None
        self._seen = len(self.documents)
        return self.documents[-1]

    def _take(self, line: str) -> None:
        if self._open is None:
            if line == "{":
                self._open = [line]
            elif line.strip():
                self.messages.append(line.strip())
            return
        self._open.append(line)
        if line != "}":
            return
        try:
            document = msgspec.json.decode("\n".join(self._open).encode(), type=Document)
        except (msgspec.DecodeError, RecursionError):
            self.messages.append("a part of its result is no JSON")
        else:
            self.documents.append(document)
        self._open = None


def jobs_of(document: Document) -> list[Document]:
    """Return what a document says of each section; nothing where it is no document of fio's."""
    try:
        return msgspec.convert(document.get("jobs"), list[Document])
    except msgspec.ValidationError:
        return []
