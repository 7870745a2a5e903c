import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { describeFailure } from '#cli/failure.ts';
import { SluiceError } from '#core/errors.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('describeFailure', () => {
  it('gives a wrong call the status 2 and everything else 1', () => {
    expect(describeFailure(new SluiceError('USAGE', 'wrong')).status).toBe(2);
    expect(describeFailure(new SluiceError('QUERY_FAILED', 'no')).status).toBe(1);
    expect(describeFailure(new Error('bug')).status).toBe(1);
  });

  it('says what the operating system refuses, with the path and no stack', () => {
    const file = path.join(folder, 'file');
    const text = describeFailure(failureOf(() => writeFileSync(path.join(folder), ''))).text;
    expect(text).toContain(`EISDIR: ${folder}: the path is a folder; expected a file`);
    writeFileSync(file, '');
    const below = path.join(file, 'below');
    const failure = describeFailure(failureOf(() => writeFileSync(below, '')));
    expect(failure).toMatchObject({ code: 'ENOTDIR', status: 1 });
    expect(failure.text).toContain(below);
    expect(failure.text).not.toContain('    at ');
  });

  it('shows the stack of a bug on stderr and its message alone in JSON', () => {
    const failure = describeFailure(new TypeError('x is not a function'));
    expect(failure).toMatchObject({ code: 'UNEXPECTED', message: 'x is not a function' });
    expect(failure.text).toContain('    at ');
  });

  it('takes anything that is thrown', () => {
    expect(describeFailure('words').message).toBe('words');
    expect(describeFailure(undefined).code).toBe('UNEXPECTED');
  });
});

function failureOf(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}
