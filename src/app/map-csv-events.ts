import type { RecordMapper } from '#core/expression/map-record.ts';
import type { EventEncoder } from './encode-events.ts';
import type { ProducedEvent } from './producer-lane.ts';

/** One line of a file, or why it is none. */
export type FileLine =
  | { readonly rowNumber: number; readonly values: Readonly<Record<string, string>> }
  | { readonly rowNumber: number; readonly problem: string };

/** What became of a file's lines so far. */
export interface FileTally {
  rows: number;
  valid: number;
  invalid: number;
}

const CHUNK_EVENTS = 500;

/** Lines to events; a line that cannot be mapped is counted and reported, and the rest goes on. */
export async function* mapCsvEvents(
  lines: AsyncIterable<FileLine>,
  options: {
    readonly map: RecordMapper;
    readonly encode: EventEncoder;
    readonly tally: FileTally;
    readonly onInvalid: (rowNumber: number, reason: string) => void;
  },
): AsyncGenerator<readonly ProducedEvent[]> {
  const { map, encode, tally, onInvalid } = options;
  let chunk: ProducedEvent[] = [];
  for await (const line of lines) {
    tally.rows++;
    const mapped =
      'problem' in line
        ? { ok: false as const, reason: line.problem }
        : map(line.values, line.rowNumber);
    if (!mapped.ok) {
      tally.invalid++;
      onInvalid(line.rowNumber, mapped.reason);
      continue;
    }
    tally.valid++;
    chunk.push(encode(mapped.row));
    if (chunk.length < CHUNK_EVENTS) continue;
    yield chunk;
    chunk = [];
  }
  yield chunk;
}
