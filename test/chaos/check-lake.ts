import { createDemoInput, type PlantedCounts } from '#cli/demo/demo-input.ts';
import type { LoadedProject } from '#runtime/load-project.ts';
import { loadProject } from '#runtime/load-project.ts';
import { ROOT } from '#test/e2e/run-sluice.ts';
import { queryLakeOnDisk } from './lake-on-disk.ts';

/** Rows of the demo's files, by the stream they are for; counted with `wc -l`. However often they are uploaded, they count once. */
const FILE_ROWS: Readonly<Record<string, number>> = { 'market.trade': 5105, 'city.weather': 8759 };

/**
 * Holds what is on disk against what the generator says was sent: number of a run to its events. Returns the
 * rows of all bronze tables but `rejected`.
 */
export async function checkLake(
  stateDir: string,
  runs: ReadonlyMap<number, number>,
  problem: (text: string) => void,
): Promise<number> {
  const loaded = loadProject({ root: ROOT, environment: 'local' });
  const expected = expectedRows(loaded, runs);
  let rows = 0;
  for (const { name, streams } of loaded.project.domains) {
    const database = `local_${name}_bronze`;
    const discarded = { rejected: 0, undecodable: 0 };
    for (const stream of streams) {
      const wanted = expected.get(`${name}.${stream.name}`) ?? NOTHING;
      discarded.rejected += wanted.broken;
      discarded.undecodable += wanted.undecodable;
      rows += wanted.committed;
      const [found] = await queryLakeOnDisk(
        stateDir,
        { database, name: stream.name },
        `SELECT count(*)::INT AS rows, count(DISTINCT _event_id)::INT AS ids,
                count(DISTINCT (_source, _sequence, _sub_sequence))::INT AS positions FROM t`,
      );
      const { committed } = wanted;
      compare(
        `${name}.${stream.name}`,
        found ?? {},
        { rows: committed, ids: committed, positions: committed },
        problem,
      );
    }
    const [found] = await queryLakeOnDisk(
      stateDir,
      { database, name: 'rejected' },
      `SELECT count(*) FILTER (kind = 'rejected')::INT AS rejected,
              count(*) FILTER (kind = 'undecodable')::INT AS undecodable,
              count(DISTINCT (_source, _sequence, _sub_sequence))::INT AS positions FROM t`,
    );
    const positions = discarded.rejected + discarded.undecodable;
    compare(`${name}.rejected`, found ?? {}, { ...discarded, positions }, problem);
  }
  return rows;
}

interface ExpectedRows {
  readonly committed: number;
  readonly broken: number;
  readonly undecodable: number;
}

const NOTHING: ExpectedRows = { committed: 0, broken: 0, undecodable: 0 };

/** What the finished runs sent, from the generator alone, and the files. */
function expectedRows(
  loaded: LoadedProject,
  runs: ReadonlyMap<number, number>,
): ReadonlyMap<string, ExpectedRows> {
  const sums = new Map<string, ExpectedRows>();
  const add = (stream: string, committed: number, planted: PlantedCounts = NO_FAULTS): void => {
    const sum = sums.get(stream) ?? NOTHING;
    sums.set(stream, {
      committed: sum.committed + committed,
      broken: sum.broken + planted.broken,
      undecodable: sum.undecodable + planted.undecodable,
    });
  };
  for (const [number, events] of runs) {
    const run = { number, events, startMs: 0, endMs: 1000, from: {}, takenInBefore: 0 };
    const { streams } = createDemoInput(loaded, { ...run, finished: true });
    for (const [stream, share] of streams) {
      const { planted } = share;
      add(stream, share.events - planted.broken - planted.duplicate, planted);
    }
  }
  for (const [stream, rows] of Object.entries(FILE_ROWS)) if (runs.size > 0) add(stream, rows);
  return sums;
}

const NO_FAULTS: PlantedCounts = { broken: 0, duplicate: 0, late: 0, undecodable: 0 };

function compare(
  table: string,
  got: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, number>>,
  problem: (text: string) => void,
): void {
  for (const [name, count] of Object.entries(wanted)) {
    if (Number(got[name] ?? 0) !== count)
      problem(`${table}: expected ${count} ${name} on disk, got ${got[name] ?? 0}`);
  }
}
