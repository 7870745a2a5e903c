import type { ConfigOrigins, ResolvedValue } from '#core/config/origin/origin.ts';
import type { Domain, Project } from '#core/config/project.ts';
import { checkBuffer } from '#core/plan/check-buffer.ts';
import { checkTemplates } from '#core/plan/check-names.ts';
import { checkWriter } from '#core/plan/check-writer.ts';
import type { LimitCheck } from '#core/plan/limit-check.ts';
import {
  countTypes,
  type StackTemplate,
  type Worker,
  workersOf,
} from '#core/plan/template-resources.ts';
import { formatRefusal, type GeneratedSchemas, type StreamChange } from './generate-schemas.ts';

export interface PlanRequest {
  readonly project: Project;
  readonly origins: ConfigOrigins;
  /** What `generate` would do now. */
  readonly schemas: GeneratedSchemas;
  readonly synthesis: Synthesis;
  /** Leaves the other domains out; null: all of them. */
  readonly domain: string | null;
}

/** The templates of an environment, or why there are none. */
export type Synthesis =
  | { readonly kind: 'done'; readonly templates: readonly StackTemplate[] }
  /** Schemas have to be generated first: templates hold table shapes. */
  | { readonly kind: 'outdated' }
  | { readonly kind: 'failed'; readonly problem: string };

/** What a deployment of one environment would be made from and create, and whether it fits its limits. */
export interface Plan {
  readonly environment: string;
  readonly domains: readonly string[];
  /** Every resolved value with its origin, secrets as they are written. */
  readonly values: readonly ResolvedValue[];
  readonly schemas: {
    /** Next versions that `generate` would make, legal or not, and how they differ from those before. */
    readonly changes: readonly StreamChange[];
    /** Files that `generate` would write. */
    readonly writes: readonly string[];
    /** Changes that are not legal, each with the rule it breaks and what would make it legal. */
    readonly refused: readonly string[];
  };
  /** Null while schemas have to be generated first, or when templates cannot be made. */
  readonly stacks: readonly StackPlan[] | null;
  /** Why templates cannot be made; null when they can, or nobody has tried. */
  readonly problem: string | null;
  readonly limits: readonly LimitCheck[];
  /** False when a limit is broken, a change is refused or templates cannot be made. */
  readonly ok: boolean;
}

export interface StackPlan {
  readonly name: string;
  readonly resources: number;
  /** Resources by CloudFormation type. */
  readonly types: Readonly<Record<string, number>>;
  /** Functions, schedules, rules and queues. */
  readonly workers: readonly Worker[];
}

/** Puts together what is known of an environment before it is deployed. Pure: needs no cloud. */
export function planProject(request: PlanRequest): Plan {
  const { project, synthesis } = request;
  const isShown = (name: string) => request.domain === null || request.domain === name;
  const domains = project.domains.filter(({ name }) => isShown(name));
  const templates = synthesis.kind === 'done' ? synthesis.templates : null;
  const shown = templates?.filter(({ stack }) => {
    const owner = ownerOf(stack, project);
    return owner === null || isShown(owner);
  });
  const problem = synthesis.kind === 'failed' ? synthesis.problem : null;
  const limits = [
    ...domains.flatMap((domain) => [
      ...checkBuffer(project.environment.name, domain),
      ...checkWriter(domain),
    ]),
    ...(shown === undefined ? [] : checkTemplates(shown)),
  ];
  const refused = request.schemas.refused
    .filter(({ file }) => isAbout(file, project.domains, isShown))
    .map(formatRefusal);
  return {
    environment: project.environment.name,
    domains: domains.map(({ name }) => name),
    values: Object.values(request.origins).filter(
      ({ path }) => path[0] !== 'domains' || isShown(String(path[1])),
    ),
    schemas: {
      changes: request.schemas.changes.filter((change) => isShown(change.domain)),
      writes: request.schemas.writes
        .map(({ path }) => path)
        .filter((file) => isAbout(file, project.domains, isShown)),
      refused,
    },
    stacks: shown === undefined ? null : shown.map(planStack),
    problem,
    limits,
    ok: problem === null && refused.length === 0 && limits.every(({ state }) => state !== 'broken'),
  };
}

function planStack(template: StackTemplate): StackPlan {
  return {
    name: template.stack,
    resources: template.resources.length,
    types: countTypes(template),
    workers: workersOf(template),
  };
}

/** The domain a stack belongs to; null for those of the whole environment. */
function ownerOf(stack: string, { platform, environment, domains }: Project): string | null {
  const owners = domains.filter(({ name }) =>
    stack.startsWith(`${platform.name}-${environment.name}-${name.replaceAll('_', '-')}-`),
  );
  // `market` and `market_eu`: the longer name is the more exact one.
  return owners.toSorted((a, b) => b.name.length - a.name.length)[0]?.name ?? null;
}

/** False for a file of a domain that is not shown: `domains/<name>.yaml`, `schemas/…/<name>/…`. */
function isAbout(
  file: string,
  domains: readonly Domain[],
  isShown: (name: string) => boolean,
): boolean {
  const owner = domains.find(
    ({ name }) => file === `domains/${name}.yaml` || file.split('/').includes(name),
  );
  return owner === undefined || isShown(owner.name);
}
