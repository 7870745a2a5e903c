import type { StreamInput } from '../model/domain-model.ts';
import type { QualityRule } from '../project.ts';
import { quote } from '../source/config-issue.ts';
import { reportExpression, type StreamScope } from './stream-scope.ts';

type RuleInput = NonNullable<StreamInput['quality']>[number];

/** Quality rules with unique names; `_flags` joins them with commas, which names do not hold. */
export function resolveQuality(
  inputs: readonly RuleInput[],
  scope: StreamScope,
): readonly QualityRule[] {
  const seen = new Set<string>();
  return inputs.map((input, index) => {
    const path = [...scope.path, 'quality', index];
    const name = input.name ?? ruleName(input.rule);
    if (seen.has(name)) {
      scope.report.at(
        path,
        `expected a rule name of its own, got ${quote(name)} again; set "name"`,
      );
    }
    seen.add(name);
    reportExpression(input.rule, [...path, 'rule'], { scope, expect: 'boolean', column: null });
    return { name, rule: input.rule, onFail: input.on_fail };
  });
}

const OPERATOR_WORDS: readonly (readonly [string, string])[] = [
  ['<=', 'at_most'],
  ['>=', 'at_least'],
  ['<>', 'not'],
  ['!=', 'not'],
  ['<', 'below'],
  ['>', 'above'],
  ['==', 'is'],
  ['=', 'is'],
  ['+', 'plus'],
  ['-', 'minus'],
  ['*', 'times'],
  ['/', 'per'],
  ['%', 'modulo'],
];

const MAX_DERIVED_NAME = 60;

/** `price > 0` becomes `price_above_0`: readable where the rule's text would need quotes. */
export function ruleName(rule: string): string {
  const spelled = OPERATOR_WORDS.reduce(
    (text, [operator, word]) => text.replaceAll(operator, ` ${word} `),
    rule.toLowerCase(),
  );
  const words = spelled.split(/[^a-z0-9]+/).filter((word) => word !== '');
  return words.join('_').slice(0, MAX_DERIVED_NAME).replace(/_$/, '') || 'rule';
}
