import {
  type AccessDecision,
  type AccessRequest,
  type IamCredentials,
  type IamService,
  LOCAL_ACCOUNT,
  type Principal,
  type RolePrincipal,
} from '#embedded/services.ts';
import { type CallJournal, createCallJournal } from './call-journal.ts';
import { denialSentence, evaluateAccess, type Verdict } from './evaluate-access.ts';
import { createCredentials, looksTemporary } from './issued-credentials.ts';
import { matchStatement, readStatements, type Statement } from './policy-statement.ts';

interface Role {
  readonly name: string;
  readonly arn: string;
  readonly trust: readonly Statement[];
  /** Policy name to statements. */
  readonly policies: Map<string, readonly Statement[]>;
}

interface Issued {
  readonly credentials: IamCredentials;
  readonly principal: RolePrincipal;
}

interface IamState {
  readonly rolesByArn: Map<string, Role>;
  readonly issued: Map<string, Issued>;
  /** Resource ARN to policy name to statements. */
  readonly resourcePolicies: Map<string, Map<string, readonly Statement[]>>;
  readonly journal: CallJournal;
}

/** Not even an explicit Deny keeps a caller from asking who it is. Source: AWS STS API reference, GetCallerIdentity. */
const NEEDS_NO_PERMISSION = 'sts:GetCallerIdentity';

const ADMINISTRATOR: Principal = {
  kind: 'administrator',
  arn: `arn:aws:iam::${LOCAL_ACCOUNT}:root`,
};

/**
 * Identities of the local cloud: roles and policies of the templates, temporary credentials, decisions, and a
 * journal of them. Everything lives in memory: the assembly brings it back at every start.
 */
export function createIamService(): IamService {
  const state: IamState = {
    rolesByArn: new Map(),
    issued: new Map(),
    resourcePolicies: new Map(),
    journal: createCallJournal(),
  };
  return {
    ensureRole: (role) => {
      const trust = readStatements({ name: 'trust policy', document: role.trust });
      const policies = new Map(role.policies.map((each) => [each.name, readStatements(each)]));
      state.rolesByArn.set(role.arn, { name: role.name, arn: role.arn, trust, policies });
    },
    ensureRolePolicy: (roleName, policy) => {
      const role = [...state.rolesByArn.values()].find(({ name }) => name === roleName);
      if (role === undefined) throw new Error(`Roles: there is no role ${roleName}`);
      role.policies.set(policy.name, readStatements(policy));
    },
    ensureResourcePolicy: (resourceArn, policy) => {
      const policies = state.resourcePolicies.get(resourceArn) ?? new Map();
      policies.set(policy.name, readStatements(policy));
      state.resourcePolicies.set(resourceArn, policies);
    },
    assumeRole: (request) => assumeRole(state, request),
    issueCredentials: (roleArn, sessionName) => {
      const credentials = createCredentials();
      const principal = rolePrincipal(requireRole(state, roleArn), sessionName);
      state.issued.set(credentials.accessKeyId, { credentials, principal });
      return credentials;
    },
    revokeCredentials: (accessKeyId) => void state.issued.delete(accessKeyId),
    principalOf: (accessKeyId) =>
      looksTemporary(accessKeyId)
        ? (state.issued.get(accessKeyId)?.principal ?? null)
        : ADMINISTRATOR,
    secretOf: (accessKeyId) =>
      looksTemporary(accessKeyId)
        ? (state.issued.get(accessKeyId)?.credentials.secretAccessKey ?? null)
        : accessKeyId,
    sessionTokenOf: (accessKeyId) =>
      state.issued.get(accessKeyId)?.credentials.sessionToken ?? null,
    authorize: (request) => authorize(state, request),
    refuse: (call) => refuse(state, call),
    journal: () => state.journal.records(),
  };
}

function requireRole(state: IamState, roleArn: string): Role {
  const role = state.rolesByArn.get(roleArn);
  if (role === undefined) throw new Error(`Role: there is no role ${roleArn}`);
  return role;
}

/** Source: AWS STS API reference, AssumedRoleUser. */
function rolePrincipal(role: Role, sessionName: string): RolePrincipal {
  const arn = `arn:aws:sts::${LOCAL_ACCOUNT}:assumed-role/${role.name}/${sessionName}`;
  return { kind: 'role', roleName: role.name, roleArn: role.arn, arn };
}

function assumeRole(
  state: IamState,
  request: Parameters<IamService['assumeRole']>[0],
): RolePrincipal {
  const role = requireRole(state, request.roleArn);
  // A trust policy speaks of its own role and names no resource.
  const trust = role.trust.map((statement) => ({ ...statement, resources: [role.arn] }));
  const call = {
    principal: { kind: 'service' as const, service: request.service },
    action: 'sts:AssumeRole',
    resource: role.arn,
    context: new Map(lowerCaseKeys(request.context)),
  };
  const statements = trust.filter((statement) => matchStatement(statement, call) !== null);
  const isTrusted =
    statements.length > 0 && statements.every((statement) => statement.effect === 'Allow');
  if (isTrusted) return rolePrincipal(role, request.sessionName);
  throw new Error(
    `Role: ${role.arn} cannot be assumed by ${request.service}: its AssumeRolePolicyDocument does not allow it`,
  );
}

function authorize(state: IamState, request: AccessRequest): AccessDecision {
  const { principal, action, resource } = request;
  if (principal.kind === 'administrator') {
    // The administrator's policy is `*` on `*`: what it was about is nobody's grant.
    const call = { principal: nameOf(principal), action, resource: '*', policy: null };
    state.journal.count({ ...call, allowed: true });
    return { allowed: true, reason: 'the administrator may do everything' };
  }
  if (action === NEEDS_NO_PERMISSION && principal.kind === 'role') {
    const call = { principal: nameOf(principal), action, resource: '*', policy: null };
    state.journal.count({ ...call, allowed: true });
    return { allowed: true, reason: `${action} needs no permission` };
  }
  const verdict = decide(state, request);
  const allowed = verdict.kind === 'allowed';
  state.journal.count({
    principal: nameOf(principal),
    action,
    resource: allowed ? verdict.pattern : resource,
    policy: verdict.kind === 'implicit-deny' ? null : verdict.statement.policy,
    allowed,
  });
  const reason = allowed
    ? `policy ${verdict.statement.policy} allows it`
    : denialSentence({ ...request, context: new Map() }, verdict);
  return { allowed, reason };
}

function refuse(
  state: IamState,
  { principal, action }: Pick<AccessRequest, 'principal' | 'action'>,
): AccessDecision {
  const call = { principal: nameOf(principal), action, resource: '*', policy: null };
  state.journal.count({ ...call, allowed: false });
  const caller = principal.kind === 'service' ? principal.service : principal.arn;
  const reason = `User: ${caller} is not authorized to perform: ${action}: the local cloud does not know which permissions it needs; name them in localstack/embedded/iam/actions`;
  return { allowed: false, reason };
}

/** As the journal names a caller. */
function nameOf(principal: Principal): string {
  switch (principal.kind) {
    case 'role':
      return principal.roleName;
    case 'service':
      return principal.service;
    case 'administrator':
      return 'administrator';
  }
}

function decide(state: IamState, request: AccessRequest): Verdict {
  const { principal, action, resource } = request;
  const context = new Map([
    ...(principal.kind === 'role'
      ? ([
          ['aws:principalarn', principal.roleArn],
          ['aws:principalaccount', LOCAL_ACCOUNT],
        ] as const)
      : []),
    // The gateway stands for the services' TLS endpoints; on the loopback interface it needs none itself.
    ['aws:securetransport', 'true'] as const,
    ['s3:tlsversion', '1.3'] as const,
    ...lowerCaseKeys(request.context),
  ]);
  const role = principal.kind === 'role' ? state.rolesByArn.get(principal.roleArn) : undefined;
  return evaluateAccess(
    { principal, action, resource, context },
    {
      identity: [...(role?.policies.values() ?? [])].flat(),
      resource: resourceStatements(state, resource),
    },
  );
}

/** A bucket's policy covers its objects. */
function resourceStatements(state: IamState, resource: string): readonly Statement[] {
  const owner = resource.startsWith('arn:aws:s3:::') ? (resource.split('/')[0] ?? '') : resource;
  return [...(state.resourcePolicies.get(owner)?.values() ?? [])].flat();
}

function lowerCaseKeys(
  context: Readonly<Record<string, string>> | undefined,
): readonly (readonly [string, string])[] {
  return Object.entries(context ?? {}).map(([key, value]) => [key.toLowerCase(), value] as const);
}
