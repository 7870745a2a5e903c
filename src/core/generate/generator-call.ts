import { SluiceError } from '../errors.ts';

/** A parsed generator such as `walk(100, 0.02)` or `choice(NYSE, 'New York')`. */
export type GeneratorCall =
  | { readonly kind: 'number'; readonly name: NumberGenerator; readonly args: readonly number[] }
  | { readonly kind: 'text'; readonly name: TextGenerator; readonly args: readonly string[] };

export type NumberGenerator = 'walk' | 'zipf' | 'uniform' | 'normal' | 'lognormal' | 'sequence';
export type TextGenerator = 'choice' | 'constant';

/** Most values of zipf and choice: each takes memory. */
const MAX_VALUES = 1_000_000;
const MAX_CHOICES = 1_000;

interface NumberRule {
  readonly usage: string;
  readonly args: number;
  /** What the numbers must fulfil beyond being numbers, in words, and whether they do. */
  readonly limit: string;
  readonly fits: (args: readonly number[]) => boolean;
}

const NUMBER_GENERATORS: Readonly<Record<NumberGenerator, NumberRule>> = {
  walk: {
    usage: 'walk(start, volatility)',
    args: 2,
    limit: 'with 0 <= volatility <= 10',
    fits: ([, volatility = 0]) => volatility >= 0 && volatility <= 10,
  },
  zipf: {
    usage: 'zipf(number of values)',
    args: 1,
    limit: `with a whole number from 1 to ${MAX_VALUES}`,
    fits: ([count = 0]) => Number.isInteger(count) && count >= 1 && count <= MAX_VALUES,
  },
  uniform: {
    usage: 'uniform(from, to)',
    args: 2,
    limit: 'with from <= to',
    fits: ([from = 0, to = 0]) => from <= to,
  },
  normal: {
    usage: 'normal(mean, standard deviation)',
    args: 2,
    limit: 'with a standard deviation of at least 0',
    fits: ([, deviation = 0]) => deviation >= 0,
  },
  lognormal: {
    usage: 'lognormal(median, sigma)',
    args: 2,
    limit: 'with 0 <= sigma <= 10',
    fits: ([, sigma = 0]) => sigma >= 0 && sigma <= 10,
  },
  sequence: {
    usage: 'sequence(start)',
    args: 1,
    limit: 'with a whole number',
    fits: ([start = 0]) => Number.isSafeInteger(start),
  },
};

const TEXT_GENERATORS: Readonly<Record<TextGenerator, { usage: string; maxArgs: number }>> = {
  choice: { usage: 'choice(a, b, …)', maxArgs: MAX_CHOICES },
  constant: { usage: 'constant(value)', maxArgs: 1 },
};

const CALL = /^\s*([a-z]+)\s*\((.*)\)\s*$/s;
/** One argument: quoted (quotes of the other kind may stand inside) or bare, up to a comma or the end. */
const ARGUMENT = /\s*(?:'([^']*)'|"([^"]*)"|([^,'"]*?))\s*(,|$)/y;

/** Parses a generator call. Throws CONFIG_INVALID naming the generators that exist, or the one's usage. */
export function parseGeneratorCall(text: string): GeneratorCall {
  const match = CALL.exec(text);
  const name = match?.[1] ?? '';
  const args = match === null ? null : splitArguments(match[2] ?? '');
  if (isTextGenerator(name)) return parseTextCall(name, args, text);
  if (isNumberGenerator(name)) return parseNumberCall(name, args, text);
  const rules = [...Object.values(NUMBER_GENERATORS), ...Object.values(TEXT_GENERATORS)];
  throw invalid(`one of ${rules.map(({ usage }) => usage).join(', ')}`, text);
}

function parseTextCall(
  name: TextGenerator,
  args: readonly string[] | null,
  text: string,
): GeneratorCall {
  const { usage, maxArgs } = TEXT_GENERATORS[name];
  if (args === null || args.length > maxArgs || args.includes('')) throw invalid(usage, text);
  return { kind: 'text', name, args };
}

function parseNumberCall(
  name: NumberGenerator,
  args: readonly string[] | null,
  text: string,
): GeneratorCall {
  const rule = NUMBER_GENERATORS[name];
  const numbers = (args ?? []).map((arg) => (arg === '' ? Number.NaN : Number(arg)));
  const valid =
    numbers.length === rule.args && numbers.every(Number.isFinite) && rule.fits(numbers);
  if (!valid) throw invalid(`${rule.usage} ${rule.limit}`, text);
  return { kind: 'number', name, args: numbers };
}

/** Null when a quote is not closed. */
function splitArguments(text: string): readonly string[] | null {
  const args: string[] = [];
  ARGUMENT.lastIndex = 0;
  for (;;) {
    const match = ARGUMENT.exec(text);
    if (match === null) return null;
    args.push(match[1] ?? match[2] ?? match[3] ?? '');
    if (match[4] === '') return args;
  }
}

function isTextGenerator(name: string): name is TextGenerator {
  return Object.hasOwn(TEXT_GENERATORS, name);
}

function isNumberGenerator(name: string): name is NumberGenerator {
  return Object.hasOwn(NUMBER_GENERATORS, name);
}

function invalid(expected: string, text: string): SluiceError {
  return new SluiceError('CONFIG_INVALID', `generator: expected ${expected}, got "${text}"`);
}
