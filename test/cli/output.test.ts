import { describe, expect, it } from 'vitest';
import { createOutput, formatTable } from '#cli/output.ts';
import { RecordingStreams } from './recording-streams.ts';

describe('createOutput', () => {
  it('keeps stdout for the one JSON line in JSON mode', () => {
    const streams = new RecordingStreams();
    const output = createOutput(streams, true);
    output.line('words for people');
    output.table(['a'], [['1']]);
    output.result({ ok: true });
    expect(streams.stdoutText).toBe('{"ok":true}\n');
    expect(streams.stderrText).toContain('words for people');
  });

  it('prints no JSON for people', () => {
    const streams = new RecordingStreams();
    createOutput(streams, false).result({ ok: true });
    expect(streams.stdoutText).toBe('');
  });
});

describe('styles', () => {
  const ESCAPE = String.fromCharCode(27);

  it('are for terminals that show colours', () => {
    const streams = new RecordingStreams();
    const stdout = { ...streams.stdout, hasColors: () => true, columns: 120 };
    const output = createOutput({ ...streams, stdout }, false);
    expect(output.style('bad', 'red')).toBe(`${ESCAPE}[31mbad${ESCAPE}[0m`);
    expect(output.columns).toBe(120);
  });

  it('leave text alone where nobody sees colours, or wants none', () => {
    const streams = new RecordingStreams();
    const plain = createOutput(streams, false);
    expect([plain.style('bad', 'red'), plain.columns]).toEqual(['bad', 80]);
    const stdout = { ...streams.stdout, hasColors: () => false };
    expect(createOutput({ ...streams, stdout }, false).style('bad', 'red')).toBe('bad');
  });

  it('follow the words to stderr in JSON mode', () => {
    const streams = new RecordingStreams();
    const stdout = { ...streams.stdout, hasColors: () => true };
    expect(createOutput({ ...streams, stdout }, true).style('bad', 'red')).toBe('bad');
  });
});

describe('progress', () => {
  it('redraws one line on a terminal', () => {
    const streams = new RecordingStreams({ isTTY: true });
    const bar = createOutput(streams, false).progress('to the stream', 200);
    bar.update(0);
    streams.nowMs += 100;
    bar.update(100);
    streams.nowMs += 100;
    bar.update(200);
    bar.stop();
    bar.stop();
    expect(streams.stderrText.split('\n')).toHaveLength(2);
    expect(streams.stderrText).toContain('100 of 200');
    expect(streams.stderrText.trimEnd()).toMatch(/100 % {2}200 of 200 {2}1,000\/s/);
  });

  it('writes a line per quarter into a log', () => {
    const streams = new RecordingStreams();
    const bar = createOutput(streams, false).progress('to the stream', 1000);
    for (let done = 0; done <= 1000; done += 10) {
      streams.nowMs += 1;
      bar.update(done);
    }
    bar.stop();
    expect(streams.stderrText.trimEnd().split('\n')).toHaveLength(4);
  });
});

describe('progress towards an estimate', () => {
  it('ends with the count alone: a wrong guess must not look like a loss', () => {
    const streams = new RecordingStreams();
    const bar = createOutput(streams, false).progress('to trade', 69, { estimated: true });
    bar.update(50);
    streams.nowMs += 1000;
    bar.stop();
    const [first, last] = streams.stderrText.trimEnd().split('\n');
    expect(first).toContain('50 of about 69');
    expect(last).toMatch(/^to trade +50 {2}50\/s$/);
  });
});

describe('formatTable', () => {
  it('pads columns and aligns numbers to the right', () => {
    expect(
      formatTable(
        ['name', 'rows'],
        [
          ['trade', '5'],
          ['x', '12345'],
        ],
        [1],
      ),
    ).toBe('name    rows\n─────  ─────\ntrade      5\nx      12345\n');
  });
});
