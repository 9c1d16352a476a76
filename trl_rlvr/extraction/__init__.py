"""Completion text to code, or the class of the reason why there is none; `docs/extraction.md` says what is taken.

The code is what a person would call the answer: a block that only imports or rebinds the entry point never hides one
that defines it, and prose that happens to parse ("Yes", "Answer: 5") is no code.
"""

from trl_rlvr.extraction.definitions import opens_program
from trl_rlvr.extraction.extract import extract_code
from trl_rlvr.extraction.outcome import Extraction, ExtractionOutcome

__all__ = ["Extraction", "ExtractionOutcome", "extract_code", "opens_program"]
