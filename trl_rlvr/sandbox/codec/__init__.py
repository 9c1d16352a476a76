"""Values as plain data, so that nothing of a candidate's behaviour crosses with its answers.

An encoder reads what a value really holds through its base type's own methods; subclasses, their `__eq__` and their
`__reduce__` stay behind. A decoder builds plain objects under a budget. Neither ever runs code that came with a value.
"""

from trl_rlvr.sandbox.codec import readers as _readers
from trl_rlvr.sandbox.codec import writers as _writers
from trl_rlvr.sandbox.codec.budget import UNCOUNTED, Budget
from trl_rlvr.sandbox.codec.decoder import Decoder
from trl_rlvr.sandbox.codec.encoder import Encoder
from trl_rlvr.sandbox.codec.shared import Shared
from trl_rlvr.sandbox.codec.tags import Opaque, RefusedValue

del _readers, _writers  # they have filled the tables of decoder and encoder

__all__ = ["UNCOUNTED", "Budget", "Decoder", "Encoder", "Opaque", "RefusedValue", "Shared"]
