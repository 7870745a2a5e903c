import { describe, expect, it } from 'vitest';
import { buildLakeWriterConfig } from '#core/config/lambda-config.ts';
import { SluiceError } from '#core/errors.ts';
import { evolveStream } from '#core/schema/evolution/stream-evolution.ts';
import { committerConfig } from '#runtime/committer.ts';
import { readCommitterEnv, readLakeWriterEnv } from '#runtime/env.ts';
import { createDoorbell } from '#runtime/lake-writer.ts';
import { projectOf } from '#test/core/config/project-fixture.ts';

describe('committerConfig', () => {
  it('has the room for identities that a writer has, by table', () => {
    const project = projectOf();
    const streams = project.domains
      .flatMap((domain) => domain.streams)
      .map((stream) => evolveStream(stream, null).schemas);
    const config = buildLakeWriterConfig(project, { streams }, { domain: 'market' });
    expect(committerConfig(config)).toEqual({
      domain: 'market',
      rejectedTable: { database: 'local_market_bronze', table: 'rejected' },
      maxCommittedIds: new Map([['local_market_bronze.trade', config.streams[0]?.maxCommittedIds]]),
    });
  });
});

describe('environment of writer and committer', () => {
  const env = {
    LAMBDA_TASK_ROOT: '/task',
    DEAD_LETTER_BUCKET: 'letters',
    STAGING_TABLE: 'staging',
  };

  it('names the queue of the committer where there is one', () => {
    expect(readLakeWriterEnv(env).commitQueueUrl).toBeNull();
    const COMMIT_QUEUE_URL = 'http://127.0.0.1/queue';
    expect(readLakeWriterEnv({ ...env, COMMIT_QUEUE_URL }).commitQueueUrl).toBe(COMMIT_QUEUE_URL);
  });

  it('has to name the table of what is staged', () => {
    const { STAGING_TABLE: _left, ...rest } = env;
    expect(() => readLakeWriterEnv(rest)).toThrow(/STAGING_TABLE/);
    expect(() => readCommitterEnv(rest)).toThrow(/STAGING_TABLE/);
  });
});

describe('the doorbell of a writer', () => {
  it('rings', async () => {
    const sent: string[] = [];
    const { queue, takeLost } = createDoorbell({ send: async (body) => void sent.push(body) });
    await queue.send('a');
    expect(sent).toEqual(['a']);
    expect(takeLost()).toBe(0);
  });

  it('counts messages that could not be sent, and fails with none of them', async () => {
    const { queue, takeLost } = createDoorbell({
      send: async () => {
        throw new SluiceError('SOURCE_UNAVAILABLE', 'down');
      },
    });
    await queue.send('a');
    await queue.send('b');
    expect(takeLost()).toBe(2);
    expect(takeLost()).toBe(0);
  });

  it('passes on what is no outage', async () => {
    const { queue } = createDoorbell({
      send: async () => {
        throw new TypeError('a bug');
      },
    });
    await expect(queue.send('a')).rejects.toThrow(TypeError);
  });
});
