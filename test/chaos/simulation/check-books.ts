import { arrivalHour } from '#core/delivery/batch-summary.ts';
import { addCounts, type DeliveryCounts, NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import type { BookedTable } from './booked-table.ts';
import type { Findings } from './check-properties.ts';
import { placeOf } from './workload.ts';

/**
 * 4: three accounts that are kept apart agree: what was sent, what every commit said it brought, and what the tables hold and
 * state.
 */
export function checkBooks(findings: Findings): readonly string[] {
  return [
    ...findings.tables.flatMap(statesAreTheirBatches),
    ...findings.tables.flatMap(rowsAreCounted),
    ...receivedIsSent(findings),
  ];
}

const COUNTERS = Object.keys(NO_COUNTS) as readonly (keyof DeliveryCounts)[];

/** The states of a table are the sum of the batches of its commits, source by source. */
function statesAreTheirBatches({ table, states, batches }: BookedTable): readonly string[] {
  const sums = new Map<string, DeliveryCounts>();
  for (const { source, streams } of batches) {
    for (const counts of [...streams.values()].flatMap((hours) => [...hours.values()]))
      sums.set(source, addCounts(sums.get(source) ?? NO_COUNTS, counts));
  }
  return [...new Set([...sums.keys(), ...states.keys()])].flatMap((source) => {
    const [sum, stated] = [sums.get(source) ?? NO_COUNTS, states.get(source)?.counts ?? NO_COUNTS];
    return COUNTERS.flatMap((counter) =>
      expectEqual(`${table.table}, ${source}: ${counter}`, stated[counter], sum[counter]),
    );
  });
}

/** What the batches brought and nobody took out is there. */
function rowsAreCounted({ table, rows, states, takenOut }: BookedTable): readonly string[] {
  const counts = [...states.values()].reduce((sum, each) => addCounts(sum, each.counts), NO_COUNTS);
  const brought = counts.committed + counts.rejected + counts.deadLettered;
  return [
    ...expectEqual(`${table.table}: rows`, brought - takenOut, rows.length),
    ...expectEqual(
      `${table.table}: late rows`,
      takenOut === 0 ? counts.late : 0,
      takenOut === 0 ? rows.filter((row) => row['_late'] === true).length : 0,
    ),
  ];
}

/** Every event is in the batch of one table, in the hour of its arrival; those of a hole may be. */
function receivedIsSent({ world, tables, holes }: Findings): readonly string[] {
  const received = new Map<string, number>();
  for (const { source, streams } of tables.flatMap(({ batches }) => batches)) {
    for (const [hour, counts] of [...streams.values()].flatMap((hours) => [...hours])) {
      const key = `${source} ${hour}`;
      received.set(key, (received.get(key) ?? 0) + counts.received);
    }
  }
  const sent = new Map<string, { all: number; certain: number }>();
  for (const event of world.workload.events) {
    const key = `${event.source} ${arrivalHour(BigInt(event.arrivalMs) * 1000n)}`;
    const counts = sent.get(key) ?? { all: 0, certain: 0 };
    sent.set(key, counts);
    counts.all++;
    if (!holes.has(placeOf(event))) counts.certain++;
  }
  return [...new Set([...received.keys(), ...sent.keys()])].flatMap((key) => {
    const { all, certain } = sent.get(key) ?? { all: 0, certain: 0 };
    const count = received.get(key) ?? 0;
    if (count >= certain && count <= all) return [];
    return [`books: received of ${key}: the commits state ${count}, sent ${all}`];
  });
}

function expectEqual(what: string, stated: number, found: number): readonly string[] {
  return stated === found ? [] : [`books: ${what}: the commits state ${stated}, found ${found}`];
}
