import { createHash } from 'node:crypto';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../services.ts';
import { evaluateCondition, NO_VALUE, resolveValue, type Scope, UNRESOLVED } from './intrinsics.ts';
import type { AssemblyStack } from './load-assembly.ts';
import { joinPath, type Problems } from './problems.ts';
import type { ParsedResource, ResourcePlace, ResourceType } from './resource-type.ts';
import { resourceType } from './resource-types.ts';
import { readTemplate, type Template, type TemplateResource } from './template.ts';

/** A resource that can be created: understood, and with every value known. */
export interface PlannedResource {
  readonly place: ResourcePlace;
  readonly typeName: string;
  readonly type: ResourceType;
  /** Properties with every intrinsic function evaluated. */
  readonly properties: unknown;
  readonly retained: boolean;
  readonly parsed: ParsedResource;
}

export interface StackPlan {
  readonly name: string;
  /** A resource comes after those it refers to. */
  readonly resources: readonly PlannedResource[];
  /** Outputs made for people and tools; those that only feed other stacks' imports are left out. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** What the stacks planned so far offer to those after them, and where all of them are deployed. */
export interface SharedValues {
  /** `http://127.0.0.1:port` of the local cloud. */
  readonly endpoint: string;
  readonly exports: Map<string, unknown>;
  /** `stack/output` to value. */
  readonly outputs: Map<string, unknown>;
}

/**
 * Evaluates a stack without creating anything: names and ARNs follow from the template alone, so every reference
 * is known beforehand and every problem is found before the first resource exists.
 */
export function planStack(
  stack: AssemblyStack,
  shared: SharedValues,
  problems: Problems,
): StackPlan {
  return new StackPlanner(stack, shared, problems).plan();
}

/** Largest name that every service takes (S3 bucket). */
const MAX_GENERATED_NAME = 63;

const PSEUDO_PARAMETERS: Readonly<Record<string, unknown>> = {
  'AWS::AccountId': LOCAL_ACCOUNT,
  'AWS::Region': LOCAL_REGION,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::NoValue': NO_VALUE,
};

/** Null: planned, but not understood; references to it stay silent because the cause is reported already. */
type Outcome = PlannedResource | null;

class StackPlanner implements Scope {
  readonly region = LOCAL_REGION;
  readonly #stack: AssemblyStack;
  readonly #shared: SharedValues;
  readonly #problems: Problems;
  readonly #template: Template;
  readonly #outcomes = new Map<string, Outcome>();
  readonly #inProgress = new Set<string>();

  constructor(stack: AssemblyStack, shared: SharedValues, problems: Problems) {
    this.#stack = stack;
    this.#shared = shared;
    this.#problems = problems;
    this.#template = readTemplate(stack.name, stack.template, problems);
  }

  plan(): StackPlan {
    const { name } = this.#stack;
    for (const [logicalId, resource] of this.#template.resources) {
      if (this.#exists(resource.condition, `${name}/${logicalId}`)) {
        this.#resource(logicalId, `${name}/${logicalId}`);
      }
    }
    const outputs = this.#planOutputs();
    // A resource enters the map when it is complete, so after everything it refers to.
    const resources = [...this.#outcomes.values()].filter((outcome) => outcome !== null);
    return { name, resources, outputs };
  }

  report(where: string, message: string): void {
    this.#problems.add(where, message);
  }

  reference(name: string, where: string): unknown {
    if (Object.hasOwn(PSEUDO_PARAMETERS, name)) return PSEUDO_PARAMETERS[name];
    if (name === 'AWS::StackName') return this.#stack.name;
    const parameter = this.#template.parameters.get(name);
    if (parameter !== undefined) return parameter;
    const resource = this.#resource(name, where);
    return resource === null ? UNRESOLVED : resource.parsed.identity.ref;
  }

  attribute(logicalId: string, name: string, where: string): unknown {
    const resource = this.#resource(logicalId, where);
    if (resource === null) return UNRESOLVED;
    const { attributes } = resource.parsed.identity;
    if (Object.hasOwn(attributes, name)) return attributes[name];
    this.report(where, `the local cloud does not know attribute ${name} of ${resource.typeName}`);
    return UNRESOLVED;
  }

  condition(name: string, where: string): boolean | typeof UNRESOLVED {
    const key = `condition ${name}`;
    const expression = this.#template.conditions.get(name);
    if (expression === undefined || this.#inProgress.has(key)) {
      const problem = expression === undefined ? 'does not exist' : 'refers to itself';
      this.report(where, `condition ${name} ${problem}`);
      return UNRESOLVED;
    }
    this.#inProgress.add(key);
    const holds = evaluateCondition(expression, this, `${this.#stack.name}/${name}`);
    this.#inProgress.delete(key);
    return holds;
  }

  exported(name: string, where: string): unknown {
    if (this.#shared.exports.has(name)) return this.#shared.exports.get(name);
    this.report(where, `no stack deployed before this one exports "${name}"`);
    return UNRESOLVED;
  }

  stackOutput(stack: string, output: string, where: string): unknown {
    const key = `${stack}/${output}`;
    if (this.#shared.outputs.has(key)) return this.#shared.outputs.get(key);
    this.report(where, `no stack deployed before this one has the output ${key}`);
    return UNRESOLVED;
  }

  #exists(condition: string | null, where: string): boolean {
    return condition === null || this.condition(condition, where) === true;
  }

  /** Plans a resource at its first mention, after what it depends on. */
  #resource(logicalId: string, where: string): Outcome {
    const known = this.#outcomes.get(logicalId);
    if (known !== undefined) return known;
    const resource = this.#template.resources.get(logicalId);
    if (resource === undefined) {
      this.report(where, `the template has no resource or parameter "${logicalId}"`);
      return null;
    }
    if (this.#inProgress.has(logicalId)) {
      this.report(where, `circular reference through ${logicalId}`);
      return null;
    }
    if (!this.#exists(resource.condition, where)) {
      this.report(where, `refers to ${logicalId}, whose condition does not hold`);
      return null;
    }
    this.#inProgress.add(logicalId);
    const outcome = this.#planResource(logicalId, resource);
    this.#inProgress.delete(logicalId);
    this.#outcomes.set(logicalId, outcome);
    return outcome;
  }

  #planResource(logicalId: string, resource: TemplateResource): Outcome {
    const where = `${this.#stack.name}/${logicalId}`;
    for (const dependency of resource.dependsOn) {
      this.#resource(dependency, `${where}.DependsOn`);
    }
    const properties = resolveValue(resource.properties, this, where);
    const type = resourceType(resource.type);
    if (type === null) {
      this.report(where, `the local cloud does not emulate ${resource.type}`);
      return null;
    }
    const place: ResourcePlace = {
      stack: this.#stack.name,
      logicalId,
      generatedName: generatedName(this.#stack.name, logicalId),
      assets: this.#stack.assets,
      endpoint: this.#shared.endpoint,
    };
    const parsed = type.parse(properties, place);
    // A value that could not be resolved has been reported where it stands.
    for (const { about, path, message } of parsed.problems) {
      if (about === 'value' && leadsToUnresolved(properties, path)) continue;
      this.report(joinPath(where, path), message);
    }
    if (parsed.resource === null) return null;
    const { retained } = resource;
    return {
      place,
      typeName: resource.type,
      type,
      properties,
      retained,
      parsed: parsed.resource,
    };
  }

  #planOutputs(): Readonly<Record<string, string>> {
    const outputs: Record<string, string> = {};
    for (const [name, output] of this.#template.outputs) {
      const where = `${this.#stack.name}/${name}`;
      if (!this.#exists(output.condition, where)) continue;
      const value = resolveValue(output.value, this, `${where}.Value`);
      this.#shared.outputs.set(`${this.#stack.name}/${name}`, value);
      if (output.exportName !== null) this.#export(output.exportName, value, where);
      else if (value !== UNRESOLVED) outputs[name] = String(value);
    }
    return outputs;
  }

  #export(exportName: unknown, value: unknown, where: string): void {
    const name = resolveValue(exportName, this, `${where}.Export.Name`);
    if (typeof name !== 'string') return;
    if (this.#shared.exports.has(name)) this.report(where, `"${name}" is exported twice`);
    this.#shared.exports.set(name, value);
  }
}

function generatedName(stack: string, logicalId: string): string {
  const hash = createHash('sha256').update(`${stack}/${logicalId}`).digest('hex').slice(0, 8);
  const readable = `${stack}-${logicalId}`.toLowerCase().slice(0, MAX_GENERATED_NAME - 9);
  return `${readable}-${hash}`;
}

/** True when the value at a path, or one it lies in or holds, could not be resolved. */
function leadsToUnresolved(root: unknown, path: readonly PropertyKey[]): boolean {
  let value = root;
  for (const segment of path) {
    if (value === UNRESOLVED) return true;
    if (value === null || typeof value !== 'object') return false;
    value = (value as Record<PropertyKey, unknown>)[segment];
  }
  return holdsUnresolved(value);
}

function holdsUnresolved(value: unknown): boolean {
  if (value === UNRESOLVED) return true;
  return value !== null && typeof value === 'object' && Object.values(value).some(holdsUnresolved);
}
