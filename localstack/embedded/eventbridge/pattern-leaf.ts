import { BlockList, isIP } from 'node:net';
import { PatternError } from './pattern-error.ts';

/** Whether one of a field's values fits; there are none when the field is missing. */
export type LeafTest = (values: readonly unknown[]) => boolean;
type ValueTest = (value: unknown) => boolean;

/** Numbers that patterns may compare with. Source: EventBridge user guide, "Numeric matching". */
const MAX_NUMBER = 5_000_000_000;

/** One alternative of a leaf: a plain value or a comparison. Throws PatternError. */
export function parseLeaf(leaf: unknown, path: string): LeafTest {
  if (leaf === null || ['string', 'number', 'boolean'].includes(typeof leaf)) {
    return (values) => values.includes(leaf);
  }
  const [operator, operand] = onlyEntry(leaf, path);
  if (operator === 'exists') {
    if (typeof operand !== 'boolean')
      throw invalid(path, 'exists match pattern must be either true or false');
    return (values) => values.length > 0 === operand;
  }
  const test = parseComparison(operator, operand, path);
  return (values) => values.some(test);
}

function parseComparison(operator: string, operand: unknown, path: string): ValueTest {
  switch (operator) {
    case 'prefix':
      return affixTest(operand, path, (value, affix) => value.startsWith(affix));
    case 'suffix':
      return affixTest(operand, path, (value, affix) => value.endsWith(affix));
    case 'equals-ignore-case': {
      const expected = textOf(operand, path, operator).toLowerCase();
      return onText((value) => value.toLowerCase() === expected);
    }
    case 'wildcard':
      return onText(wildcardTest(textOf(operand, path, operator), path));
    case 'numeric':
      return numericTest(operand, path);
    case 'cidr':
      return cidrTest(textOf(operand, path, operator), path);
    case 'anything-but':
      return anythingButTest(operand, path);
    default:
      throw invalid(path, `Unrecognized match type ${operator}`);
  }
}

function affixTest(
  operand: unknown,
  path: string,
  fits: (value: string, affix: string) => boolean,
): ValueTest {
  if (typeof operand === 'string') return onText((value) => fits(value, operand));
  const [operator, affix] = onlyEntry(operand, path);
  if (operator !== 'equals-ignore-case') throw invalid(path, `Unrecognized match type ${operator}`);
  const expected = textOf(affix, path, operator).toLowerCase();
  return onText((value) => fits(value.toLowerCase(), expected));
}

/** `*` stands for any characters; `\\*` and `\\\\` for themselves. Linear in the length of the value. */
function wildcardTest(pattern: string, path: string): (value: string) => boolean {
  const literals = splitWildcards(pattern, path);
  const [first = '', ...rest] = literals;
  const last = rest.pop();
  if (last === undefined) return (value) => value === first;
  return (value) => {
    if (!value.startsWith(first)) return false;
    let position = first.length;
    for (const literal of rest) {
      const found = value.indexOf(literal, position);
      if (found < 0) return false;
      position = found + literal.length;
    }
    return value.length - last.length >= position && value.endsWith(last);
  };
}

/** The texts between the wildcards. */
function splitWildcards(pattern: string, path: string): readonly string[] {
  const literals = [''];
  for (let index = 0; index < pattern.length; index += 1) {
    let character = pattern[index] ?? '';
    if (character === '*') {
      if (pattern[index + 1] === '*') throw invalid(path, 'Consecutive wildcard characters');
      literals.push('');
      continue;
    }
    if (character === '\\') {
      index += 1;
      character = pattern[index] ?? '';
      const isEscapable = character === '*' || character === '\\';
      if (!isEscapable) throw invalid(path, 'Invalid escape character');
    }
    literals[literals.length - 1] += character;
  }
  return literals;
}

const COMPARISONS: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  '=': (value, limit) => value === limit,
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
};

function numericTest(operand: unknown, path: string): ValueTest {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) {
    throw invalid(path, 'Invalid numeric match: expected ["<", 10] or [">", 0, "<=", 10]');
  }
  const tests: ((value: number) => boolean)[] = [];
  for (let index = 0; index < operand.length; index += 2) {
    const operator: unknown = operand[index];
    const limit: unknown = operand[index + 1];
    const compare =
      typeof operator === 'string' && Object.hasOwn(COMPARISONS, operator)
        ? COMPARISONS[operator]
        : undefined;
    if (compare === undefined)
      throw invalid(path, `Unrecognized numeric range operator: ${String(operator)}`);
    if (typeof limit !== 'number' || Math.abs(limit) > MAX_NUMBER) {
      throw invalid(path, 'Value must be between -5.0E9 and 5.0E9, inclusive');
    }
    tests.push((value) => compare(value, limit));
  }
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
}

function cidrTest(range: string, path: string): ValueTest {
  const [address = '', bits, ...rest] = range.split('/');
  const version = isIP(address);
  const prefix = bits === undefined ? (version === 4 ? 32 : 128) : Number(bits);
  const isValid = rest.length === 0 && Number.isInteger(prefix) && prefix >= 0;
  if (version === 0 || !isValid || prefix > (version === 4 ? 32 : 128)) {
    throw invalid(path, `Malformed CIDR, expected 10.0.0.0/24, got ${range}`);
  }
  const addresses = new BlockList();
  addresses.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6');
  return onText((value) => {
    const valueVersion = isIP(value);
    return valueVersion === version && addresses.check(value, version === 4 ? 'ipv4' : 'ipv6');
  });
}

/** Holds for a value that is there and is none of these. */
function anythingButTest(operand: unknown, path: string): ValueTest {
  if (typeof operand === 'string' || typeof operand === 'number') {
    return (value) => value !== operand;
  }
  if (Array.isArray(operand)) {
    const isPlain = operand.every((each) => typeof each === 'string' || typeof each === 'number');
    if (operand.length === 0 || !isPlain)
      throw invalid(path, 'Inside anything-but list, expected strings or numbers');
    const excluded: readonly unknown[] = operand;
    return (value) => !excluded.includes(value);
  }
  const [operator, excluded] = onlyEntry(operand, path);
  if (!['prefix', 'suffix', 'equals-ignore-case', 'wildcard'].includes(operator)) {
    throw invalid(path, `Unsupported anything-but pattern: ${operator}`);
  }
  const list: readonly unknown[] = Array.isArray(excluded) ? excluded : [excluded];
  if (list.length === 0) throw invalid(path, 'Empty arrays are not allowed');
  const tests = list.map((each) => parseComparison(operator, each, path));
  return (value) => !tests.some((test) => test(value));
}

function onText(test: (value: string) => boolean): ValueTest {
  return (value) => typeof value === 'string' && test(value);
}

function textOf(operand: unknown, path: string, operator: string): string {
  if (typeof operand === 'string') return operand;
  throw invalid(path, `${operator} match pattern must be a string`);
}

function onlyEntry(value: unknown, path: string): readonly [string, unknown] {
  const isObject = value !== null && typeof value === 'object' && !Array.isArray(value);
  const entries = isObject ? Object.entries(value) : [];
  const [entry] = entries;
  if (entry !== undefined && entries.length === 1) return entry;
  throw invalid(
    path,
    'Match value must be String, number, true, false, or null, or an object with one comparison',
  );
}

function invalid(path: string, reason: string): PatternError {
  return new PatternError(`"${path}": ${reason}`);
}
