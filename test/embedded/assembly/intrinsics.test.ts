import { describe, expect, it } from 'vitest';
import {
  evaluateCondition,
  NO_VALUE,
  resolveValue,
  type Scope,
  UNRESOLVED,
} from '#embedded/assembly/intrinsics.ts';

function createScope(): Scope & { readonly reports: string[] } {
  const reports: string[] = [];
  const names: Record<string, unknown> = {
    Bucket: 'the-bucket',
    'AWS::Region': 'us-east-1',
    'AWS::NoValue': NO_VALUE,
    List: ['a', 'b'],
    Broken: UNRESOLVED,
  };
  return {
    reports,
    region: 'us-east-1',
    reference: (name) => names[name] ?? UNRESOLVED,
    attribute: (logicalId, name) => `${logicalId}:${name}`,
    condition: (name) => name === 'Yes',
    exported: (name) => `export of ${name}`,
    stackOutput: (stack, output) => `${stack}/${output}`,
    report: (where, message) => reports.push(`${where}: ${message}`),
  };
}

const resolve = (value: unknown) => resolveValue(value, createScope(), 'app/Thing');

function problemsOf(value: unknown): readonly string[] {
  const scope = createScope();
  expect(resolveValue(value, scope, 'app/Thing')).not.toBe(value);
  return scope.reports;
}

describe('resolveValue', () => {
  it.each([
    ['plain values as they are', { a: [1, true, null, 'x'] }, { a: [1, true, null, 'x'] }],
    ['Ref', { Ref: 'Bucket' }, 'the-bucket'],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Bucket', 'Arn'] }, 'Bucket:Arn'],
    ['Fn::GetAtt as a text', { 'Fn::GetAtt': 'Table.Stream.Arn' }, 'Table:Stream.Arn'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Bucket' }, 1]] }, 'a-the-bucket-1'],
    [
      'Fn::Sub with references',
      { 'Fn::Sub': `\${Bucket}.\${AWS::Region}` },
      'the-bucket.us-east-1',
    ],
    ['Fn::Sub with an attribute', { 'Fn::Sub': `\${Bucket.Arn}/*` }, 'Bucket:Arn/*'],
    [
      'Fn::Sub with variables',
      { 'Fn::Sub': [`\${x}-\${x}`, { x: { Ref: 'Bucket' } }] },
      'the-bucket-the-bucket',
    ],
    ['Fn::Sub with a literal', { 'Fn::Sub': `\${!Kept} $HOME` }, `\${Kept} $HOME`],
    ['Fn::Select', { 'Fn::Select': ['1', ['a', 'b']] }, 'b'],
    ['Fn::Split', { 'Fn::Split': ['-', { Ref: 'Bucket' }] }, ['the', 'bucket']],
    ['Fn::Select of a split', { 'Fn::Select': [0, { 'Fn::Split': ['-', 'x-y'] }] }, 'x'],
    ['Fn::If that holds', { 'Fn::If': ['Yes', 'a', 'b'] }, 'a'],
    ['Fn::If that does not', { 'Fn::If': ['No', 'a', { Ref: 'Bucket' }] }, 'the-bucket'],
    ['Fn::Base64', { 'Fn::Base64': 'hi' }, 'aGk='],
    [
      'Fn::ImportValue',
      { 'Fn::ImportValue': { 'Fn::Sub': `\${AWS::Region}:x` } },
      'export of us-east-1:x',
    ],
    ['Fn::GetStackOutput', { 'Fn::GetStackOutput': { StackName: 's', OutputName: 'o' } }, 's/o'],
  ])('resolves %s', (_name, value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });

  it('leaves a property out whose value is AWS::NoValue', () => {
    expect(resolve({ a: { Ref: 'AWS::NoValue' }, b: 1 })).toEqual({ b: 1 });
  });

  it('leaves a list element out that is AWS::NoValue', () => {
    expect(resolve([{ 'Fn::If': ['No', 'a', { Ref: 'AWS::NoValue' }] }, 'b'])).toEqual(['b']);
  });

  it.each([
    ['an unknown function', { 'Fn::Cidr': ['10.0.0.0/16', 2] }, /does not know .* Fn::Cidr/],
    ['a lookup in mappings', { 'Fn::FindInMap': ['a', 'b', 'c'] }, /Fn::FindInMap/],
    ['a function beside other keys', { 'Fn::Join': ['', []], other: 1 }, /beside other keys/],
    ['Ref without a name', { Ref: 1 }, /Ref: expected a name/],
    ['Fn::GetAtt without an attribute', { 'Fn::GetAtt': ['Bucket'] }, /Fn::GetAtt: expected/],
    ['Fn::Join without a list', { 'Fn::Join': [',', 'x'] }, /Fn::Join: expected/],
    [
      'Fn::Join of a structure',
      { 'Fn::Join': [',', [{ a: 1 }]] },
      /expected a text, got \{"a":1\}/,
    ],
    ['Fn::Select beyond the list', { 'Fn::Select': [2, ['a']] }, /Fn::Select: expected/],
    ['Fn::Split without a delimiter', { 'Fn::Split': ['', 'a'] }, /Fn::Split: expected/],
    ['Fn::If without a second value', { 'Fn::If': ['Yes', 'a'] }, /Fn::If: expected/],
    ['Fn::Sub of a list', { 'Fn::Sub': [['x']] }, /Fn::Sub: expected/],
    [
      'Fn::GetStackOutput of another region',
      { 'Fn::GetStackOutput': { StackName: 's', OutputName: 'o', Region: 'eu-west-1' } },
      /Fn::GetStackOutput: .* got Region eu-west-1/,
    ],
    [
      'Fn::GetStackOutput with an unknown key',
      { 'Fn::GetStackOutput': { StackName: 's', OutputName: 'o', RoleArn: 'r' } },
      /Fn::GetStackOutput: .* got RoleArn/,
    ],
  ])('reports %s with its place', (_name, value, expected) => {
    const reports = problemsOf({ Deep: [value] });
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatch(/^app\/Thing\.Deep\[0\]: /);
    expect(reports[0]).toMatch(expected);
  });

  it.each([
    ['Fn::Join', { 'Fn::Join': ['', ['a', { Ref: 'Broken' }]] }],
    ['Fn::Sub', { 'Fn::Sub': `x\${Broken}` }],
    ['Fn::Select', { 'Fn::Select': [0, { Ref: 'Broken' }] }],
    ['Fn::Split', { 'Fn::Split': ['-', { Ref: 'Broken' }] }],
    ['Fn::Base64', { 'Fn::Base64': { Ref: 'Broken' } }],
    ['Fn::ImportValue', { 'Fn::ImportValue': { Ref: 'Broken' } }],
  ])('stays silent in %s about what is reported elsewhere', (_name, value) => {
    const scope = createScope();
    expect(resolveValue(value, scope, 'app/Thing')).toBe(UNRESOLVED);
    expect(scope.reports).toEqual([]);
  });
});

describe('evaluateCondition', () => {
  const evaluate = (expression: unknown) => evaluateCondition(expression, createScope(), 'app/C');
  const yes = { Condition: 'Yes' };
  const no = { Condition: 'No' };

  it.each([
    [{ 'Fn::Equals': [{ Ref: 'Bucket' }, 'the-bucket'] }, true],
    [{ 'Fn::Equals': ['a', 'b'] }, false],
    [{ 'Fn::Not': [yes] }, false],
    [{ 'Fn::And': [yes, yes] }, true],
    [{ 'Fn::And': [yes, no] }, false],
    [{ 'Fn::Or': [no, yes] }, true],
    [{ 'Fn::Or': [no, { 'Fn::Not': [yes] }] }, false],
  ])('evaluates %j to %s', (expression, expected) => {
    expect(evaluate(expression)).toBe(expected);
  });

  it('reports an unknown function', () => {
    const scope = createScope();
    expect(evaluateCondition({ 'Fn::Contains': [[], 'a'] }, scope, 'app/C')).toBe(UNRESOLVED);
    expect(scope.reports[0]).toMatch(/condition function Fn::Contains/);
  });
});
