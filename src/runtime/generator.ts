import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createDynamoDbReceiptStore } from '#adapters/aws/dynamodb-receipt-store.ts';
import { systemClock, systemRandom } from '#adapters/system/system-clock.ts';
import { createReceiptTotals } from '#app/receipt-totals.ts';
import { type GeneratorDeps, type GeneratorRun, runGenerator } from '#app/run-generator.ts';
import { SluiceError } from '#core/errors.ts';
import { parseGeneratorConfig } from '#core/generate/generator-config.ts';
import { generatorWindow } from '#core/generate/generator-window.ts';
import { createDynamoDbClient } from './aws-clients.ts';
import { openFunctionBuffer } from './buffer-access.ts';
import { type ConnectorEvent, connectorOf } from './connector-event.ts';
import { readGeneratorEnv } from './env.ts';
import { openRegistryIds, withRegistryIds } from './registry-ids.ts';

/** Payload of the function. */
export interface GeneratorEvent extends ConnectorEvent {
  /** Time of the schedule, ISO 8601: the events of the minute from then on are made. */
  readonly scheduledTime?: string;
  /** By hand: the events of so many seconds from now. */
  readonly seconds?: number;
}

/** One run of a connector; `remainingMs` until the function is stopped. Null for a minute that is long over. */
export type RunGenerator = (
  event: GeneratorEvent,
  remainingMs: number,
) => Promise<GeneratorRun | null>;

/** Kept for the answer and the metrics. */
const END_MS = 2_000;

/** The function's one composition, made once per execution environment. */
export async function openGenerator(): Promise<RunGenerator> {
  const env = readGeneratorEnv();
  const config = parseGeneratorConfig(
    await readFile(path.join(env.taskRoot, 'config.json'), 'utf8'),
  );
  const deps: GeneratorDeps = {
    stream: openFunctionBuffer(),
    receipts: createReceiptTotals(
      createDynamoDbReceiptStore(createDynamoDbClient(), env.receiptsTable),
      {
        domain: config.domain,
        producer: `generator-${Buffer.from(systemRandom.bytes(16)).toString('hex')}`,
      },
    ),
    clock: systemClock,
    random: systemRandom,
  };
  const schemaIdOf = openRegistryIds(config.domain);
  return async (event, remainingMs) => {
    const connector = connectorOf(config.connectors, event);
    const nowMs = systemClock.nowMs();
    const window = generatorWindow(event, nowMs);
    if (window === null) return null;
    const run = await runGenerator(
      deps,
      { connector, streams: await withRegistryIds(schemaIdOf, config.streams) },
      { ...window, deadlineMs: nowMs + remainingMs - END_MS },
    );
    if (run.unacknowledged === 0) return run;
    // Lambda repeats the run, and what is on the stream already is left out by the writer.
    throw new SluiceError(
      'DELIVERY_FAILED',
      `${run.unacknowledged} events of connector ${connector.name} were not acknowledged by the stream`,
    );
  };
}
