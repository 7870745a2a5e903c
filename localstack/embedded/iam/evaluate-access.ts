import { matchStatement, type Statement, type StatementRequest } from './policy-statement.ts';

/** Whose policy a statement belongs to. */
type Basis = 'identity' | 'resource';

export type Verdict =
  | {
      readonly kind: 'allowed' | 'explicit-deny';
      readonly statement: Statement;
      /** The statement's pattern that the resource falls under. */
      readonly pattern: string;
      /** Where the statement stands. */
      readonly basis: Basis;
    }
  | { readonly kind: 'implicit-deny' };

/**
 * Decides within one account: an explicit Deny anywhere wins, then an Allow of the caller's or the resource's
 * policies, else the call is denied. A service has no policies of its own; boundaries, session policies and
 * organizations do not exist here. Source: IAM user guide, "Policy evaluation logic".
 */
export function evaluateAccess(
  request: StatementRequest,
  statements: Readonly<Record<Basis, readonly Statement[]>>,
): Verdict {
  return (
    findStatement('Deny', request, statements) ??
    findStatement('Allow', request, statements) ?? { kind: 'implicit-deny' }
  );
}

/** The first statement with this effect that speaks of the call. */
function findStatement(
  effect: Statement['effect'],
  request: StatementRequest,
  statements: Readonly<Record<Basis, readonly Statement[]>>,
): Verdict | null {
  for (const basis of ['identity', 'resource'] as const) {
    for (const statement of statements[basis]) {
      const pattern = statement.effect === effect ? matchStatement(statement, request) : null;
      const kind = effect === 'Allow' ? 'allowed' : 'explicit-deny';
      if (pattern !== null) return { kind, statement, pattern, basis };
    }
  }
  return null;
}

/** Why a call is refused, worded as AWS words it. Source: IAM user guide, "Troubleshoot access denied error messages". */
export function denialSentence(request: StatementRequest, verdict: Verdict): string {
  const { principal, action, resource } = request;
  const caller = principal.kind === 'service' ? principal.service : principal.arn;
  const start = `User: ${caller} is not authorized to perform: ${action} on resource: ${resource}`;
  if (verdict.kind === 'explicit-deny') {
    const article = verdict.basis === 'identity' ? 'an identity' : 'a resource';
    return `${start} with an explicit deny in ${article}-based policy`;
  }
  const basis = principal.kind === 'service' ? 'resource' : 'identity';
  return `${start} because no ${basis}-based policy allows the ${action} action`;
}
