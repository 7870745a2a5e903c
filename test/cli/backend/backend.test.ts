import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { backendOption, claimBackend, openBackend, recordedBackend } from '#cli/backend/backend.ts';
import { createOutput } from '#cli/output.ts';
import { stateFolder } from '#cli/state-folder.ts';
import { RecordingStreams } from '../recording-streams.ts';

describe('the backend of a command', () => {
  it('is the embedded one unless named', () => {
    expect(backendOption({ options: {} })).toBe('embedded');
    expect(backendOption({ options: { backend: 'compose' } })).toBe('compose');
    expect(() => backendOption({ options: { backend: 'docker' } })).toThrow(
      '--backend is "docker", expected one of embedded, compose, endpoints',
    );
  });

  it('needs an endpoint where endpoints are meant', async () => {
    vi.stubEnv('SLUICE_S3_ENDPOINT', '');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const { signal } = new AbortController();
    const context = {
      root: '/nowhere',
      output: createOutput(new RecordingStreams(), false),
      signal,
    };
    expect(await openBackend('embedded', context)).toEqual({ endpoints: {}, stack: null });
    await expect(openBackend('endpoints', context)).rejects.toThrow('no endpoint is named');
    vi.stubEnv('SLUICE_S3_ENDPOINT', 'http://127.0.0.1:9000');
    const { endpoints, stack } = await openBackend('endpoints', context);
    expect([endpoints.s3?.url, stack]).toEqual(['http://127.0.0.1:9000', null]);
  });

  it('is claimed for a new state, and is no other later', () => {
    const root = mkdtempSync(path.join(os.tmpdir(), 'sluice-backend-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    vi.stubEnv('SLUICE_STATE', root);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    claimBackend(root, 'endpoints');
    // Nothing was stored yet: the first try may have failed.
    claimBackend(root, 'compose');
    expect(recordedBackend(root)).toBe('compose');
    mkdirSync(path.join(stateFolder(root, 'local').services, 'glue'), { recursive: true });
    claimBackend(root, 'compose');
    expect(() => claimBackend(root, 'embedded')).toThrow('was begun with --backend compose');
  });

  it('is the embedded one of a state without a record', () => {
    const root = mkdtempSync(path.join(os.tmpdir(), 'sluice-backend-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    vi.stubEnv('SLUICE_STATE', root);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    expect(recordedBackend(root)).toBe('embedded');
    mkdirSync(path.join(stateFolder(root, 'local').services, 's3'), { recursive: true });
    expect(() => claimBackend(root, 'compose')).toThrow('was begun with --backend embedded');
  });
});
