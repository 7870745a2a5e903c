/**
 * Events per second through the whole producer: generate, encode, aggregate, PutRecords over HTTP to an emulated
 * Kinesis in a process of its own, which writes them to disk before it acknowledges: `npm run bench:producer`.
 * The last line of stdout is one JSON object.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createKinesisEventStream } from '#adapters/aws/kinesis-event-stream.ts';
import { MemoryReceiptStore } from '#adapters/memory/memory-receipt-store.ts';
import { systemClock, systemRandom } from '#adapters/system/system-clock.ts';
import { generatedChunks } from '#app/generated-chunks.ts';
import { produceEvents } from '#app/produce-events.ts';
import { createEventGenerator, NO_FAULTS } from '#core/generate/generate-events.ts';
import { createKinesisClient, localTarget } from '#runtime/aws-clients.ts';
import { loadProject } from '#runtime/load-project.ts';
import { createStreamEncoder } from '#runtime/stream-encoder.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STREAM_NAME = 'bench';
const SHARDS = 4;
const EVENTS = 400_000;
const ROUNDS = 3;
const REQUIRED_PER_SECOND = 50_000;

const stateDir = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
const server = spawn(
  process.execPath,
  [
    fileURLToPath(new URL('kinesis-server.ts', import.meta.url)),
    stateDir,
    STREAM_NAME,
    String(SHARDS),
  ],
  { stdio: ['pipe', 'pipe', 'inherit'] },
);
try {
  const [endpoint] = (await once(createInterface(server.stdout), 'line')) as [string];
  const client = createKinesisClient(localTarget(endpoint));
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rates.push(await produceOnce(round));
  client.destroy();
  const best = Math.max(...rates);
  console.log(
    `producer     ${best.toLocaleString('en-US')} events/s over HTTP to ${SHARDS} shards (best of ${ROUNDS}; required ${REQUIRED_PER_SECOND.toLocaleString('en-US')})`,
  );
  console.log(
    JSON.stringify({
      events: EVENTS,
      machine: `${os.cpus()[0]?.model.trim()} x ${os.cpus().length}, Node ${process.version}`,
      producer_events_per_second: best,
      rounds: rates,
    }),
  );

  async function produceOnce(round: number): Promise<number> {
    const { project, registry } = loadProject({ root: ROOT, environment: 'local' });
    const stream = project.domains
      .flatMap(({ streams }) => streams)
      .find(({ domain, name }) => domain === 'market' && name === 'trade')!;
    const { encode, schemaVersionId } = createStreamEncoder(registry, stream);
    const eventAt = createEventGenerator({
      stream,
      seed: 'bench',
      run: round,
      startMs: Date.UTC(2026, 0, 1),
      eventsPerSecond: EVENTS,
      faults: NO_FAULTS,
    });
    const beganMs = performance.now();
    await produceEvents(
      {
        stream: createKinesisEventStream(client),
        receipts: new MemoryReceiptStore(),
        clock: systemClock,
        random: systemRandom,
      },
      {
        streamName: STREAM_NAME,
        domain: 'market',
        producer: `bench-${round}`,
        events: generatedChunks({
          events: EVENTS,
          eventAt,
          encode,
          schemaVersionId,
          undecodableEvery: null,
        }),
      },
    );
    return Math.round((EVENTS * 1000) / (performance.now() - beganMs));
  }
} finally {
  server.stdin.end();
  await once(server, 'close');
  rmSync(stateDir, { recursive: true, force: true });
}
