import { SluiceError } from '#core/errors.ts';
import { changedValues } from './changed-values.ts';
import {
  type DeployedResource,
  type DeployedResources,
  readDeployedResources,
  writeDeployedResources,
} from './deployed-resources.ts';
import type { Assembly } from './load-assembly.ts';
import {
  type PlannedResource,
  planStack,
  type SharedValues,
  type StackPlan,
} from './plan-stack.ts';
import { createProblems, joinPath, type Problems } from './problems.ts';
import type { AssemblyServices } from './resource-type.ts';

export interface DeployOptions {
  /** Folder that remembers what was deployed. */
  readonly stateDir: string;
  /** `http://127.0.0.1:port` that functions call. */
  readonly endpoint: string;
  readonly log: (line: string) => void;
}

export interface Deployment {
  readonly stacks: readonly { readonly name: string; readonly resources: number }[];
  /** Stack name to output name to value. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly seconds: number;
}

/**
 * Deploys a synthesized cloud assembly into the emulated services, stack after stack in dependency order.
 * Everything is evaluated first: a resource type, property, value or intrinsic function that is not understood, or a
 * change of a frozen resource, throws FEATURE_UNSUPPORTED with all problems, and nothing has been created.
 * Calling it again with the same assembly changes nothing.
 */
export async function deployAssembly(
  assembly: Assembly,
  services: AssemblyServices,
  options: DeployOptions,
): Promise<Deployment> {
  const startedMs = performance.now();
  const problems = createProblems();
  const plans = planStacks(assembly, options.endpoint, problems);
  const deployed = readDeployedResources(options.stateDir);
  for (const plan of plans) checkFrozenResources(plan, deployed, problems);
  if (problems.lines.length > 0) throw refusal(assembly, problems);

  const current = new Map(deployed);
  for (const key of removedKeys(plans, deployed)) forgetRemoved(key, current, options.log);
  for (const plan of plans) {
    for (const resource of plan.resources) {
      await ensureResource(resource, services, options.endpoint);
      current.set(resourceKey(resource), recordOf(resource));
    }
    writeDeployedResources(options.stateDir, current);
  }
  return {
    stacks: plans.map(({ name, resources }) => ({ name, resources: resources.length })),
    outputs: Object.fromEntries(plans.map(({ name, outputs }) => [name, outputs])),
    seconds: (performance.now() - startedMs) / 1000,
  };
}

function planStacks(assembly: Assembly, endpoint: string, problems: Problems): StackPlan[] {
  const shared: SharedValues = { endpoint, exports: new Map(), outputs: new Map() };
  return assembly.stacks.map((stack) => planStack(stack, shared, problems));
}

function refusal(assembly: Assembly, problems: Problems): SluiceError {
  const { length } = problems.lines;
  return new SluiceError(
    'FEATURE_UNSUPPORTED',
    `cloud assembly ${assembly.directory}: ${length} ${length === 1 ? 'problem' : 'problems'}, nothing was deployed\n` +
      problems.lines.map((line) => `  ${line}`).join('\n'),
  );
}

/** A table's shape changes in its own metadata; a template that says otherwise has lost touch with it. */
function checkFrozenResources(
  plan: StackPlan,
  deployed: DeployedResources,
  problems: Problems,
): void {
  for (const resource of plan.resources) {
    const before = deployed.get(resourceKey(resource));
    if (!resource.type.frozen || before === undefined) continue;
    // The stored copy went through JSON; compare like with like.
    const after: unknown = JSON.parse(JSON.stringify(resource.properties));
    for (const change of changedValues(before.frozenProperties, after)) {
      problems.add(
        joinPath(resourceKey(resource), change.path),
        `${resource.typeName} never changes after its creation: deployed as ${show(change.before)}, now ${show(change.after)}; ` +
          'restore the frozen shape (tables evolve through their Iceberg metadata) or delete the local state to start over',
      );
    }
  }
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}

function removedKeys(plans: readonly StackPlan[], deployed: DeployedResources): string[] {
  const planned = new Set(plans.flatMap((plan) => plan.resources.map(resourceKey)));
  return [...deployed.keys()].filter((key) => !planned.has(key));
}

/**
 * Nothing is deleted here, whatever the policy: local data goes when its state folder goes. A retained resource stays
 * on record, so that it cannot come back in another shape.
 */
function forgetRemoved(
  key: string,
  deployed: Map<string, DeployedResource>,
  log: (line: string) => void,
): void {
  const record = deployed.get(key);
  if (record === undefined) return;
  const { type, name, retained } = record;
  if (!retained) deployed.delete(key);
  const consequence = retained ? 'kept (its policy is Retain)' : 'no longer deployed';
  log(`${key}: ${type} ${name} is gone from the assembly: ${consequence}`);
}

async function ensureResource(
  resource: PlannedResource,
  services: AssemblyServices,
  endpoint: string,
): Promise<void> {
  const { place, parsed } = resource;
  try {
    await parsed.ensure({ services, identity: parsed.identity, place, endpoint });
  } catch (cause) {
    throw new SluiceError(
      cause instanceof SluiceError ? cause.code : 'FEATURE_UNSUPPORTED',
      `${resourceKey(resource)}: cannot deploy ${resource.typeName} ${parsed.identity.ref}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

function resourceKey(resource: PlannedResource): string {
  return `${resource.place.stack}/${resource.place.logicalId}`;
}

function recordOf(resource: PlannedResource): DeployedResource {
  return {
    type: resource.typeName,
    name: resource.parsed.identity.ref,
    retained: resource.retained,
    frozenProperties: resource.type.frozen ? resource.properties : null,
  };
}
