import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../kinesis/temporary-folder.ts';
import {
  createInProcessLambda,
  mapping,
  numbered,
  startMappings,
  textsOf,
} from './start-mappings.ts';

function recordingLambda(batches: string[][]) {
  return createInProcessLambda((records) => void batches.push(textsOf(records)));
}

describe('ensureMapping', () => {
  const lambda = () => createInProcessLambda(() => undefined);

  it.each([
    [{ batchSize: 0 }, 'BatchSize is 0, expected 1 to 10000'],
    [{ batchSize: 10_001 }, 'BatchSize is 10001'],
    [{ batchingWindowMs: 300_001 }, 'MaximumBatchingWindowInSeconds (in ms) is 300001'],
    [{ maxRetryAttempts: -2 }, 'MaximumRetryAttempts is -2, expected 0 to 10000 or -1'],
    [{ maxRecordAgeSeconds: 59 }, 'MaximumRecordAgeInSeconds is 59'],
    [{ parallelizationFactor: 11 }, 'ParallelizationFactor is 11, expected 1 to 10'],
    [{ functionName: 'gone' }, 'FunctionName gone does not exist'],
    [{ streamName: 'gone' }, 'Stream gone under account 000000000000 not found.'],
  ])('names the property that is wrong: %j', (wrong, message) => {
    const { mappings } = startMappings(lambda());
    expect(() => mappings.ensureMapping({ ...mapping, id: 'other', ...wrong })).toThrow(message);
  });

  it('applies what AWS updates in place, to the next batch', async () => {
    const batches: string[][] = [];
    const { mappings, put } = startMappings(recordingLambda(batches));
    mappings.start();
    mappings.ensureMapping({ ...mapping, batchSize: 2 });
    await put(numbered(4));
    await mappings.drained();
    expect(batches.map((batch) => batch.length)).toEqual([2, 2]);
    expect(mappings.list()).toEqual([{ ...mapping, batchSize: 2 }]);
  });

  it('refuses to change what makes another mapping', async () => {
    const stateDir = temporaryFolder();
    const { kinesis, mappings } = startMappings(lambda(), { stateDir });
    expect(() => mappings.ensureMapping({ ...mapping, startingPosition: 'LATEST' })).toThrow(
      'startingPosition of an event source mapping changed from TRIM_HORIZON to LATEST',
    );
    await mappings.close();
    expect(() =>
      startMappings(lambda(), { stateDir, kinesis, mapping: { streamArn: 'arn:other' } }),
    ).toThrow('streamArn of an event source mapping changed');
  });

  it('keeps what the API set over a restart, until its template changes', async () => {
    const stateDir = temporaryFolder();
    const first = startMappings(recordingLambda([]), { stateDir });
    first.mappings.start();
    await first.mappings.drained();
    first.mappings.update(mapping.id, { batchSize: 3, enabled: false });
    await first.mappings.close();
    const { kinesis } = first;
    const second = startMappings(recordingLambda([]), { stateDir, kinesis });
    expect(second.mappings.list()).toEqual([{ ...mapping, batchSize: 3, enabled: false }]);
    await second.mappings.close();
    const changed = { maxRetryAttempts: 1 };
    const third = startMappings(recordingLambda([]), { stateDir, kinesis, mapping: changed });
    expect(third.mappings.list()).toEqual([{ ...mapping, ...changed }]);
  });

  it('starts a mapping that comes later at once', async () => {
    const batches: string[][] = [];
    const { mappings, put } = startMappings(recordingLambda(batches));
    mappings.start();
    mappings.ensureMapping({ ...mapping, id: 'second/../name' });
    await put(['a']);
    await mappings.drained();
    expect(batches).toEqual([['a'], ['a']]);
  });
});
