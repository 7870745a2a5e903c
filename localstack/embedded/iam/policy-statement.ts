import type { NamedPolicy, PolicyDocument, Principal } from '#embedded/services.ts';
import { type Condition, conditionHolds } from './condition.ts';
import { type ContextValues, matchesPattern } from './match-pattern.ts';

/** A statement of a policy with its single values made lists. */
export interface Statement {
  readonly policy: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Whom a resource's or role's own policy speaks of; null in a role's policies. */
  readonly principals: Principals | null;
  readonly conditions: readonly Condition[];
}

interface Principals {
  readonly everyone: boolean;
  readonly aws: readonly string[];
  readonly services: readonly string[];
}

export interface StatementRequest {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  readonly context: ContextValues;
}

/** Statements of a policy in their order. */
export function readStatements(policy: NamedPolicy): readonly Statement[] {
  return policy.document.Statement.map((statement) => ({
    policy: policy.name,
    effect: statement.Effect,
    actions: listOf(statement.Action),
    resources: listOf(statement.Resource),
    principals: statement.Principal === undefined ? null : readPrincipals(statement.Principal),
    conditions: Object.entries(statement.Condition ?? {}).flatMap(([operator, block]) =>
      Object.entries(block).map(([key, values]) => ({ operator, key, values: listOf(values) })),
    ),
  }));
}

function readPrincipals(
  principal: NonNullable<PolicyDocument['Statement'][number]['Principal']>,
): Principals {
  if (principal === '*') return { everyone: true, aws: [], services: [] };
  const aws = listOf(principal.AWS);
  return { everyone: aws.includes('*'), aws, services: listOf(principal.Service) };
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/**
 * The pattern of the statement's resources that the request falls under, or null when the statement does not
 * speak of it. Action names are compared without case. Source: IAM JSON policy elements reference.
 */
export function matchStatement(statement: Statement, request: StatementRequest): string | null {
  const { context, resource } = request;
  const action = request.action.toLowerCase();
  const speaksOfIt =
    statement.actions.some((each) => matchesPattern(each.toLowerCase(), action, context)) &&
    (statement.principals === null || namesPrincipal(statement.principals, request.principal)) &&
    statement.conditions.every((condition) => conditionHolds(condition, context));
  if (!speaksOfIt) return null;
  return statement.resources.find((each) => matchesPattern(each, resource, context)) ?? null;
}

function namesPrincipal(principals: Principals, principal: Principal): boolean {
  if (principals.everyone) return true;
  switch (principal.kind) {
    case 'service':
      return principals.services.includes(principal.service);
    case 'role':
      return principals.aws.includes(principal.roleArn) || principals.aws.includes(principal.arn);
    case 'administrator':
      return principals.aws.includes(principal.arn);
  }
}
