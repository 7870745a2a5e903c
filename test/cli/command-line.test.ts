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
    twice: { type: 'boolean', description: 'two times' },
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
    [['x', '--tims', '3'], /unknown option "--tims"; did you mean "--times"\?/],
    [['x', '--qqq'], /unknown option "--qqq"; expected one of --times, --twice, --map/],
    [['x', '-q'], /unknown option "-q"/],
    [[], /expected 1 argument, got 0/],
    [['x', 'y'], /expected 1 argument, got 2; put one with spaces in quotes/],
    [['x', '--times'], /--times needs a value <n>/],
    [['x', '--times='], /--times needs a value <n>/],
    [['x', '--times', '--twice'], /--times needs a value <n>, got "--twice"/],
    [['x', '--times', '-3'], /--times needs a value <n>, got "-3"; write --times=-3 if meant/],
    [['x', '--times', '1', '--times', '2'], /--times is given twice, expected once/],
    [['x', '--twice=yes'], /--twice takes no value, got "yes"/],
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

  it('lists the commands in two columns', async () => {
    const lines = (await run('help')).stdout.split('\n').filter((line) => line.startsWith('  '));
    const columns = lines.map((line) => /^ {2}\S+(?: \S+)* {2,}/.exec(line)?.[0].length);
    expect(new Set(columns).size).toBe(1);
  });

  it('refuses to explain a command that is unknown', async () => {
    const { status, stderr } = await run('help', 'prodce');
    expect(status).toBe(2);
    expect(stderr).toContain('did you mean "produce"?');
  });

  it('names the commands when one is unknown', async () => {
    const { status, stderr } = await run('dmo');
    expect(status).toBe(2);
    expect(stderr).toContain('unknown command "dmo"');
  });

  it('suggests the command that was meant, also in JSON', async () => {
    const { status, stdout } = await run('dmo', '--json');
    expect(status).toBe(2);
    expect(JSON.parse(stdout).error.message).toContain('did you mean "demo"?');
  });

  it.each([
    ['help', 'sql'],
    ['sql', '--help'],
    ['sql', '-h'],
  ])('explains sql by %s %s', async (...args) => {
    expect(await run(...args)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('usage: sluice sql "<statement>"'),
    });
  });

  it('says its version', async () => {
    expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [['sql', ' ']],
    [['sql', 'SELECT 1', '--csv', '--json']],
    [['sql', 'SELECT 1', '--port', 'x']],
    [['dev', '--port', '70000']],
    [['demo', '--events', '0']],
    [['produce', '--stream', 'nope', '--events', '1']],
    [['produce', '--stream', 'market.trade']],
    [['produce', '--stream', 'market.trade', '--events', '1', '--file', 'x.csv']],
    [['produce', '--stream', 'market.trade', '--events', '1', '--map', 'a=b']],
    [['produce', '--stream', 'market.trade', '--file', 'x.csv', '--seed', 's']],
    [['produce', '--stream', 'market.trade', '--file', '.']],
    [['produce', '--stream', 'market.trade', '--file', 'missing.csv']],
  ])('refuses %j before anything is started', async (args) => {
    const { status, stderr } = await run(...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^USAGE: .*\n$/);
  });

  it('explains each command', async () => {
    for (const verb of [
      'demo',
      'dev',
      'produce',
      'sql',
      'tables',
      'init',
      'plan',
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
