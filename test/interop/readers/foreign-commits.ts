import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateTableCommand } from '@aws-sdk/client-glue';
import { createGlueTableCatalog } from '#adapters/aws/glue-table-catalog.ts';
import { createRestTableCatalog } from '#adapters/http/rest-table-catalog.ts';
import { systemClock } from '#adapters/system/system-clock.ts';
import { commitTable } from '#app/commit-table.ts';
import { loadTable } from '#app/load-table.ts';
import { stageRows } from '#app/stage-rows.ts';
import { NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import {
  encodeSourceStates,
  readSourceStates,
  SOURCES_KEY,
  type SourceStates,
} from '#core/delivery/source-state.ts';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import { serializeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import type { Row } from '#core/schema/field.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { TableCatalog } from '#ports/table-catalog.ts';
import { createGlueClient, localTarget } from '#runtime/aws-clients.ts';
import { seededRandom } from '#test/core/iceberg/fixed-world.ts';

const SCRIPT = fileURLToPath(new URL('./commit_by_rest.py', import.meta.url));
const SOURCE = 'kinesis:interop/shardId-000000000000';
const SIGNED = 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/glue/aws4_request';
const SCHEMA: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    { id: 1, name: 'id', required: true, type: 'long' },
    { id: 2, name: 'price', required: false, type: 'double' },
  ],
};

interface Answer {
  readonly ids: readonly number[];
  readonly notes: readonly string[];
  readonly snapshots: number;
  readonly stale?: string;
  readonly created?: boolean;
}

/**
 * One table that our writer and PyIceberg commit to in turn, PyIceberg through the Iceberg REST endpoint, our writer
 * through Glue and through REST. What the table says of our sources must outlive every foreign commit, and every row
 * be there once. Gives what is wrong, in words.
 */
export async function judgeForeignCommits(
  store: ObjectStore,
  options: {
    readonly endpoint: string;
    readonly bucketUri: string;
    /** An existing one. */
    readonly database: string;
    readonly runPython: (args: readonly string[]) => Promise<string>;
  },
): Promise<readonly string[]> {
  const ident = { database: options.database, table: 'shared' };
  const problems: string[] = [];
  const same = (what: string, found: unknown, expected: unknown): void => {
    const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
    if (a !== b) problems.push(`${what}: expected ${b}, got ${a}`);
  };
  const glue = createGlueClient(localTarget(options.endpoint));
  const byGlue = createGlueTableCatalog(glue);
  const byRest = createRestTableCatalog({
    uri: `${options.endpoint}/iceberg`,
    warehouse: '000000000000',
    auth: async () => ({ authorization: SIGNED }),
    requestTimeoutMs: 30_000,
  });
  const python = async (step: string): Promise<Answer> =>
    JSON.parse(
      await options.runPython([SCRIPT, options.endpoint, `${ident.database}.${ident.table}`, step]),
    ) as Answer;
  const write = (catalog: TableCatalog, ids: readonly number[]): Promise<void> =>
    writeIds({ store, catalog }, ident, ids);
  const expectState = async (what: string, last: number): Promise<void> => {
    for (const catalog of [byGlue, byRest]) {
      const { metadata } = await loadTable({ store, catalog }, ident);
      same(`${what}: position`, positionOf(readSourceStates(metadata)), sequenceOf(last));
    }
  };
  try {
    await createShared(store, { ...options, ident, glue });
    const ours = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    await write(byGlue, ours.slice(0, 5));
    await write(byRest, ours.slice(5));
    const appended = await python('append');
    same('appended', appended.ids, [...ours, 100, 101, 102]);
    await expectState('after an append', 9);
    await write(byRest, [10, 11]);
    const deleted = await python('delete');
    same('deleted', deleted.ids, [1, 3, 5, 7, 9, 10, 11, 100, 101, 102]);
    await expectState('after a delete', 11);
    await write(byGlue, [12]);
    const stale = await python('stale');
    const others = stale.stale === 'refused' ? [200] : [200, 201];
    same('stale', stale.ids, [1, 3, 5, 7, 9, 10, 11, 12, 100, 101, 102, ...others]);
    same('created', (await python('create')).created, true);
    await write(byRest, [13]);
    await expectState('in the end', 13);
    const end = await python('read');
    same('in the end', end.ids, [1, 3, 5, 7, 9, 10, 11, 12, 13, 100, 101, 102, ...others]);
    same('notes', end.notes, ['noted']);
    const { metadata } = await loadTable({ store, catalog: byRest }, ident);
    same('tag', Object.keys(metadata.refs).toSorted(), ['by_pyiceberg', 'main']);
    same('property', metadata.properties['written.by'], 'PyIceberg');
  } finally {
    glue.destroy();
  }
  return problems;
}

/** Rows with these ids and the state of their source, in one commit. */
async function writeIds(
  deps: { readonly store: ObjectStore; readonly catalog: TableCatalog },
  ident: { readonly database: string; readonly table: string },
  ids: readonly number[],
): Promise<void> {
  const last = ids.at(-1) ?? 0;
  const position = { sequence: sequenceOf(last), subSequence: 0 };
  const states: SourceStates = new Map([
    [SOURCE, { position, maxEventTimeMicros: null, counts: { ...NO_COUNTS, committed: last + 1 } }],
  ]);
  const entry = { [SOURCES_KEY]: encodeSourceStates(states) };
  await commitTable({ ...deps, clock: systemClock, random: seededRandom(Date.now()) }, ident, {
    build: async (base) => ({
      addFiles: await stageRows(deps.store, base, {
        rows: ids.map((id): Row => ({ id: BigInt(id), price: id / 4, note: null })),
        range: { source: SOURCE, first: position, last: position },
      }),
      summary: entry,
      properties: entry,
    }),
  });
}

async function createShared(
  store: ObjectStore,
  options: {
    readonly ident: { readonly database: string; readonly table: string };
    readonly bucketUri: string;
    readonly glue: ReturnType<typeof createGlueClient>;
  },
): Promise<void> {
  const { ident, glue } = options;
  const location = `${options.bucketUri}/interop/${ident.table}`;
  const metadata = createTableMetadata({
    location,
    tableUuid: randomUUID(),
    schema: SCHEMA,
    partitionSpec: { 'spec-id': 0, fields: [] },
    properties: {},
    nowMs: Date.now(),
  });
  const metadataLocation = `${location}/metadata/00000-${randomUUID()}.metadata.json`;
  await store.put(metadataLocation, Buffer.from(serializeTableMetadata(metadata)));
  await glue.send(
    new CreateTableCommand({
      DatabaseName: ident.database,
      TableInput: {
        Name: path.basename(ident.table),
        TableType: 'EXTERNAL_TABLE',
        Parameters: { table_type: 'ICEBERG', metadata_location: metadataLocation },
      },
    }),
  );
}

function sequenceOf(id: number): string {
  return String(id).padStart(56, '0');
}

function positionOf(states: SourceStates): string | undefined {
  return states.get(SOURCE)?.position.sequence;
}
