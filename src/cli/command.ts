import { parseArgs } from 'node:util';
import { nearestName } from '#core/config/source/nearest-name.ts';
import { SluiceError } from '#core/errors.ts';
import type { Output } from './output.ts';

export interface CommandOption {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  readonly short?: string;
  /** Shown in the help: `<file>`. */
  readonly value?: string;
  readonly description: string;
}

export interface CommandContext {
  readonly root: string;
  readonly output: Output;
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly positionals: readonly string[];
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** After the command name: `"<statement>" [--json]`. */
  readonly usage: string;
  readonly options: Readonly<Record<string, CommandOption>>;
  readonly positionals?: { readonly min: number; readonly max: number };
  /** Returns the exit status. */
  run(context: CommandContext): Promise<number>;
}

export const COMMON_OPTIONS = {
  json: {
    type: 'boolean',
    description: 'one JSON object on the last line of stdout; everything else goes to stderr',
  },
  help: { type: 'boolean', short: 'h', description: 'this text' },
} as const satisfies Record<string, CommandOption>;

/** Strict: an unknown option, a missing value or a repeated option throws USAGE with the command's own words. */
export function parseCommandLine(
  command: Command,
  args: readonly string[],
): Pick<CommandContext, 'options' | 'positionals'> {
  const options: Readonly<Record<string, CommandOption>> = {
    ...command.options,
    ...COMMON_OPTIONS,
  };
  // Not strict: the parser's own sentences fit no command, so the tokens are judged here.
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(options).map(([name, { type, multiple = false, short }]) => [
        name,
        { type, multiple, ...(short === undefined ? {} : { short }) },
      ]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const problem = findOptionProblem(token, options, seen);
    if (problem !== null) throw usageError(command, problem);
    seen.add(token.name);
  }
  const { min, max } = command.positionals ?? { min: 0, max: 0 };
  const helpWanted = values['help'] === true;
  if (!helpWanted && (positionals.length < min || positionals.length > max)) {
    throw usageError(command, describeArguments(positionals, { min, max }));
  }
  return { options: values as CommandContext['options'], positionals };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function findOptionProblem(
  token: OptionToken,
  options: Readonly<Record<string, CommandOption>>,
  seen: ReadonlySet<string>,
): string | null {
  const { name, rawName, value } = token;
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) {
    const nearest = nearestName(name, Object.keys(options));
    const known = Object.keys(options).map((known) => `--${known}`);
    return `unknown option "${rawName}"; ${nearest === null ? `expected one of ${known.join(', ')}` : `did you mean "--${nearest}"?`}`;
  }
  if (seen.has(name) && option.multiple !== true) return `--${name} is given twice, expected once`;
  if (option.type === 'boolean') {
    return value === undefined ? null : `--${name} takes no value, got "${value}"`;
  }
  const wanted = `--${name} needs a value ${option.value ?? ''}`.trim();
  if (value === undefined || value === '') return wanted;
  // A hyphen alone is standard input, by custom.
  const looksLikeOption = token.inlineValue !== true && /^-./.test(value);
  return looksLikeOption ? `${wanted}, got "${value}"; write --${name}=${value} if meant` : null;
}

function describeArguments(
  positionals: readonly string[],
  { min, max }: { readonly min: number; readonly max: number },
): string {
  if (max === 0) return `expected no argument, got "${positionals[0]}"`;
  const wanted = min === max ? `${min}` : `${min} to ${max}`;
  const expected = `expected ${wanted} ${wanted === '1' ? 'argument' : 'arguments'}, got ${positionals.length}`;
  return positionals.length > max ? `${expected}; put one with spaces in quotes` : expected;
}

export function usageError(command: Command, problem: string): SluiceError {
  return new SluiceError(
    'USAGE',
    `sluice ${command.name}: ${problem}; usage: sluice ${command.name} ${command.usage}`,
  );
}

/** A string option, or undefined when it is absent. */
export function stringOption(
  context: Pick<CommandContext, 'options'>,
  name: string,
): string | undefined {
  const value = context.options[name];
  return typeof value === 'string' ? value : undefined;
}

/** Every value of a repeatable option. */
export function stringOptions(
  context: Pick<CommandContext, 'options'>,
  name: string,
): readonly string[] {
  const value = context.options[name];
  return Array.isArray(value) ? value : [];
}

export function booleanOption(context: Pick<CommandContext, 'options'>, name: string): boolean {
  return context.options[name] === true;
}

/** A whole number within bounds; throws USAGE naming value and bounds. */
export function integerOption(
  context: Pick<CommandContext, 'options'>,
  name: string,
  limits: { readonly default: number; readonly min: number; readonly max: number },
): number {
  const text = stringOption(context, name);
  if (text === undefined) return limits.default;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < limits.min || value > limits.max) {
    throw new SluiceError(
      'USAGE',
      `--${name}: expected a whole number from ${limits.min} to ${limits.max}, got "${text}"`,
    );
  }
  return value;
}
