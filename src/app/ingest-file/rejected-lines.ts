import { type ErrorLine, splitReason } from '#core/file/error-csv.ts';
import type { FileEncoding } from '#core/file/file-format.ts';
import { isUtf16, textDecoderOf } from '#core/file/file-text.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { Row } from '#core/schema/field.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { TableReader } from '#ports/table-reader.ts';
import { filesArrivedIn } from '../arrived-files.ts';

const COLUMNS = ['_source', '_sequence', 'reason', 'payload'];

/**
 * Rows of a file that stand in the `rejected` table, in the order of the file. The table and not the run's own memory: so the
 * error file holds exactly what was filed, however often the run was begun. Position deletes are not looked at: the file says
 * which of its rows were rejected, and they were, whoever has tidied up the table since; the counts of the run say so
 * too. One data file is in memory at a time.
 */
export async function* rejectedLines(
  deps: { readonly store: ObjectStore; readonly reader: TableReader },
  rejected: TableMetadata,
  of: {
    readonly source: string;
    readonly modifiedMs: number;
    readonly encoding: FileEncoding;
  },
): AsyncGenerator<ErrorLine, void> {
  const { source, modifiedMs, encoding } = of;
  const files = await filesArrivedIn((uri) => deps.store.get(uri), rejected, {
    window: { fromMs: modifiedMs, toMs: modifiedMs },
  });
  const textOf = rawText(encoding);
  const inOrder = files.map(({ path }) => path).sort((a, b) => compare(firstOf(a), firstOf(b)));
  for (const path of inOrder) {
    const rows = await deps.reader.readRows(path, COLUMNS);
    const own = rows.filter((row) => row['_source'] === source);
    for (const row of own.toSorted((a, b) => compare(sequenceOf(a), sequenceOf(b)))) {
      const { column, reason } = splitReason(String(row['reason']));
      const rowNumber = Number(sequenceOf(row));
      yield { rowNumber, column, reason, raw: textOf(row['payload'] ?? null) };
    }
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A staged file's name has the position of its first row. */
function firstOf(path: string): string {
  return /_(\d{56})-\d+_\d{56}-/.exec(path)?.[1] ?? '';
}

function sequenceOf(row: Row): string {
  return String(row['_sequence']);
}

/** As text, whatever the bytes are. */
function rawText(encoding: FileEncoding): (payload: unknown) => string {
  const decode = textDecoderOf(isUtf16(encoding) ? 'utf-8' : encoding);
  return (payload) => {
    if (!(payload instanceof Uint8Array)) return '';
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    return decode(bytes, 0, bytes.length) ?? bytes.toString('latin1');
  };
}
