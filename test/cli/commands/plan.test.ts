import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parseCommandLine } from '#cli/command.ts';
import { plan } from '#cli/commands/plan.ts';
import { createOutput } from '#cli/output.ts';
import { MARKET, PLATFORM, TICK } from '../../core/config/project-fixture.ts';
import { RecordingStreams } from '../recording-streams.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'sluice-plan-'));
  for (const folder of ['config/environments', 'config/categories', 'domains']) {
    mkdirSync(path.join(root, folder), { recursive: true });
  }
  write('config/platform.yaml', PLATFORM);
  write('config/environments/local.yaml', '{}\n');
  write('config/environments/dev.yaml', 'stream: { shards: 2 }\n');
  write('config/categories/market.tick.yaml', TICK);
  write('domains/market.yaml', MARKET);
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
});

function write(file: string, text: string): void {
  writeFileSync(path.join(root, file), text);
}

/** No schemas are generated in the folder, so nothing is synthesized. */
async function run(...args: string[]) {
  const streams = new RecordingStreams();
  const status = await plan.run({
    root,
    output: createOutput(streams, args.includes('--json')),
    signal: new AbortController().signal,
    ...parseCommandLine(plan, args),
  });
  return { status, stdout: streams.stdoutText, stderr: streams.stderrText };
}

describe('sluice plan', () => {
  it('plans the environment that is asked for', async () => {
    const { status, stdout } = await run('--env', 'dev');
    expect(status).toBe(0);
    expect(stdout).toMatch(/stream\.shards +2 +config\/environments\/dev\.yaml:1:19/);
    expect(stdout).toContain('run "sluice generate" and commit the files.');
  });

  it('answers with one JSON object, text on stderr', async () => {
    const { status, stdout, stderr } = await run('--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      environment: 'local',
      domains: ['market'],
      stacks: null,
      ok: true,
    });
    expect(stderr).toContain('Limits of domain market');
  });

  it('has exit status 1 and names every limit that is broken', async () => {
    write(
      'domains/market.yaml',
      `${MARKET.replace('key: symbol', 'key: symbol\n    rate: { peak: 900x }')}`,
    );
    const { status, stdout } = await run();
    expect(status).toBe(1);
    expect(stdout).toContain('BROKEN  shards of local-market');
    expect(stdout).toContain('BROKEN  readers of local-market');
    expect(stdout).toContain('Not ready: 2 limits broken.');
  });

  it('tells an invalid configuration as validate does', async () => {
    write('domains/market.yaml', MARKET.replace('key: symbol', 'kye: symbol'));
    await expect(run()).rejects.toThrow(
      /^the configuration has 1 problem; correct and run again\ndomains\/market\.yaml:6:5 streams\.trade\.kye: /,
    );
  });

  it('refuses an unknown domain with what was meant', async () => {
    await expect(run('--domain', 'markt')).rejects.toThrow('did you mean "market"?');
  });

  it('shows a reference to a secret as it is written, never a value', async () => {
    const reference = `${'$'}{secret:prices_api_key}`;
    write('domains/market.yaml', `${MARKET}description: "key ${reference}"\n`);
    const { stdout } = await run('--all');
    expect(stdout).toContain(`key ${reference}`);
  });
});
