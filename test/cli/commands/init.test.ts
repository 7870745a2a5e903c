import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parseCommandLine } from '#cli/command.ts';
import { init } from '#cli/commands/init.ts';
import { createOutput } from '#cli/output.ts';
import { loadConfig } from '#runtime/load-project.ts';
import { RecordingStreams } from '../recording-streams.ts';

const REPOSITORY = path.resolve(import.meta.dirname, '../../..');
let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'sluice-init-'));
  cpSync(path.join(REPOSITORY, 'config'), path.join(root, 'config'), { recursive: true });
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
});

async function run(...args: string[]) {
  const streams = new RecordingStreams();
  const status = await init.run({
    root,
    output: createOutput(streams, args.includes('--json')),
    signal: new AbortController().signal,
    ...parseCommandLine(init, args),
  });
  return { status, stdout: streams.stdoutText };
}

describe('sluice init', () => {
  it('writes a file that makes a valid project of a folder without domains', async () => {
    expect((await run('auction')).status).toBe(0);
    const { project } = loadConfig({ root, environment: 'local' });
    expect(project.domains.map(({ name }) => name)).toEqual(['auction']);
    expect(project.domains[0]?.streams[0]).toMatchObject({ name: 'tick', category: 'market.tick' });
  });

  it('says what to do next, in three commands', async () => {
    expect((await run('auction', '--category', 'sensor.reading')).stdout).toBe(
      [
        'Wrote domains/auction.yaml: one stream, auction.reading. Edit it, then:',
        '',
        '  npm run generate                                                  # schemas and tables; commit them',
        '  npm run sluice -- plan --domain auction                           # what it creates, and limits',
        '  npm run sluice -- produce --stream auction.reading --events 1000  # try it on this machine',
        '',
      ].join('\n'),
    );
  });

  it('answers in JSON', async () => {
    const { stdout } = await run('auction', '--json');
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      file: 'domains/auction.yaml',
      domain: 'auction',
      stream: 'auction.tick',
      category: 'market.tick',
    });
  });

  it('leaves a file that is there as it is', async () => {
    await run('auction');
    const file = path.join(root, 'domains/auction.yaml');
    writeFileSync(file, 'mine\n');
    await expect(run('auction')).rejects.toThrow(
      'domains/auction.yaml is there already and is left as it is; expected the name of a new domain',
    );
    expect(readFileSync(file, 'utf8')).toBe('mine\n');
  });

  it.each([
    ['Auction', 'expected a name of lower-case letters'],
    ['../auction', 'expected a name of lower-case letters'],
    ['a'.repeat(25), 'expected a name of at most 24 characters'],
    ['order', 'expected a name that is not a reserved word of Athena, got "order"'],
  ])('refuses the name %s and writes nothing', async (name, problem) => {
    await expect(run(name)).rejects.toThrow(problem);
    expect(existsSync(path.join(root, 'domains'))).toBe(false);
  });

  it('refuses an unknown category with what was meant', async () => {
    await expect(run('auction', '--category', 'market.tik')).rejects.toThrow(
      'did you mean "market.tick"?',
    );
    expect(existsSync(path.join(root, 'domains'))).toBe(false);
  });
});
