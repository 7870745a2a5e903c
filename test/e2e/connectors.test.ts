import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GeneratorConnector, HttpPollConnector } from '#core/config/connector.ts';
import type { Domain } from '#core/config/project.ts';
import { type RunningLocalCloud, startLocalCloud } from '#embedded/start-local-cloud.ts';
import { createLambdaBundler } from '#lib/constructs/lambda-code.ts';
import { createDeployment } from '#lib/load-deployment.ts';
import { synthesizeDeployment } from '#lib/synthesize.ts';
import { createLambdaClient, createS3Client, localTarget } from '#runtime/aws-clients.ts';
import { type LakeAccess, openLake } from '#runtime/lake-access.ts';
import { loadProject } from '#runtime/load-project.ts';
import { ROOT } from './run-sluice.ts';

/** What the source has: three trades and one that fits no stream. */
const RECORDS = [
  { id: 'p-1', sym: ' aapl', ms: 1_790_000_000_000, px: '187.25', qty: 100, cost: 0.05 },
  { id: 'p-2', sym: 'MSFT', ms: 1_790_000_000_500, px: '0.1', qty: 7 },
  { id: 'p-3', sym: 'MSFT', ms: 1_790_000_001_000, px: 'none', qty: 7 },
  { id: 'p-4', sym: 'MSFT', ms: 1_790_000_002_000, px: '12', qty: 1.5 },
];

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-connectors-'));
const requests: { readonly url: string; readonly key: string | undefined }[] = [];
let source: http.Server;
let cloud: RunningLocalCloud;
let lake: LakeAccess;

function pollConnector(port: number): HttpPollConnector {
  return {
    name: 'prices',
    kind: 'http-poll',
    environments: null,
    stream: 'trade',
    everyMinutes: 1,
    request: {
      method: 'GET',
      url: `http://127.0.0.1:${port}/trades?since=\${cursor}`,
      headers: { 'X-Api-Key': 'public' },
      body: null,
      basic: null,
    },
    records: '$.data[*]',
    select: [
      { field: 'source_system', from: "'TEST'", epoch: null },
      { field: 'trade_id', from: 'id', epoch: null },
      { field: 'symbol', from: 'sym', epoch: null },
      { field: 'timestamp', from: 'ms', epoch: 'ms' },
      { field: 'price', from: 'px', epoch: null },
      { field: 'size', from: 'qty', epoch: null },
      { field: 'fee', from: 'cost', epoch: null },
    ],
    cursor: { initial: '0', from: 'ms', order: 'max', compare: 'number', overlapMs: 0 },
    pagination: { kind: 'page', param: 'page', start: 1, size: 2 },
    limits: {
      maxPages: 10,
      requestsPerSecond: null,
      timeoutMs: 2_000,
      maxResponseBytes: 100_000,
      attempts: 3,
      retryBaseMs: 10,
      retryMaxMs: 20,
    },
    allow: ['loopback'],
  };
}

const GENERATOR: GeneratorConnector = {
  name: 'synthetic',
  kind: 'generator',
  environments: ['dev'],
  streams: ['trade'],
  producers: [
    { everyMs: 500, minRecords: 1, maxRecords: 10 },
    { everyMs: 1_000, minRecords: 5, maxRecords: 20 },
  ],
  seed: 'e2e',
  faults: { brokenEvery: null, duplicateEvery: null, lateEvery: null },
};

async function startSource(): Promise<number> {
  source = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    requests.push({ url: request.url ?? '', key: request.headers['x-api-key']?.toString() });
    if (requests.length === 1) {
      response.writeHead(500).end();
      return;
    }
    const page = Number(url.searchParams.get('page'));
    const from = Number(url.searchParams.get('since'));
    const matching = RECORDS.filter(({ ms }) => ms >= from);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ data: matching.slice((page - 1) * 2, page * 2) }));
  });
  await new Promise<void>((resolve) => source.listen(0, '127.0.0.1', resolve));
  return (source.address() as AddressInfo).port;
}

beforeAll(async () => {
  const port = await startSource();
  const loaded = loadProject({ root: ROOT, environment: 'local' });
  const domains = loaded.project.domains
    .filter(({ name }) => name === 'market')
    .map(
      (domain): Domain => ({
        ...domain,
        writer: { ...domain.writer, batchingWindowSeconds: 0 },
        connectors: [pollConnector(port), GENERATOR],
      }),
    );
  const project = { ...loaded.project, domains };
  const deployment = createDeployment({ ...loaded, project }, createLambdaBundler(ROOT));
  const assemblyDir = path.join(folder, 'assembly');
  synthesizeDeployment(deployment, { root: ROOT, outdir: assemblyDir });
  cloud = await startLocalCloud({
    assemblyDir,
    stateDir: path.join(folder, 'services'),
    logDir: path.join(folder, 'logs'),
    cloudFile: path.join(folder, 'cloud.json'),
    port: 0,
  });
  lake = openLake(localTarget(cloud.endpoint), { workGroup: 'sluice-local' });
}, 120_000);

afterAll(async () => {
  lake?.close();
  await cloud?.close();
  source?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function invoke(kind: string, event: unknown): Promise<Record<string, unknown>> {
  const client = createLambdaClient(localTarget(cloud.endpoint));
  const answer = await client.send(
    new InvokeCommand({
      FunctionName: `sluice-local-market-${kind}`,
      Payload: Buffer.from(JSON.stringify(event)),
    }),
  );
  client.destroy();
  const payload = Buffer.from(answer.Payload ?? []).toString();
  if (answer.FunctionError !== undefined) throw new Error(payload);
  return JSON.parse(payload) as Record<string, unknown>;
}

async function rows(sql: string): Promise<readonly (readonly (string | null)[])[]> {
  while (cloud.health().pending) await new Promise((resolve) => setTimeout(resolve, 20));
  return (await lake.queries.query(sql)).rows;
}

/** The schedule's own first run, seen by its state: the source was asked, and the run has logged its end. */
async function scheduledRun(): Promise<string> {
  for (let wait = 0; wait < 2_000; wait++) {
    const logs = readdirSync(path.join(folder, 'logs')).filter((name) =>
      name.includes('http-poll'),
    );
    const text = logs.map((name) => readFileSync(path.join(folder, 'logs', name), 'utf8')).join('');
    const line = text.split('\n').find((candidate) => candidate.includes('connector polled'));
    if (line !== undefined) return line.slice(line.indexOf('{'));
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('the schedule has not run the connector');
}

describe('scheduled connectors', { timeout: 60_000 }, () => {
  it('bring what the source has into the table, once, from their own schedule', async () => {
    expect(JSON.parse(await scheduledRun())).toMatchObject({
      connector: 'prices',
      outcome: 'done',
      pages: 3,
      records: 4,
      sent: 3,
      bad: 1,
      retries: 1,
    });
    const sql =
      "SELECT trade_id, symbol, CAST(timestamp AS varchar), price, size, fee_cents FROM local_market_bronze.trade WHERE source_system = 'TEST' ORDER BY 1";
    expect(await rows(sql)).toEqual([
      ['p-1', 'AAPL', '2026-09-21 14:13:20.000000', '187.25', '100.0', '5'],
      ['p-2', 'MSFT', '2026-09-21 14:13:20.500000', '0.1', '7.0', null],
      ['p-4', 'MSFT', '2026-09-21 14:13:22.000000', '12.0', '1.5', null],
    ]);
    expect(requests.every(({ key }) => key === 'public')).toBe(true);
  });

  it('go on from the cursor, and send nothing again that the source repeats', async () => {
    const before = requests.length;
    expect(await invoke('http-poll', { connector: 'prices' })).toMatchObject({
      outcome: 'done',
      records: 1,
      sent: 0,
      repeated: 1,
    });
    expect(requests.slice(before).map(({ url }) => url)).toEqual([
      '/trades?since=1790000002000&page=1',
    ]);
  });

  it('file what does not fit with its full text', async () => {
    const s3 = createS3Client(localTarget(cloud.endpoint));
    const Bucket = cloud.health().outputs['sluice-local-storage']?.['DeadLetterBucketName'] ?? '';
    const { Contents = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: 'market/trade/http-poll/prices/' }),
    );
    expect(Contents).toHaveLength(1);
    const object = await s3.send(new GetObjectCommand({ Bucket, Key: Contents[0]?.Key ?? '' }));
    const letter = JSON.parse((await object.Body?.transformToString()) ?? '');
    s3.destroy();
    expect(letter).toMatchObject({
      kind: 'connector',
      source: 'http-poll:prices',
      stream: 'trade',
    });
    expect(JSON.parse(letter.records[0].record)).toEqual(RECORDS[2]);
    expect(letter.records[0].reason).toContain('field price');
  });

  it('generate the same events for the same time, so that a repeated run adds no row', async () => {
    const scheduledTime = new Date(Date.now() - 120_000).toISOString();
    const runs = [
      await invoke('generator', { connector: 'synthetic', scheduledTime }),
      await invoke('generator', { scheduledTime }),
    ];
    const [sent = 0] = Object.values(runs[0]?.['sent'] ?? {}) as number[];
    expect(runs[1]).toEqual(runs[0]);
    // 120 intervals of 1 to 10 and 60 of 5 to 20.
    expect(sent).toBeGreaterThan(1_000);
    const sql =
      "SELECT count(*), count(DISTINCT _event_id) FROM local_market_bronze.trade WHERE source_system <> 'TEST'";
    expect(await rows(sql)).toEqual([[String(sent), String(sent)]]);
  });
});
