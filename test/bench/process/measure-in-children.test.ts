import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PayloadRequest, PayloadsWritten } from '../../../bench/handler/write-payloads.ts';
import { measureInChildren } from '../../../bench/process/measure-in-children.ts';

const WRITE_PAYLOADS = new URL('../../../bench/handler/write-payloads.ts', import.meta.url);
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('measureInChildren', () => {
  it('answers in the order of the requests', async () => {
    const requests = [1, 2].map((batches): PayloadRequest => {
      return { folder, shard: batches, batches, events: 500 };
    });
    const written = await measureInChildren<PayloadsWritten>(WRITE_PAYLOADS, requests);
    expect(written).toEqual([{ events: 500 }, { events: 1_000 }]);
  });

  it('fails when a child does', async () => {
    const request: PayloadRequest = {
      folder: path.join(folder, 'missing'),
      shard: 0,
      batches: 1,
      events: 500,
    };
    await expect(measureInChildren(WRITE_PAYLOADS, [request])).rejects.toThrow(
      'ended without an answer: status 1',
    );
  });
});
