"""What a run's files say, put together: one page to read, advice, and runs side by side.

Everything here reads the files that `docs/run-folder.md` describes, so that it needs neither torch nor the policy.
"""

from trl_rlvr.report.advice import Advice, advise
from trl_rlvr.report.comparison import Comparison, compare_runs
from trl_rlvr.report.page import PAGE_NAME, write_page
from trl_rlvr.report.run_record import RunRecord, read_run

__all__ = ["PAGE_NAME", "Advice", "Comparison", "RunRecord", "advise", "compare_runs", "read_run", "write_page"]
