/** Values of condition keys, by lower-case name: IAM compares key names without case. */
export type ContextValues = ReadonlyMap<string, string>;

const VARIABLE = /\$\{([^}]*)\}/g;
const PARTS = /(\$\{[^}]*\}|\*|\?)/;
/** `${*}`, `${?}` and `${$}` mean the character itself. */
const ESCAPED_CHARACTERS = new Set(['*', '?', '$']);

/** Names of the policy variables in a text: `aws:PrincipalArn` of `${aws:PrincipalArn}`. */
export function variablesOf(text: string): readonly string[] {
  return [...text.matchAll(VARIABLE)]
    .map(([, name = '']) => name)
    .filter((name) => !ESCAPED_CHARACTERS.has(name));
}

/** A text with its policy variables filled in, for comparisons without wildcards; null when one has no value. */
export function fillVariables(text: string, context: ContextValues): string | null {
  let isComplete = true;
  const filled = text.replace(VARIABLE, (_, name: string) => {
    const value = variableValue(name, context);
    if (value === null) isComplete = false;
    return value ?? '';
  });
  return isComplete ? filled : null;
}

/**
 * True when a text fits a policy's pattern: `*` is any characters, `?` any one, a variable its value, in which
 * wildcards mean nothing. Case counts. Source: IAM user guide, "Policy elements: Variables and tags", "Resource".
 */
export function matchesPattern(pattern: string, text: string, context: ContextValues): boolean {
  if (!PARTS.test(pattern)) return pattern === text;
  let source = '';
  for (const part of pattern.split(PARTS)) {
    if (part === '*') source += '.*';
    else if (part === '?') source += '.';
    else if (part.startsWith('${')) {
      const value = variableValue(part.slice(2, -1), context);
      if (value === null) return false;
      source += escapePattern(value);
    } else source += escapePattern(part);
  }
  return new RegExp(`^${source}$`, 's').test(text);
}

function variableValue(name: string, context: ContextValues): string | null {
  return ESCAPED_CHARACTERS.has(name) ? name : (context.get(name.toLowerCase()) ?? null);
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
