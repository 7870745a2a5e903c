import { SluiceError } from '../errors.ts';

/** A parsed generator such as `walk(100, 0.02)` or `choice(NYSE, NASDAQ)`. */
export interface GeneratorCall {
  readonly name: GeneratorName;
  readonly args: readonly string[];
}

/** Arguments: numbers unless the generator takes words. */
const GENERATORS = {
  walk: { min: 2, max: 2, numbers: true, usage: 'walk(start, volatility)' },
  zipf: { min: 1, max: 1, numbers: true, usage: 'zipf(number of values)' },
  uniform: { min: 2, max: 2, numbers: true, usage: 'uniform(from, to)' },
  normal: { min: 2, max: 2, numbers: true, usage: 'normal(mean, standard deviation)' },
  lognormal: { min: 2, max: 2, numbers: true, usage: 'lognormal(median, sigma)' },
  choice: { min: 1, max: 1000, numbers: false, usage: 'choice(a, b, …)' },
  constant: { min: 1, max: 1, numbers: false, usage: 'constant(value)' },
} as const;

export type GeneratorName = keyof typeof GENERATORS;

/** Throws CONFIG_INVALID naming the generators that exist. */
export function parseGeneratorCall(text: string): GeneratorCall {
  const match = /^\s*([a-z]+)\s*\((.*)\)\s*$/s.exec(text);
  const name = match?.[1] ?? '';
  if (match === null || !Object.hasOwn(GENERATORS, name)) {
    const usages = Object.values(GENERATORS).map(({ usage }) => usage);
    throw new SluiceError(
      'CONFIG_INVALID',
      `generator: expected one of ${usages.join(', ')}, got "${text}"`,
    );
  }
  const rule = GENERATORS[name as GeneratorName];
  const args = (match[2] ?? '')
    .split(',')
    .map((part) => part.trim().replace(/^(['"])(.*)\1$/, '$2'));
  const wrong = args.find((arg) => arg === '' || (rule.numbers && !Number.isFinite(Number(arg))));
  if (wrong !== undefined || args.length < rule.min || args.length > rule.max) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `generator: expected ${rule.usage}${rule.numbers ? ' with numbers' : ''}, got "${text}"`,
    );
  }
  return { name: name as GeneratorName, args };
}
