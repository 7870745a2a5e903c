import { arrivalHour, type HourlyCounts } from '#core/delivery/batch-summary.ts';
import { type DeliveryCounts, NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { comparePositions, type Position } from '#core/delivery/position.ts';
import type { Row } from '#core/schema/field.ts';
import { arrivalMicros } from './open-files.ts';
import type { LinkPart } from './open-parts.ts';

type Counters = { -readonly [Name in keyof DeliveryCounts]: DeliveryCounts[Name] };

/** Counts by stream and arrival hour, as they are added up. */
export class StreamTally {
  readonly #streams = new Map<string, Map<string, Counters>>();

  at(stream: string, hour: string): Counters {
    const hours = this.#streams.get(stream) ?? new Map<string, Counters>();
    this.#streams.set(stream, hours);
    const counters = hours.get(hour) ?? { ...NO_COUNTS };
    hours.set(hour, counters);
    return counters;
  }

  add(streams: ReadonlyMap<string, HourlyCounts>): void {
    for (const [stream, hours] of streams) {
      if (hours.size === 0 && !this.#streams.has(stream)) this.#streams.set(stream, new Map());
      for (const [hour, counts] of hours) {
        const counters = this.at(stream, hour);
        counters.received += counts.received;
        counters.committed += counts.committed;
        counters.rejected += counts.rejected;
        counters.deduplicated += counts.deduplicated;
        counters.deadLettered += counts.deadLettered;
        counters.late += counts.late;
      }
    }
  }

  streams(): ReadonlyMap<string, HourlyCounts> {
    return this.#streams;
  }
}

/** Counts what of a part goes into its table, where that is not simply everything. */
export interface PartCounter {
  /** A row that the commit found to be a duplicate: it was counted as committed when it was staged. */
  duplicate(row: Row): void;
  /** A row that is new to the table; what was counted for the whole batch does not help then. */
  row(row: Row): void;
  /** Duplicates within the batch that lie after a position. Returns the first of them. */
  stagedDuplicates(after: Position | null): Position | null;
}

/** @param options.isRejectedTable its rows name their streams; those of a bronze table are of one */
export function countPart(
  tally: StreamTally,
  part: LinkPart,
  options: { readonly isRejectedTable: boolean },
): PartCounter {
  const [stream = ''] = part.staged.streams.keys();
  const { isRejectedTable } = options;
  const countersOf = (row: Row) =>
    tally.at(isRejectedTable ? String(row['stream']) : stream, arrivalHour(arrivalMicros(row)));
  return {
    duplicate: (row) => {
      const counters = countersOf(row);
      counters.committed--;
      counters.deduplicated++;
      if (row['_late'] === true) counters.late--;
    },
    row: (row) => {
      const counters = countersOf(row);
      counters.received++;
      if (!isRejectedTable) counters.committed++;
      else if (row['kind'] === 'rejected') counters.rejected++;
      else counters.deadLettered++;
      if (!isRejectedTable && row['_late'] === true) counters.late++;
    },
    stagedDuplicates: (after) => {
      const open = part.staged.duplicates.filter(
        ({ position }) => after === null || comparePositions(position, after) > 0,
      );
      for (const { arrivalMicros: arrival } of open) {
        const counters = tally.at(stream, arrivalHour(arrival));
        counters.received++;
        counters.deduplicated++;
      }
      return open[0]?.position ?? null;
    },
  };
}
