"""What proxies need of the connection to the candidate: it imports them, so they are typed against this."""

from typing import Any, Protocol

from trl_rlvr.verdict import Verdict


class Asks(Protocol):
    """A connection as its proxies see it."""

    @property
    def attributes(self) -> frozenset[str]:
        """Names of attributes that the tests mention."""

    @property
    def is_reading(self) -> bool:
        """Whether a message is being written or read in this thread, so that nothing can be asked."""

    @property
    def is_comparing(self) -> bool:
        """Whether a comparison of the test is being evaluated."""

    @property
    def is_touched(self) -> bool:
        """Whether a comparison is being evaluated in which the candidate was asked for something."""

    @property
    def requests_made(self) -> int:
        """How often the candidate was asked for something that could change its objects."""

    def request(self, what: bytes, *values: Any) -> Any:
        """Send a request and return its answer."""

    def fail(self, verdict: Verdict, text: str) -> BaseException:
        """Note that this test is lost; returns what to raise."""

    def is_own(self, remote: Any) -> bool:
        """Say whether an object is an instance of a class that the tests ask for, or such a class."""
