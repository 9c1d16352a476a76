"""Rows to problems, one by one: what can be used is handed on, what cannot is noted with its reason."""

import gc
import hashlib
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from trl_rlvr.data.files import Item
from trl_rlvr.data.load_options import LoadOptions
from trl_rlvr.data.loaded import DUPLICATE, LoadedData, SetAside
from trl_rlvr.data.mapping import as_object, mapped_row, passes, row_mapping
from trl_rlvr.data.sameness import problem_digest
from trl_rlvr.data.schemas import problem_from_row
from trl_rlvr.data.special_judges import special_judge
from trl_rlvr.data.stored import Known
from trl_rlvr.errors import DataError, RowError
from trl_rlvr.problem import CodeProblem

logger = logging.getLogger(__name__)

_PROGRESS_S = 5.0
_MANY_UNUSABLE = 10_000


class Intake:
    """Takes in the rows of one data set.

    Args:
        loaded: gets the counts, and what is to be said of rows.
        options: how rows are read.
        keep: takes each problem.
        known: what ids and problems were seen before, and where.
    """

    def __init__(
        self, loaded: LoadedData, options: LoadOptions, keep: Callable[[CodeProblem], None], known: Known
    ) -> None:
        self._loaded, self._options, self._keep, self._known = loaded, options, keep, known

    def take(self, items: Iterable[Item]) -> None:
        """Take in all rows.

        Raises:
            RowError: one cannot be used, and such are not to be left out.
            DataError: more of them cannot be used than may be.
        """
        collects = gc.isenabled()
        gc.disable()  # which looks at each tree many times while it grows; trees hold no cycles
        try:
            self._take(items)
        finally:
            if collects:
                gc.enable()
        if not self._loaded.rows:
            raise DataError(
                f"no row of {self._loaded.name!r} has what data_filter asks for: {self._options.filters!r:.80}"
            )
        unusable = self._loaded.unusable
        if unusable and len(unusable) > self._options.unusable_share * self._loaded.rows:
            raise self._too_many()

    def _take(self, items: Iterable[Item]) -> None:
        loaded, options = self._loaded, self._options
        mapping, filters = row_mapping(options.columns), as_object("data_filter", options.filters)
        said = time.monotonic()
        for where, row in items:
            if isinstance(row, dict) and filters and not passes(filters, row):
                continue
            loaded.rows += 1
            try:
                if isinstance(row, RowError):
                    raise row
                mapped = row if mapping is None else mapped_row(mapping, row, where)
                if mapped is not None:
                    self._add(mapped, where)
            except RowError as error:
                if options.unusable == "stop":
                    raise
                loaded.set_aside.append(SetAside.of(error))
                self._require_sense()
            if time.monotonic() - said > _PROGRESS_S:
                said = time.monotonic()
                logger.warning("%s: %d rows read so far", loaded.name, loaded.rows)

    def _add(self, row: Any, where: str) -> None:
        """Add the problem of one row.

        Raises:
            RowError: it cannot be used.
        """
        loaded, options = self._loaded, self._options
        notes: list[tuple[str, str]] = []
        if isinstance(row, CodeProblem):
            problem = row
            loaded.schemas.setdefault("problems", "data_columns made them")
        else:
            problem = problem_from_row(row, where, notes, loaded.schemas)
        if options.fixed and problem.io_tests:
            problem = replace(problem, **options.fixed)
        name = b"task_id " + hashlib.sha256(problem.task_id.encode("utf-8", "surrogatepass")).digest()[:16]
        if (before := self._known.get(name)) is not None:
            raise RowError(where, "task_id", f"{problem.task_id!r} was used before, in {before}")
        if options.unusable == "skip":
            content = problem_digest(problem)
            if (before := self._known.get(content)) is not None:
                raise RowError(where, None, f"{DUPLICATE}{before}")
            self._known[content] = where
        self._known[name] = where
        if (judge := special_judge(problem)) is not None:
            notes.append(("prompt", judge))
        loaded.set_aside += [SetAside(where, field, what, used=True) for field, what in notes]
        self._keep(problem)

    def _require_sense(self) -> None:
        """Stop in the midst of a file that is no data set, which may have any number of rows.

        Raises:
            DataError: most of very many rows cannot be used.
        """
        loaded, count = self._loaded, len(self._loaded.set_aside)
        most = max(0.5, self._options.unusable_share) * loaded.rows
        if count % _MANY_UNUSABLE == 0 and len(loaded.unusable) > most:
            raise self._too_many()

    def _too_many(self) -> DataError:
        loaded, first = self._loaded, self._loaded.unusable[0]
        return DataError(
            f"{len(loaded.unusable)} of {loaded.rows} rows of {loaded.name!r} cannot be used, more than the share "
            f"{self._options.unusable_share} that may be left out; the first: "
            f"{RowError(first.where, first.field, first.what)}"
        )
