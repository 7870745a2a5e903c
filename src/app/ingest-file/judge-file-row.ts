import { type JudgedEvent, processingFailure } from '#core/delivery/judged-event.ts';
import { padSequence } from '#core/delivery/position.ts';
import { rowReason } from '#core/file/error-csv.ts';
import type { FileRow } from '#core/file/file-format.ts';
import type { FileRowMapper } from '#core/file/map-file-row.ts';
import type { Row } from '#core/schema/field.ts';
import { partitionKeyOf } from '../encode-events.ts';
import type { RecordReader } from '../ingest-stream.ts';
import { judgeDecoded } from '../judge-event.ts';

/** Compiled once per invocation. */
export interface FileJudge {
  readonly reader: Pick<RecordReader, 'stream' | 'schemaVersion'>;
  readonly map: FileRowMapper;
  /** When the file was uploaded. */
  readonly arrivalMicros: bigint;
}

/**
 * Maps and judges a row of a file. Never throws: a row at which our code fails is rejected like one that is wrong. What
 * is rejected keeps its bytes in the table: an object for each row of a large file would be too many.
 */
export function judgeFileRow({ reader, map, arrivalMicros }: FileJudge, row: FileRow): JudgedEvent {
  const { schemaVersion, stream } = reader;
  const rejected = (reason: string): JudgedEvent => ({
    kind: 'rejected',
    stream: stream.plan.stream.name,
    position: positionOf(row),
    arrivalMicros,
    partitionKey: '-',
    payload: row.raw,
    row: null,
    schemaVersion,
    reason,
  });
  try {
    const mapped = map(row);
    if (!mapped.ok) return rejected(rowReason(mapped.field, mapped.reason));
    return judgeDecoded(reader, eventOf(row, mapped.row), mapped.row);
  } catch (error) {
    return rejected(processingFailure(error));
  }

  function eventOf(from: FileRow, values: Row) {
    const position = positionOf(from);
    const partitionKey = partitionKeyOf(stream.plan.stream, values);
    return { position, arrivalMicros, partitionKey, payload: from.raw };
  }
}

function positionOf({ rowNumber }: FileRow) {
  return { sequence: padSequence(String(rowNumber)), subSequence: 0 };
}
