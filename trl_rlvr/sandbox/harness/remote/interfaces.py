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
        """Whether a message is being written or read, so that nothing can be asked."""

    def request(self, what: bytes, *values: Any) -> Any:
        """Send a request and return its answer."""

    def fail(self, verdict: Verdict, text: str) -> BaseException:
        """Note that this test is lost; returns what to raise."""

    def is_own(self, remote: Any) -> bool:
        """Say whether an object is an instance of a class that the tests ask for, or such a class."""
