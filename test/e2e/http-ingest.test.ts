import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { DeleteStreamCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectorsOf } from '#core/config/connector.ts';
import type { Project } from '#core/config/project.ts';
import { type RunningLocalCloud, startLocalCloud } from '#embedded/start-local-cloud.ts';
import { createLambdaBundler } from '#lib/constructs/lambda-code.ts';
import { createDeployment } from '#lib/load-deployment.ts';
import { synthesizeDeployment } from '#lib/synthesize.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { type LakeAccess, openLake } from '#runtime/lake-access.ts';
import { loadProject } from '#runtime/load-project.ts';
import { openProducer } from '#runtime/producer-access.ts';
import { type ApiAnswer, type ApiCall, callApi } from '../embedded/apigateway/call-api.ts';
import { ROOT } from './run-sluice.ts';

const MAX_BODY_BYTES = 200_000;
const BURST = 30;
/** In the values of events; must never stand in a log. */
const MARKER = 'Confidential';

/** The project with commits at once, small requests and a small burst that fills slowly. */
function changedProject(project: Project): Project {
  return {
    ...project,
    domains: project.domains.map((domain) => ({
      ...domain,
      writer: { ...domain.writer, batchingWindowSeconds: 0 },
      connectors: connectorsOf(domain, 'http-ingest').map((connector) => ({
        ...connector,
        throttle: { ratePerSecond: 2, burst: BURST },
        maxBodyBytes: MAX_BODY_BYTES,
      })),
    })),
  };
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-http-ingest-'));
let cloud: RunningLocalCloud;
let lake: LakeAccess;
let apiUrl: string;

beforeAll(async () => {
  const loaded = loadProject({ root: ROOT, environment: 'local' });
  const deployment = createDeployment(
    { ...loaded, project: changedProject(loaded.project) },
    createLambdaBundler(ROOT),
  );
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
  apiUrl = cloud.health().outputs['sluice-local-market-processing']?.['IngestApiUrl'] ?? '';
}, 60_000);

afterAll(async () => {
  lake?.close();
  await cloud?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

function trade(id: string, changes: Readonly<Record<string, unknown>> = {}) {
  return {
    source_system: 'NYSE',
    trade_id: id,
    symbol: MARKER,
    timestamp: new Date().toISOString(),
    price: 187.25,
    size: 100,
    fee: '0.05',
    ...changes,
  };
}

async function post(
  body: unknown,
  changes: Partial<ApiCall> = {},
): Promise<ApiAnswer & { readonly json: Record<string, unknown> }> {
  const answer = await callApi(apiUrl, {
    method: 'POST',
    path: '/trade/events',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    ...changes,
  });
  return { ...answer, json: JSON.parse(answer.text) as Record<string, unknown> };
}

/** Rows of the bronze table with an id that begins like this, once nothing is under way any more. */
async function rowsOf(prefix: string): Promise<readonly (readonly (string | null)[])[]> {
  while (cloud.health().pending) await new Promise((resolve) => setTimeout(resolve, 50));
  const sql = `SELECT trade_id, price, fee_cents, _event_id FROM local_market_bronze.trade WHERE trade_id LIKE '${prefix}%' ORDER BY 1`;
  return (await lake.queries.query(sql)).rows;
}

describe('the ingestion API', { timeout: 60_000 }, () => {
  it('answers when the stream has the events, and the table gets them', async () => {
    const answer = await post({ events: [trade('a-1'), trade('a-2', { price: 0.1 })] });
    expect([answer.status, answer.json]).toEqual([
      202,
      { accepted: 2, rejected: [], event_ids: ['NYSE:a-1', 'NYSE:a-2'] },
    ]);
    expect(await rowsOf('a-')).toEqual([
      ['a-1', '187.25', '5', 'NYSE:a-1'],
      ['a-2', '0.1', '5', 'NYSE:a-2'],
    ]);
  });

  it('takes the good events of a request and names what is wrong with the others', async () => {
    const answer = await post([
      trade('b-1', { price: 'abc', fee: 0.005 }),
      trade('b-2'),
      { ...trade('b-3'), pric: 1 },
    ]);
    expect([answer.status, answer.json]).toEqual([
      207,
      {
        accepted: 1,
        rejected: [
          {
            index: 0,
            code: 'invalid',
            errors: [
              { path: 'price', expected: 'double', got: '"abc"' },
              { path: 'fee', expected: expect.stringContaining('money in USD'), got: '0.005' },
            ],
          },
          {
            index: 2,
            code: 'invalid',
            errors: [
              {
                path: 'pric',
                expected: 'a field of the stream; did you mean "price"?',
                got: 'an unknown field',
              },
            ],
          },
        ],
        event_ids: [null, 'NYSE:b-2', null],
      },
    ]);
    expect(await rowsOf('b-')).toEqual([['b-2', '187.25', '5', 'NYSE:b-2']]);
  });

  it('answers 400 when no event is right, and when the body is none', async () => {
    const wrong = await post({ events: [{}] });
    expect(wrong).toMatchObject({
      status: 400,
      headers: { 'content-type': 'application/problem+json' },
      json: { type: 'urn:sluice:problem:events-refused', accepted: 0 },
    });
    expect(await post('{"events":[')).toMatchObject({
      status: 400,
      json: { type: 'urn:sluice:problem:malformed-body' },
    });
  });

  it.each<[string, Partial<ApiCall>]>([
    ['without signature', { signing: null }],
    ['with a wrong secret', { signing: { secretAccessKey: 'wrong' } }],
    ['with another body than the signed one', { forgedBody: '[]' }],
  ])('refuses requests %s', async (_what, changes) => {
    const answer = await post({ events: [trade('c-1')] }, changes);
    expect([answer.status, answer.json]).toEqual([403, { message: 'Forbidden' }]);
  });

  it('has routes for its streams only', async () => {
    const answer = await post('[]', { path: '/quote/events' });
    expect([answer.status, answer.json]).toEqual([404, { message: 'Not Found' }]);
  });

  it('refuses bodies beyond its limit and content types it does not know', async () => {
    const large = `["${'x'.repeat(MAX_BODY_BYTES)}"]`;
    expect(await post(large)).toMatchObject({
      status: 413,
      json: { type: 'urn:sluice:problem:too-large' },
    });
    const headers = { 'content-type': 'text/csv' };
    expect(await post('a,b', { headers })).toMatchObject({
      status: 415,
      json: { type: 'urn:sluice:problem:unsupported-media-type' },
    });
  });

  it('takes compressed lines, and inflates no further than its limit', async () => {
    const headers = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' };
    const lines = [trade('d-1'), trade('d-2')].map((event) => JSON.stringify(event)).join('\n');
    expect((await post(gzipSync(lines), { headers })).status).toBe(202);
    const before = cloud.health().children;
    const bomb = gzipSync(Buffer.alloc(50_000_000, '\n'));
    expect(bomb.length).toBeLessThan(MAX_BODY_BYTES);
    expect(await post(bomb, { headers })).toMatchObject({
      status: 413,
      json: { detail: expect.stringContaining('after decompression') },
    });
    expect((await post({ events: [trade('d-3')] })).status).toBe(202);
    expect(cloud.health().children).toEqual(before);
    expect((await rowsOf('d-')).map(([id]) => id)).toEqual(['d-1', 'd-2', 'd-3']);
  });

  it('may be asked again: the same events end as one row each', async () => {
    const events = Array.from({ length: 20 }, (_, index) => trade(`e-${index + 10}`));
    const first = await post({ events });
    await rowsOf('e-');
    const second = await post({ events });
    const halves = await Promise.all([
      post({ events: events.slice(0, 12) }),
      post({ events: events.slice(8) }),
    ]);
    expect([first, second, ...halves].map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    expect(second.json).toEqual(first.json);
    const ids = (await rowsOf('e-')).map(([id]) => id);
    expect(ids).toEqual(events.map((event) => event.trade_id));
  });

  it('takes what the documented client sends', async () => {
    const guide = readFileSync(path.join(ROOT, 'docs', 'ingestion-api.md'), 'utf8');
    const client = path.join(folder, 'client.mjs');
    writeFileSync(client, /```js\n(.*?)```/s.exec(guide)?.[1] ?? '');
    const { stdout } = await promisify(execFile)(process.execPath, [client], {
      env: {
        INGEST_API_URL: apiUrl,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_REGION: 'us-east-1',
      },
    });
    expect(stdout).toBe('202 {"accepted":1,"rejected":[],"event_ids":["NYSE:n-1"]}\n');
    expect(await rowsOf('n-')).toEqual([['n-1', '187.25', '5', 'NYSE:n-1']]);
  });

  it('throttles what is beyond its burst, and loses none of what it accepted', async () => {
    const answers = await Promise.all(
      Array.from({ length: 2 * BURST }, (_, index) => post([trade(`f-${index + 10}`)])),
    );
    const accepted = answers.filter(({ status }) => status === 202);
    const throttled = answers.filter(({ status }) => status === 429);
    expect(accepted.length + throttled.length).toBe(2 * BURST);
    expect(throttled.length).toBeGreaterThan(0);
    expect(accepted.length).toBeGreaterThan(0);
    expect(throttled[0]?.json).toEqual({ message: 'Too Many Requests' });
    const ids = (await rowsOf('f-')).map(([id]) => `NYSE:${id}`);
    expect(ids).toEqual(accepted.flatMap(({ json }) => json['event_ids'] as string[]).sort());
  });

  it('writes a receipt for every event that the stream acknowledged', async () => {
    const producer = openProducer(localTarget(cloud.endpoint), {
      receiptsTable: 'sluice-local-receipts',
    });
    const totals = await producer.receipts.list('market', 'trade');
    producer.close();
    const retried = 20 + 12 + 12;
    const rows = await rowsOf('');
    expect(totals.reduce((sum, { events }) => sum + events, 0)).toBe(rows.length + retried);
    expect(totals.map(({ producer: name }) => name)).toEqual(
      totals.map(() => expect.stringMatching(/^http-ingest-[0-9a-f]{32}$/)),
    );
  });

  it('logs no value of any event', () => {
    const logs = readdirSync(path.join(folder, 'logs'));
    const texts = logs.map((name) => readFileSync(path.join(folder, 'logs', name), 'utf8'));
    expect(texts.join('')).toContain('request handled');
    expect(logs.filter((_name, index) => texts[index]?.includes(MARKER))).toEqual([]);
  });
});

describe('the ingestion API without its stream', { timeout: 60_000 }, () => {
  it('answers 503, to be asked again', async () => {
    const kinesis = new KinesisClient(localTarget(cloud.endpoint));
    await kinesis.send(new DeleteStreamCommand({ StreamName: 'local-market' }));
    kinesis.destroy();
    let answer = await post([trade('g-1'), {}]);
    while (answer.status === 429) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      answer = await post([trade('g-1'), {}]);
    }
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'content-type': 'application/problem+json', 'retry-after': '1' },
      json: {
        type: 'urn:sluice:problem:stream-unavailable',
        accepted: 0,
        rejected: [
          { index: 0, code: 'unavailable' },
          { index: 1, code: 'invalid' },
        ],
        event_ids: ['NYSE:g-1', null],
      },
    });
  });
});
