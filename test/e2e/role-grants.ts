import { loadAssembly } from '#embedded/assembly/load-assembly.ts';
import { planStack, type SharedValues } from '#embedded/assembly/plan-stack.ts';
import { createProblems } from '#embedded/assembly/problems.ts';

/** One action on one resource that a policy of a role allows. */
export interface Grant {
  readonly role: string;
  readonly policy: string;
  readonly action: string;
  /** With every intrinsic function evaluated. */
  readonly resource: string;
}

export interface TemplateRoles {
  readonly roles: readonly string[];
  readonly grants: readonly Grant[];
  readonly functions: readonly string[];
}

interface RoleProperties {
  readonly Policies?: readonly Policy[];
}
interface Policy {
  readonly PolicyName?: string;
  readonly PolicyDocument: {
    readonly Statement: readonly {
      readonly Action: string | readonly string[];
      readonly Resource: string | readonly string[];
    }[];
  };
  readonly Roles?: readonly string[];
}

/** Roles, what they may do, and functions, as the templates of an assembly have them. */
export function readTemplateRoles(assemblyDir: string): TemplateRoles {
  const problems = createProblems();
  const shared: SharedValues = {
    exports: new Map(),
    outputs: new Map(),
    endpoint: 'http://127.0.0.1:4566',
  };
  const resources = loadAssembly(assemblyDir).stacks.flatMap(
    (stack) => planStack(stack, shared, problems).resources,
  );
  if (problems.lines.length > 0) throw new Error(problems.lines.join('\n'));
  const ofType = (type: string) => resources.filter(({ typeName }) => typeName === type);
  const inline = ofType('AWS::IAM::Role').flatMap((role) =>
    ((role.properties as RoleProperties).Policies ?? []).flatMap((policy) =>
      grantsOf(policy, role.parsed.identity.ref),
    ),
  );
  const attached = [...ofType('AWS::IAM::Policy'), ...ofType('AWS::IAM::ManagedPolicy')].flatMap(
    (policy) => {
      const properties = policy.properties as Policy;
      return (properties.Roles ?? []).flatMap((role) => grantsOf(properties, role));
    },
  );
  return {
    roles: ofType('AWS::IAM::Role').map(({ parsed }) => parsed.identity.ref),
    grants: [...inline, ...attached],
    functions: ofType('AWS::Lambda::Function').map(({ parsed }) => parsed.identity.ref),
  };
}

function grantsOf(policy: Policy, role: string): Grant[] {
  return policy.PolicyDocument.Statement.flatMap(({ Action, Resource }) =>
    [Action].flat().flatMap((action) =>
      [Resource].flat().map((resource) => ({
        role,
        policy: policy.PolicyName ?? 'managed policy',
        action,
        resource,
      })),
    ),
  );
}
