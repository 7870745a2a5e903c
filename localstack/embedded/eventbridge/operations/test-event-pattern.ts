import { parseEventPattern } from '../event-pattern.ts';
import { invalidPattern, validationError } from '../eventbridge-error.ts';
import { PatternError } from '../pattern-error.ts';
import { type Input, optionalText } from './request-members.ts';

const REQUIRED = ['id', 'account', 'source', 'time', 'region', 'resources', 'detail-type'];

export function testEventPattern(input: Input): unknown {
  const matcher = readPattern(optionalText(input, 'EventPattern') ?? '');
  let event: unknown;
  try {
    event = JSON.parse(optionalText(input, 'Event') ?? '');
  } catch {
    throw validationError('Parameter Event is not valid.');
  }
  const missing = REQUIRED.filter((name) => (event as Input | null)?.[name] === undefined);
  if (missing.length > 0) {
    throw validationError(`Parameter Event is not valid: ${missing.join(', ')} missing.`);
  }
  return { Result: matcher(event) };
}

/** Throws InvalidEventPatternException. */
export function readPattern(text: string): (event: unknown) => boolean {
  try {
    return parseEventPattern(text);
  } catch (error) {
    if (error instanceof PatternError) throw invalidPattern(error.message);
    throw error;
  }
}
