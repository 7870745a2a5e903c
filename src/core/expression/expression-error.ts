import { SluiceError } from '../errors.ts';

/** Longest piece of expression text in a message. */
const MAX_QUOTED_LENGTH = 120;

/** EXPRESSION_INVALID at a 1-based column. */
export function invalidAt(column: number, problem: string): SluiceError {
  return new SluiceError('EXPRESSION_INVALID', problem, { context: { column } });
}

/** EXPRESSION_FAILED for one row; `text` is the expression, never a value of the row. */
export function failedAt(text: string, column: number, problem: string): SluiceError {
  const quoted = text.length > MAX_QUOTED_LENGTH ? `${text.slice(0, MAX_QUOTED_LENGTH)}…` : text;
  return new SluiceError(
    'EXPRESSION_FAILED',
    `expression "${quoted}", column ${column}: ${problem}`,
    {
      context: { column },
    },
  );
}
