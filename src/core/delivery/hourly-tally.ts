import { arrivalHour, type HourlyCounts } from './batch-summary.ts';
import { addCounts, type DeliveryCounts, NO_COUNTS } from './delivery-counts.ts';

type Counters = { -readonly [Name in keyof DeliveryCounts]: DeliveryCounts[Name] };

/** Counts events by arrival hour while they pass. */
export interface HourlyTally {
  /** Counters of the hour an event arrived in; the caller adds to them. */
  at(arrivalMicros: bigint): Counters;
  /** What was counted so far. */
  counts(): HourlyCounts;
}

export function createHourlyTally(): HourlyTally {
  const hours = new Map<string, Counters>();
  // Events of one stream record arrive at one time: formatting it once per event would cost a tenth of the ingest.
  let lastMicros: bigint | null = null;
  let last: Counters = { ...NO_COUNTS };
  return {
    at: (arrivalMicros) => {
      if (arrivalMicros === lastMicros) return last;
      const hour = arrivalHour(arrivalMicros);
      last = hours.get(hour) ?? { ...NO_COUNTS };
      hours.set(hour, last);
      lastMicros = arrivalMicros;
      return last;
    },
    counts: () => hours,
  };
}

/** Sum over all hours. */
export function sumHours(hours: HourlyCounts): DeliveryCounts {
  return [...hours.values()].reduce(addCounts, NO_COUNTS);
}
