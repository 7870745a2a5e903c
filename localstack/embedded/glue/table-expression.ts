import { invalidInput } from './check-input.ts';

const MAX_EXPRESSION_LENGTH = 255;

/**
 * Predicate for `Expression` of GetTables: alternatives separated by `|`, each of name characters,
 * `.` (any one character) and `*` or `.*` (any characters), matched against the whole name.
 * Anything else of the regular expression syntax is refused: a client's pattern never reaches a
 * backtracking matcher. Source: AWS Glue API, GetTables.
 */
export function compileTableExpression(expression: string): (name: string) => boolean {
  if (expression.length > MAX_EXPRESSION_LENGTH || !/^[\p{L}\p{N}_ $.*|-]+$/u.test(expression)) {
    throw invalidInput(
      `Expression: the local cloud matches names, ".", "*" and "|" only, got "${expression.slice(0, MAX_EXPRESSION_LENGTH)}"`,
    );
  }
  const alternatives = expression.toLowerCase().split('|').map(parseGlob);
  return (name) => alternatives.some((glob) => matchesGlob(glob, [...name]));
}

type Step =
  | { readonly kind: 'one' }
  | { readonly kind: 'many' }
  | { readonly kind: 'exact'; readonly text: string };

function parseGlob(pattern: string): readonly Step[] {
  const steps: Step[] = [];
  for (const character of pattern.replaceAll('.*', '*')) {
    if (character === '*') steps.push({ kind: 'many' });
    else if (character === '.') steps.push({ kind: 'one' });
    else steps.push({ kind: 'exact', text: character });
  }
  return steps;
}

/** Linear memory, at most steps × characters: keeps the set of reachable steps per character. */
function matchesGlob(steps: readonly Step[], characters: readonly string[]): boolean {
  let reachable = skipMany(steps, new Set([0]));
  for (const character of characters) {
    const next = new Set<number>();
    for (const at of reachable) {
      const step = steps[at];
      if (step === undefined) continue;
      if (step.kind === 'many') next.add(at);
      else if (step.kind === 'one' || step.text === character) next.add(at + 1);
    }
    reachable = skipMany(steps, next);
  }
  return reachable.has(steps.length);
}

function skipMany(steps: readonly Step[], positions: Set<number>): Set<number> {
  for (const at of positions) {
    if (steps[at]?.kind === 'many') positions.add(at + 1);
  }
  return positions;
}
