import { parseArgs } from 'node:util';
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

/** Strict: an unknown option or a missing value throws USAGE with the command's own words. */
export function parseCommandLine(
  command: Command,
  args: readonly string[],
): Pick<CommandContext, 'options' | 'positionals'> {
  const options = { ...command.options, ...COMMON_OPTIONS } as Readonly<
    Record<string, CommandOption>
  >;
  const config = Object.fromEntries(
    Object.entries(options).map(([name, { type, multiple, short }]) => [
      name,
      {
        type,
        ...(multiple === true ? { multiple } : {}),
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: config,
      allowPositionals: true,
      strict: true,
    });
    const { min, max } = command.positionals ?? { min: 0, max: 0 };
    const helpWanted = values['help'] === true;
    if (!helpWanted && (positionals.length < min || positionals.length > max)) {
      throw new Error(
        `expected ${min === max ? min : `${min} to ${max}`} arguments, got ${positionals.length}`,
      );
    }
    return { options: values as CommandContext['options'], positionals };
  } catch (error) {
    throw usageError(command, error instanceof Error ? error.message : String(error));
  }
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
