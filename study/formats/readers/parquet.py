"""Parquet to columns. A few kB can expand to gigabytes, so sizes are checked before texts are decoded."""

import io

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from study.errors import InvalidInput
from study.formats.problems import refuse, shortened
from study.formats.readers.limits import refuse_huge, refuse_long

ROWS_AT_ONCE = 1_000


def parquet_columns(data: bytes, name: str) -> tuple[list[str], list[list[object]], int]:
    """Return the column names, their cells, and the number of rows.

    Raises
    ------
    InvalidInput
        If it cannot be read, or would be too large.
    """
    try:
        file = pq.ParquetFile(io.BytesIO(data))
        header, n_rows = list(file.schema_arrow.names), file.metadata.num_rows
        refuse_huge(name, n_rows, len(header))
        texts = [field.name for field in file.schema_arrow if _is_text(field.type)]
        file = pq.ParquetFile(io.BytesIO(data), read_dictionary=texts)
        cells: list[list[object]] = [[] for _ in header]
        size = n_read = 0
        for batch in file.iter_batches(ROWS_AT_ONCE):
            n_read += batch.num_rows
            refuse_huge(name, n_read, len(header))
            size += sum(_size(column) for column in batch.columns)
            refuse_long(name, size)
            for place, column in enumerate(batch.columns):
                cells[place] += _cells(column)
    except InvalidInput:
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        refuse(name, f"not a readable Parquet file ({shortened(str(error))})")
    return header, cells, len(cells[0]) if cells else 0


def _is_text(kind: pa.DataType) -> bool:
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(inner) or pa.types.is_binary(inner))


def _cells(column: pa.Array) -> list[object]:
    """Return the cells of a column; equal texts share one object."""
    if not isinstance(column, pa.DictionaryArray):
        return column.to_pylist()  # type: ignore[no-any-return]
    values = column.dictionary.to_pylist()
    return [None if index is None else values[index] for index in column.indices.to_pylist()]


def _size(column: pa.Array) -> int:
    """Return how many bytes the decoded cells would take."""
    if not isinstance(column, pa.DictionaryArray) or not _is_text(column.type):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary)
    return int(pc.sum(pc.take(lengths, column.indices)).as_py() or 0)
