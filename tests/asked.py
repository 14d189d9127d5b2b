"""Programs that answer as they are told, for what asks the machine."""

from collections.abc import Mapping

from etcdbench.probes import Programs


class Told(Programs):
    """Answers by command line; what is not told is not installed."""

    def __init__(self, answers: Mapping[str, str | None]) -> None:
        """Keep the answers, and what was asked.

        Args:
            answers: Command lines to what they print; None where the program fails.
        """
        super().__init__(seconds=60.0)
        self.answers = answers
        self.asked: list[str] = []

    def find(self, *names: str) -> str | None:
        """Find what has an answer."""
        known = {line.split(" ")[0] for line in self.answers}
        return next((f"/usr/sbin/{name}" for name in names if name in known), None)

    def answer(self, name: str, *arguments: str) -> str | None:
        """Answer and remember."""
        line = " ".join((name.removeprefix("/usr/sbin/"), *arguments))
        self.asked.append(line)
        return self.answers.get(line)


NOTHING = Told({})
