import { type IamService, LOCAL_ACCOUNT, type RolePrincipal } from '#embedded/services.ts';

/** A call that the role of a function does not allow; the message is AWS's sentence. */
export class AccessDeniedError extends Error {}

export type RoleCalls = Pick<IamService, 'assumeRole' | 'authorize'>;

/** Calls that Lambda makes in the execution role of a function, each decided and counted by IAM. */
export class PlatformAccess {
  readonly #iam: RoleCalls | undefined;
  readonly #roleArnOf: (functionName: string) => string | null;

  /** Without IAM, or for a function without a role, everything is allowed. */
  constructor(iam: RoleCalls | undefined, roleArnOf: (functionName: string) => string | null) {
    this.#iam = iam;
    this.#roleArnOf = roleArnOf;
  }

  /** ARN of the execution role, which events name as their reader. */
  roleArn(functionName: string): string {
    return this.#roleArnOf(functionName) ?? `arn:aws:iam::${LOCAL_ACCOUNT}:role/${functionName}`;
  }

  /** Throws AccessDeniedError when the function's role may not make the call. */
  require(functionName: string, action: string, resource: string): void {
    const roleArn = this.#roleArnOf(functionName);
    if (this.#iam === undefined || roleArn === null) return;
    const principal = assume(this.#iam, roleArn);
    const { allowed, reason } = this.#iam.authorize({ principal, action, resource });
    if (!allowed) throw new AccessDeniedError(reason);
  }
}

function assume(iam: RoleCalls, roleArn: string): RolePrincipal {
  try {
    const service = 'lambda.amazonaws.com';
    return iam.assumeRole({ roleArn, service, sessionName: 'awslambda' });
  } catch {
    throw new AccessDeniedError('The role defined for the function cannot be assumed by Lambda.');
  }
}
