import { describe, expect, it } from 'vitest';
import { mapping, SHARD_0, textsOf } from '../start-mappings.ts';
import { startVirtualMapping, type VirtualMapping } from './start-virtual-mapping.ts';

/** Of two lanes, key e has one and these the other. */
const [KEY_0, KEY_1] = ['e', 'a'] as const;

/** A function whose batches end when the test says so. */
function createGate() {
  const open: { readonly texts: string; readonly end: (error?: Error) => void }[] = [];
  const done: string[] = [];
  const handler = (records: Parameters<typeof textsOf>[0]) =>
    new Promise<void>((resolve, reject) => {
      const texts = textsOf(records).join(' ');
      const end = (error?: Error) => {
        open.splice(open.indexOf(entry), 1);
        if (error !== undefined) return reject(error);
        done.push(texts);
        resolve();
      };
      const entry = { texts, end };
      open.push(entry);
    });
  const atWork = () => open.map(({ texts }) => texts).sort();
  const end = async ({ clock }: VirtualMapping, texts: string, error?: Error) => {
    open.find((entry) => entry.texts === texts)?.end(error);
    await clock.settle();
  };
  return { handler, atWork, end, done };
}

const twoLanes = { parallelizationFactor: 2, batchSize: 2 };

describe('a parallelization factor', () => {
  it('lets batches of one shard run side by side, each key in one at a time and in order', async () => {
    const gate = createGate();
    const running = startVirtualMapping(gate.handler, { mapping: twoLanes });
    for (const i of [1, 2, 3]) {
      running.source.put(SHARD_0, KEY_0, `e${i}`);
      running.source.put(SHARD_0, KEY_1, `a${i}`);
    }
    running.mappings.start();
    await running.clock.settle();
    expect(gate.atWork()).toEqual(['a1 a2', 'e1 e2']);
    await gate.end(running, 'e1 e2');
    expect(gate.atWork()).toEqual(['a1 a2', 'e3']);
    await gate.end(running, 'a1 a2');
    await gate.end(running, 'a3');
    await gate.end(running, 'e3');
    expect(gate.done).toEqual(['e1 e2', 'a1 a2', 'a3', 'e3']);
    expect(running.mappings.pending()).toBe(false);
  });

  it('checkpoints up to the slowest lane, and by the last record when all are done', async () => {
    const gate = createGate();
    const running = startVirtualMapping(gate.handler, { mapping: twoLanes });
    const numbers = [KEY_0, KEY_1, KEY_0, KEY_1].map((key, i) =>
      running.source.put(SHARD_0, key, `${key}${i}`),
    );
    const checkpoint = () => running.mappings.checkpoint(mapping.id, SHARD_0);
    running.mappings.start();
    await running.clock.settle();
    await gate.end(running, 'a1 a3');
    expect(checkpoint()).toBeNull();
    await gate.end(running, 'e0 e2');
    expect(checkpoint()).toBe(numbers[3]);
  });

  it('repeats only what was not done in its lane after a restart', async () => {
    const gate = createGate();
    const first = startVirtualMapping(gate.handler, { mapping: twoLanes });
    for (const key of [KEY_0, KEY_1, KEY_1, KEY_0]) first.source.put(SHARD_0, key, key);
    first.mappings.start();
    await first.clock.settle();
    await gate.end(first, 'a a');
    await first.mappings.close();
    const seen: string[] = [];
    const { clock, source, checkpoints } = first;
    const second = startVirtualMapping((records) => void seen.push(...textsOf(records)), {
      mapping: twoLanes,
      clock,
      source,
      checkpoints,
    });
    second.mappings.start();
    await clock.settle();
    expect(seen).toEqual(['e', 'e']);
  });

  it('starts every lane at the slowest when the factor is another one after a restart', async () => {
    const gate = createGate();
    const first = startVirtualMapping(gate.handler, { mapping: twoLanes });
    for (const key of [KEY_0, KEY_1, KEY_1, KEY_0]) first.source.put(SHARD_0, key, key);
    first.mappings.start();
    await first.clock.settle();
    await gate.end(first, 'a a');
    await first.mappings.close();
    const seen: string[] = [];
    const { clock, source, checkpoints } = first;
    const second = startVirtualMapping((records) => void seen.push(...textsOf(records)), {
      mapping: { ...twoLanes, parallelizationFactor: 3 },
      clock,
      source,
      checkpoints,
    });
    second.mappings.start();
    await clock.settle();
    expect(seen.sort()).toEqual(['a', 'a', 'e', 'e']);
  });

  it('changes while records are under way without losing any or their order', async () => {
    const seen: string[] = [];
    const running = startVirtualMapping(
      async (records) => {
        await running.clock.sleep(50);
        seen.push(...textsOf(records));
      },
      { mapping: { batchSize: 2 } },
    );
    const { clock, source, mappings } = running;
    const texts = Array.from({ length: 40 }, (_, i) => `r${i}`);
    for (const [i, text] of texts.entries()) source.put(SHARD_0, `key-${i % 7}`, text);
    mappings.start();
    await clock.advance(60);
    mappings.update(mapping.id, { parallelizationFactor: 4 });
    await clock.settle();
    expect(mappings.views()[0]?.state).toBe('Updating');
    await clock.advance(120);
    expect(mappings.views()[0]?.state).toBe('Enabled');
    mappings.update(mapping.id, { parallelizationFactor: 1 });
    await clock.until(() => !mappings.pending());
    // What a lane was ahead of the slowest is repeated: the new lanes start where that one stands.
    const firsts = [...new Set(seen)];
    expect(seen.length).toBeLessThan(texts.length + 10);
    expect([...firsts].sort()).toEqual([...texts].sort());
    for (let key = 0; key < 7; key++) {
      const ofKey = firsts.filter((text) => Number(text.slice(1)) % 7 === key);
      expect(ofKey).toEqual(texts.filter((_, i) => i % 7 === key));
    }
  });

  it('lets other lanes run ahead of one that fails as far as its queue reaches', async () => {
    const seen: string[] = [];
    const handler = (records: Parameters<typeof textsOf>[0]) => {
      const texts = textsOf(records);
      if (texts.some((text) => text.startsWith('a'))) throw new Error('no');
      seen.push(...texts);
    };
    const { clock, source, mappings } = startVirtualMapping(handler, { mapping: twoLanes });
    mappings.start();
    // Two in flight and two that wait fill the failing lane; the fifth stops the reading.
    for (let i = 0; i < 4; i++) source.put(SHARD_0, KEY_1, `a${i}`);
    source.put(SHARD_0, KEY_0, 'beside');
    await clock.advance(3_600_000);
    expect(seen).toEqual(['beside']);
    source.put(SHARD_0, KEY_1, 'a4');
    source.put(SHARD_0, KEY_0, 'behind');
    await clock.advance(3_600_000);
    expect(seen).toEqual(['beside']);
  });
});
