import { describe, expect, it } from 'vitest';
import { createEventEncoder } from '#app/encode-events.ts';
import { decodeSchemaRegistryHeader } from '#core/avro/schema-registry-header.ts';
import { IngestWorld } from './ingest-world.ts';

const ID = '0c9e128b-f1ed-519b-a93d-80a829e75f62';

async function encoder() {
  const { writerConfig } = await IngestWorld.create();
  return createEventEncoder(writerConfig.streams[0]!, {
    schemaVersionId: ID,
    encodeBody: () => Uint8Array.of(7),
  });
}

describe('createEventEncoder', () => {
  it('names the schema version in front of the body', async () => {
    const event = (await encoder())({ symbol: 'AAPL' });
    expect(decodeSchemaRegistryHeader(event.data)).toEqual({
      schemaVersionId: ID,
      payload: Uint8Array.of(7),
      inflatedBytes: 0,
    });
    expect(event).toMatchObject({ stream: 'trade', partitionKey: 'AAPL' });
  });

  it.each([
    ['', '-'],
    [null, '-'],
    ['x'.repeat(300), 'x'.repeat(256)],
    ['🏦'.repeat(300), '🏦'.repeat(256)],
  ])('makes a partition key of at most 256 code points from %j', async (symbol, expected) => {
    expect((await encoder())({ symbol }).partitionKey).toBe(expected);
  });
});
