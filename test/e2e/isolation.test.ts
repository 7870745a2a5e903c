import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workGroupOf } from '#cli/stack-outputs.ts';
import { databaseName, type Stream } from '#core/config/project.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { type LakeAccess, openLake } from '#runtime/lake-access.ts';
import { sendEvents, withoutTable } from './drive-lake-writer.ts';
import { type LocalDeployment, startLocalDeployment } from './local-deployment.ts';

let deployment: LocalDeployment;
let lake: LakeAccess;

beforeAll(async () => {
  deployment = await startLocalDeployment({ writer: { batchingWindowSeconds: 0 } });
  const { endpoint, health } = deployment.cloud;
  lake = openLake(localTarget(endpoint), { workGroup: workGroupOf(health().outputs) });
}, 60_000);

afterAll(async () => {
  lake?.close();
  await deployment?.close();
});

function streamOf(domain: string, name: string): Stream {
  const found = deployment.loaded.project.domains
    .find((candidate) => candidate.name === domain)
    ?.streams.find((stream) => stream.name === name);
  if (found === undefined) throw new Error(`there is no stream ${domain}.${name}`);
  return found;
}

/** Rows by SQL; those of `rejected` that are of the stream as well. */
async function placesOf(stream: Stream): Promise<number> {
  const database = databaseName('local', stream.domain, 'bronze');
  const count = async (from: string): Promise<number> => {
    const { rows } = await lake.queries.query(`SELECT count(*) FROM ${database}.${from}`);
    return Number(rows[0]?.[0]);
  };
  return (await count(stream.name)) + (await count(`rejected WHERE stream = '${stream.name}'`));
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  for (let wait = 0; wait < 400; wait++) {
    if (await isDone()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('waited 20 seconds in vain');
}

describe('a domain whose writer fails', { timeout: 60_000 }, () => {
  it('holds up no other domain, and goes on where it stopped once it is mended', async () => {
    const traffic = streamOf('city', 'traffic');
    const trade = streamOf('market', 'trade');
    await withoutTable(deployment, traffic, async () => {
      await sendEvents(deployment, traffic, { run: 1 });
      await sendEvents(deployment, trade, { run: 1 });
      let places = 0;
      await until(async () => {
        places = await placesOf(trade);
        return places >= 297;
      });
      // 300 generated and 5 undecodable; some of the 300 are doubles.
      expect(places).toBeLessThanOrEqual(305);
      expect(deployment.cloud.health().pending).toBe(true);
    });
    await deployment.drained();
    expect(await placesOf(traffic)).toBe(await placesOf(trade));
  });
});
