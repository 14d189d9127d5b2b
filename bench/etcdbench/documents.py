"""fio's JSON documents: cut out of its output as it comes, and looked into with care."""

from typing import Any

import msgspec

Document = dict[str, Any]


class DocumentSplitter:
    """Cuts fio's output into its JSON documents as they come.

    fio prints several documents one after another, which together are no JSON, and may print
    messages before, between or after them. Its documents begin and end with a brace alone on a
    line; everything else at that level is a message. It works beside the measurement, so lines are
    searched by `list.index` and not one by one.
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
        while lines:
            lines = self._outside(lines) if self._open is None else self._inside(self._open, lines)

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

    def _outside(self, lines: list[str]) -> list[str]:
        """Keep what is said before the next document; return what comes after its first line."""
        begin = _index(lines, "{")
        self.messages += [line.strip() for line in lines[:begin] if line.strip()]
        self._open = lines[begin : begin + 1] or None
        return lines[begin + 1 :]

    def _inside(self, document: list[str], lines: list[str]) -> list[str]:
        """Take lines up to the document's end; return what comes after it."""
        end = _index(lines, "}")
        document += lines[: end + 1]
        if end < len(lines):
            self._open = None
            try:
                self.documents.append(msgspec.json.decode("\n".join(document), type=Document))
            except (msgspec.DecodeError, RecursionError):
                self.messages.append("a part of its result is no JSON")
        return lines[end + 1 :]


def _index(lines: list[str], wanted: str) -> int:
    """Return where a line is; the number of lines where it is none of them."""
    try:
        return lines.index(wanted)
    except ValueError:
        return len(lines)


def jobs_of(document: Document) -> list[Document]:
    """Return what a document says of each section; nothing where it is no document of fio's."""
    try:
        return msgspec.convert(document.get("jobs"), list[Document])
    except msgspec.ValidationError:
        return []
