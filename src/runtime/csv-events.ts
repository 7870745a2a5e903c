import { readCsv, readCsvHeader } from '#adapters/fs/csv-file.ts';
import type { EventEncoder } from '#app/encode-events.ts';
import { type FileTally, mapCsvEvents } from '#app/map-csv-events.ts';
import type { ProducedEvent } from '#app/producer-lane.ts';
import type { Stream } from '#core/config/project.ts';
import { createRecordMapper } from '#core/expression/map-record.ts';
import { extensionFunctions } from './extension-functions.ts';

export interface CsvEventsRequest {
  readonly stream: Stream;
  readonly encode: EventEncoder;
  readonly assignments: readonly { readonly field: string; readonly expression: string }[];
  readonly tally: FileTally;
  readonly onInvalid: (rowNumber: number, reason: string) => void;
}

/** Reads the header and checks the mapping against it at once; the rows are read when the result is iterated. */
export async function readCsvEvents(
  file: string,
  request: CsvEventsRequest,
): Promise<() => AsyncGenerator<readonly ProducedEvent[]>> {
  const columns = await readCsvHeader(file);
  const map = createRecordMapper({
    stream: request.stream,
    assignments: request.assignments,
    columns,
    functions: extensionFunctions(),
  });
  return () => mapCsvEvents(readCsv(file, columns), { ...request, map });
}
