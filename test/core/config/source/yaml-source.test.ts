import { describe, expect, it } from 'vitest';
import { formatIssue } from '#core/config/source/config-issue.ts';
import { readYaml } from '#core/config/source/yaml-source.ts';

function sourceOf(text: string) {
  const { source } = readYaml('x.yaml', text);
  if (source === null) throw new Error('expected a mapping');
  return source;
}

describe('readYaml', () => {
  const source = sourceOf('# comment\na:\n  - b: 1\n    c: two\n');

  it('tells the place of a value and of a key', () => {
    expect(formatIssue(source.issueAt(['a', 0, 'c'], 'wrong'))).toBe('x.yaml:4:8 a[0].c: wrong');
    expect(formatIssue(source.issueAtKey(['a', 0, 'c'], 'wrong'))).toBe('x.yaml:4:5 a[0].c: wrong');
  });

  it('blames a missing entry on its nearest parent', () => {
    expect(formatIssue(source.issueAt(['a', 0, 'd', 'e'], 'missing'))).toBe(
      'x.yaml:3:5 a[0].d.e: missing',
    );
    expect(formatIssue(source.issueAt(['z'], 'missing'))).toBe('x.yaml:1:1 z: missing');
  });

  it('counts lines over CRLF and a byte order mark', () => {
    const windows = sourceOf('\uFEFFa: 1\r\nb: 2\r\n');
    expect(formatIssue(windows.issueAt(['b'], 'wrong'))).toBe('x.yaml:2:4 b: wrong');
  });

  it('reads the YAML 1.2 core schema: yes, on and dates are text', () => {
    expect({ ...sourceOf('a: yes\nb: on\nc: 2026-01-31\nd: true\ne: 0x10\nf: ~\n').value }).toEqual(
      {
        a: 'yes',
        b: 'on',
        c: '2026-01-31',
        d: true,
        e: 16,
        f: null,
      },
    );
  });

  it('takes plain numbers and booleans as keys by their text', () => {
    expect({ ...sourceOf('1: a\ntrue: b\n').value }).toEqual({ '1': 'a', true: 'b' });
  });

  it('gives mappings without a prototype', () => {
    expect(Object.getPrototypeOf(source.value)).toBeNull();
  });

  it('reports a few of the many errors that one open bracket makes', () => {
    const text = `a: [\n${'  b:\n    c: 1\n'.repeat(20)}`;
    expect(readYaml('x.yaml', text).issues).toHaveLength(3);
  });

  it('reports an unknown tag instead of guessing', () => {
    const { issues } = readYaml('x.yaml', 'a: !secret b\n');
    expect(issues.map(formatIssue)).toEqual([
      'x.yaml:1:4: not valid YAML: unresolved tag: !secret',
    ]);
  });

  it('quotes keys of a path that are not plain words', () => {
    expect(formatIssue(source.issueAt(['a b', 'c"d'], 'wrong'))).toBe(
      'x.yaml:1:1 ["a b"]["c\\"d"]: wrong',
    );
  });
});
