"""Families of data sets, one file each, and the table of all."""

from trl_rlvr.data.schemas.schema import Schema
from trl_rlvr.data.schemas.table import ROW_FIELDS, SCHEMAS, TEST_FIELDS, problem_from_row, schema_of

__all__ = ["ROW_FIELDS", "SCHEMAS", "TEST_FIELDS", "Schema", "problem_from_row", "schema_of"]
