import { AwsError } from '#embedded/gateway/json-protocol.ts';

const MAX_LEVELS = 15;
const MAX_LENGTH = 1011;

/** Throws for a name that cannot be given to a parameter. Source: Systems Manager API reference, PutParameter, Name. */
export function checkNewName(name: string): void {
  if (name.length > MAX_LENGTH || !/^[\w./-]+$/.test(name)) {
    throw invalid(
      'Parameter name: can\'t be prefixed with "ssm" (case-insensitive) and can only include letters, digits and the symbols . - _ in up to 1011 characters.',
    );
  }
  if (name.includes('/') && !name.startsWith('/')) {
    throw invalid('Parameter name must be a fully qualified name.');
  }
  if (name.endsWith('/') || name.includes('//')) {
    throw invalid('Parameter name must not have empty levels.');
  }
  if (/^\/?(?:aws|ssm)/i.test(name)) {
    throw new AwsError('AccessDeniedException', `No access to reserved parameter name: ${name}.`);
  }
  if (name.split('/').length - 1 > MAX_LEVELS) {
    throw new AwsError(
      'HierarchyLevelLimitExceededException',
      `Hierarchies can have at most ${MAX_LEVELS} levels.`,
    );
  }
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

/** `name`, `name:3`, or an ARN of either; what follows the colon selects a version. */
export function splitSelector(written: string): {
  readonly name: string;
  readonly selector: string | null;
} {
  const path = /^arn:[^:]*:ssm:[^:]*:\d{12}:parameter\/(.+)$/.exec(written)?.[1];
  // A name of several levels begins with the slash that the ARN has before any name.
  const text = path === undefined ? written : path.includes('/') ? `/${path}` : path;
  const colon = text.indexOf(':');
  if (colon === -1) return { name: text, selector: null };
  return { name: text.slice(0, colon), selector: text.slice(colon) };
}
