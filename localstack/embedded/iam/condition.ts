import { type ContextValues, fillVariables, matchesPattern } from './match-pattern.ts';

/** One line of a Condition block: any of the values has to fit. */
export interface Condition {
  readonly operator: string;
  /** As the policy writes it. */
  readonly key: string;
  readonly values: readonly string[];
}

type Comparison = (actual: string, expected: string, context: ContextValues) => boolean;

const isEqual: Comparison = (actual, expected, context) =>
  fillVariables(expected, context) === actual;
const isLike: Comparison = (actual, expected, context) => matchesPattern(expected, actual, context);
const isSameBoolean: Comparison = (actual, expected) => actual === expected.toLowerCase();

/**
 * `negated`: holds when none of the values fits, and when the request does not have the key. `holdsWithoutKey`: as the second.
 * Source: IAM JSON policy elements, "Condition operators".
 */
const OPERATORS: Readonly<
  Record<
    string,
    { readonly fits: Comparison; readonly negated?: true; readonly holdsWithoutKey?: true }
  >
> = {
  StringEquals: { fits: isEqual },
  StringNotEquals: { fits: isEqual, negated: true },
  StringLike: { fits: isLike },
  StringNotLike: { fits: isLike, negated: true },
  // ArnEquals takes wildcards too; the two behave identically.
  ArnEquals: { fits: isLike },
  ArnLike: { fits: isLike },
  Bool: { fits: isSameBoolean },
  // Calls in the local cloud carry one value of a key at a time.
  'ForAllValues:StringEquals': { fits: isEqual, holdsWithoutKey: true },
  NumericLessThan: { fits: (actual, expected) => Number(actual) < Number(expected) },
};

/**
 * The keys that calls in the local cloud carry. A condition on any other one would hold, or not, for the wrong
 * reason, so policies that use others are refused at deployment.
 */
const KEYS = [
  'aws:PrincipalAccount',
  'aws:PrincipalArn',
  'aws:SecureTransport',
  'aws:SourceAccount',
  'aws:SourceArn',
  'dynamodb:LeadingKeys',
  'kms:ViaService',
  's3:TlsVersion',
  's3:prefix',
];
const KNOWN_KEYS = new Set(KEYS.map((key) => key.toLowerCase()));

/** What the local cloud cannot evaluate, or null. */
export function unknownOperator(operator: string): string | null {
  if (Object.hasOwn(OPERATORS, operator)) return null;
  return `expected a condition operator the local cloud evaluates (${Object.keys(OPERATORS).join(', ')})`;
}

/** What the local cloud cannot evaluate, or null; for condition keys and policy variables. */
export function unknownKey(key: string): string | null {
  if (KNOWN_KEYS.has(key.toLowerCase())) return null;
  return `expected a condition key that calls in the local cloud carry (${KEYS.join(', ')})`;
}

/** Throws for an operator that `unknownOperator` names. */
export function conditionHolds(condition: Condition, context: ContextValues): boolean {
  const operator = OPERATORS[condition.operator];
  if (operator === undefined) throw new Error(`condition operator ${condition.operator}`);
  const actual = context.get(condition.key.toLowerCase());
  if (actual === undefined) return operator.negated === true || operator.holdsWithoutKey === true;
  const fits = condition.values.some((expected) => operator.fits(actual, expected, context));
  return operator.negated === true ? !fits : fits;
}
