import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SluiceProcesses } from '#test/e2e/run-sluice.ts';

/** Every domain of a project copy gets its events through Kafka. */
export function switchToKafka(project: string): void {
  const folder = path.join(project, 'domains');
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.yaml'))) {
    const file = path.join(folder, name);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/^domain: .*$/m, '$&\nbuffer: kafka'));
  }
}

interface DemoStream {
  readonly domain: string;
  readonly stream: string;
  readonly received: number;
  readonly committed: number;
}

/** Counts each table by SQL, apart from the ledger, and holds the counts against what the demo says. */
export async function countTables(
  sluice: SluiceProcesses,
  demo: Readonly<Record<string, unknown>>,
): Promise<{ readonly rows: number; readonly problems: readonly string[] }> {
  const problems: string[] = [];
  let rows = 0;
  for (const { domain, stream, committed } of demo['streams'] as readonly DemoStream[]) {
    const counted = await sluice.json(
      'sql',
      `SELECT count(*) AS n, count(DISTINCT _event_id) AS ids, count_if(_source LIKE 'kafka:%') AS kafka, count(DISTINCT concat(_source, '/', _sequence)) AS positions FROM local_${domain}_bronze.${stream}`,
    );
    const [row] = counted['rows'] as readonly Readonly<Record<string, number>>[];
    rows += Number(row?.['n'] ?? 0);
    const { kafka, ...counts } = row ?? {};
    if (Number(kafka ?? 0) === 0) problems.push(`${domain}.${stream}: no row came through Kafka`);
    for (const [name, value] of Object.entries(counts)) {
      if (Number(value) !== committed) {
        problems.push(`${domain}.${stream}: ${name} is ${value}, the demo says ${committed}`);
      }
    }
  }
  return { rows, problems };
}
