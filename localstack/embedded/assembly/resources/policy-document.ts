import { z } from 'zod';
import { unknownKey, unknownOperator } from '../../iam/condition.ts';
import { variablesOf } from '../../iam/match-pattern.ts';

/** Text in which every policy variable is one that calls in the local cloud carry. */
const policyText = z.string().superRefine((text, context) => {
  for (const name of variablesOf(text)) {
    const message = unknownKey(name);
    if (message !== null) context.addIssue({ code: 'custom', message, input: text });
  }
});
const action = z.string().regex(/^(\*|[a-z0-9-]+:[A-Za-z0-9*?]+)$/, {
  error: () => 'expected service:Operation',
});
const oneOrMore = <T extends z.ZodType>(item: T) => z.union([item, z.array(item).min(1)]);
/** CloudFormation takes numbers and booleans where IAM means their text. */
const conditionValue = z.union([
  policyText,
  z.number().transform(String),
  z.boolean().transform(String),
]);
const conditions = z
  .record(z.string(), z.record(z.string(), oneOrMore(conditionValue)))
  .superRefine((block, context) => {
    for (const [operator, keys] of Object.entries(block)) {
      const wrongOperator = unknownOperator(operator);
      if (wrongOperator !== null) {
        context.addIssue({ code: 'custom', message: wrongOperator, path: [operator], input: keys });
        continue;
      }
      for (const [key, values] of Object.entries(keys)) {
        const message = unknownKey(key);
        const path = [operator, key];
        if (message !== null) context.addIssue({ code: 'custom', message, path, input: values });
      }
    }
  });
const principal = z.union([
  z.literal('*'),
  z.strictObject({
    AWS: oneOrMore(z.string()).optional(),
    Service: oneOrMore(z.string()).optional(),
  }),
]);

/** NotAction, NotResource and NotPrincipal are left out on purpose: they are refused like any unknown property. */
const statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMore(action),
  Condition: conditions.optional(),
});

function document<T extends z.ZodType>(statementSchema: T) {
  return z.strictObject({ Version: z.literal('2012-10-17'), Statement: z.array(statementSchema) });
}

const resources = oneOrMore(policyText);

/** What a role may do. */
export const identityPolicy = document(statement.extend({ Resource: resources }));

/** Who may take a role. */
export const trustPolicy = document(statement.extend({ Principal: principal }));

/** Who may do what with a resource: policy of a bucket, topic … */
export const resourcePolicy = document(
  statement.extend({ Principal: principal, Resource: resources }),
);

/** A policy of any of these kinds, for resources on which it has no effect here. */
export const policyDocument = document(
  statement.extend({ Principal: principal.optional(), Resource: resources.optional() }),
);
