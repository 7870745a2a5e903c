import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { secrets } from '#cli/commands/secrets.ts';
import { createOutput } from '#cli/output.ts';
import { MARKET, projectFiles } from '../../core/config/project-fixture.ts';
import { RecordingStreams } from '../recording-streams.ts';

const VALUE = 'k3y-of-prices';
const DOMAIN = `${MARKET}connectors:
  poll_prices:
    kind: http-poll
    stream: trade
    every: 1m
    url: https://api.example.com/trades
    auth: { header: X-Api-Key, value: "\${secret:prices_api_key}" }
    headers: { X-Tenant: "\${secret:tenant}" }
    select:
      { source_system: src, trade_id: id, symbol: sym, timestamp: ts, price: p, size: q }
`;

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly folder: string;
}

async function run(
  options: Readonly<Record<string, string>>,
  setUp: (folder: string) => void = () => {},
): Promise<Ran> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-secrets-command-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = projectFiles({
    'domains/market.yaml': DOMAIN,
    'config/environments/local.yaml': 'stream: { retention: 168h }\nsecrets: { backend: local }\n',
  });
  for (const { path: name, text } of files) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  setUp(folder);
  const streams = new RecordingStreams();
  const status = await secrets.run({
    root: folder,
    output: createOutput(streams, options['json'] !== undefined),
    signal: new AbortController().signal,
    options,
    positionals: [],
  });
  return { status, stdout: streams.stdoutText, stderr: streams.stderrText, folder };
}

function writeSecret(folder: string, mode = 0o600): void {
  mkdirSync(path.join(folder, '.sluice/secrets'), { recursive: true });
  writeFileSync(path.join(folder, '.sluice/secrets/tenant'), 'tenant-value', { mode });
}

describe('sluice secrets', () => {
  it('lists each secret with its state, place and users, and what is missing', async () => {
    vi.stubEnv('SLUICE_SECRET_PRICES_API_KEY', VALUE);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { status, stdout, stderr } = await run({});
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^prices_api_key {2}present {2}local +prices_api_key {2}domain market connectors\.poll_prices\.\S+$/m,
    );
    expect(stdout).toMatch(/^tenant {10}missing/m);
    expect(stderr).toContain('or set SLUICE_SECRET_TENANT');
  });

  it('ends well when all can be read, and shows nothing of any value', async () => {
    vi.stubEnv('SLUICE_SECRET_PRICES_API_KEY', VALUE);
    onTestFinished(() => void vi.unstubAllEnvs());
    for (const options of [{}, { json: 'true' }] as Record<string, string>[]) {
      const { status, stdout, stderr } = await run(options, writeSecret);
      expect(status).toBe(0);
      expect(stdout + stderr).not.toContain(VALUE);
      expect(stdout + stderr).not.toContain('tenant-value');
      expect(stdout + stderr).not.toMatch(new RegExp(`\\b${VALUE.length}\\b`));
    }
  });

  it('tells machines state and problem of each', async () => {
    const { stdout } = await run({ json: 'true' }, (folder) => writeSecret(folder, 0o644));
    const answer = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
    expect(answer).toMatchObject({ ok: false, environment: 'local' });
    expect(answer.secrets).toEqual([
      expect.objectContaining({ name: 'prices_api_key', state: 'missing' }),
      expect.objectContaining({
        name: 'tenant',
        state: 'unavailable',
        problem: expect.stringContaining('chmod 600'),
      }),
    ]);
  });

  it('refuses an environment that does not exist', async () => {
    await expect(run({ env: 'porд' })).rejects.toThrow('--env: expected one of local, prod');
  });
});
