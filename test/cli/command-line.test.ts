import { describe, expect, it } from 'vitest';
import { type Command, integerOption, parseCommandLine, stringOptions } from '#cli/command.ts';
import { main } from '#cli/main.ts';
import { RecordingStreams } from './recording-streams.ts';

const COMMAND: Command = {
  name: 'copy',
  summary: 'copies',
  usage: '<what> [--times <n>]',
  positionals: { min: 1, max: 1 },
  options: {
    times: { type: 'string', value: '<n>', description: 'how often' },
    map: { type: 'string', multiple: true, description: 'mapping' },
  },
  run: async () => 0,
};

async function run(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const streams = new RecordingStreams();
  const status = await main(args, streams);
  return { status, stdout: streams.stdoutText, stderr: streams.stderrText };
}

describe('parseCommandLine', () => {
  it('takes options and arguments in any order', () => {
    const parsed = parseCommandLine(COMMAND, ['--times', '3', 'x', '--map', 'a=b', '--map', 'c=d']);
    expect(parsed.positionals).toEqual(['x']);
    expect(stringOptions(parsed, 'map')).toEqual(['a=b', 'c=d']);
    expect(integerOption(parsed, 'times', { default: 1, min: 1, max: 5 })).toBe(3);
  });

  it.each([
    [['x', '--tims', '3'], /--tims/],
    [[], /expected 1 arguments, got 0/],
    [['x', 'y'], /expected 1 arguments, got 2/],
    [['x', '--times'], /--times/],
  ])('refuses %j and shows the usage', (args, words) => {
    expect(() => parseCommandLine(COMMAND, args)).toThrow(words);
    expect(() => parseCommandLine(COMMAND, args)).toThrow(/usage: sluice copy <what>/);
  });

  it.each(['0', '6', '1.5', 'many', '-1'])('refuses %j where 1 to 5 is expected', (text) => {
    const parsed = { options: { times: text } };
    expect(() => integerOption(parsed, 'times', { default: 1, min: 1, max: 5 })).toThrow(
      /--times: expected a whole number from 1 to 5/,
    );
  });
});

describe('sluice', () => {
  it('lists the commands without arguments and says that this was no success', async () => {
    const { status, stdout } = await run();
    expect(status).toBe(2);
    expect(stdout).toContain('demo');
  });

  it('names the commands when one is unknown', async () => {
    const { status, stderr } = await run('dmo');
    expect(status).toBe(2);
    expect(stderr).toContain('unknown command "dmo"');
  });

  it('explains each command', async () => {
    for (const verb of [
      'demo',
      'dev',
      'produce',
      'sql',
      'tables',
      'validate',
      'generate',
      'reset',
    ]) {
      const { status, stdout } = await run(verb, '--help');
      expect(status).toBe(0);
      expect(stdout).toContain(`usage: sluice ${verb}`);
    }
  });

  it('answers a usage error in JSON when asked to', async () => {
    const { status, stdout } = await run('sql', '--json');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'USAGE' } });
  });
});
