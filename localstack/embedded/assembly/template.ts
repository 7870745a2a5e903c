import { z } from 'zod';
import type { Problems } from './problems.ts';

export interface TemplateResource {
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly dependsOn: readonly string[];
  readonly condition: string | null;
  /** True when deleting the resource from the template keeps what it holds. */
  readonly retained: boolean;
}

export interface TemplateOutput {
  readonly value: unknown;
  readonly exportName: unknown;
  readonly condition: string | null;
}

export interface Template {
  /** Value of each parameter: the local cloud takes the defaults. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly conditions: ReadonlyMap<string, unknown>;
  readonly resources: ReadonlyMap<string, TemplateResource>;
  readonly outputs: ReadonlyMap<string, TemplateOutput>;
}

const EMPTY: Template = {
  parameters: new Map(),
  conditions: new Map(),
  resources: new Map(),
  outputs: new Map(),
};

const section = z.record(z.string(), z.unknown()).default({});

const templateModel = z.looseObject({
  Parameters: z
    .record(
      z.string(),
      z.looseObject({ Type: z.string(), Default: z.union([z.string(), z.number()]).optional() }),
    )
    .default({}),
  Conditions: section,
  Rules: section,
  Resources: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Properties: section,
      DependsOn: z.union([z.string(), z.array(z.string())]).default([]),
      Condition: z.string().optional(),
      DeletionPolicy: z.enum(['Delete', 'Retain', 'RetainExceptOnCreate']).default('Delete'),
      UpdateReplacePolicy: z.enum(['Delete', 'Retain']).optional(),
    }),
  ),
  Outputs: z
    .record(
      z.string(),
      z.looseObject({
        Value: z.unknown(),
        Condition: z.string().optional(),
        Export: z.strictObject({ Name: z.unknown() }).optional(),
      }),
    )
    .default({}),
});
type RawTemplate = z.infer<typeof templateModel>;

const SECTIONS = [
  'AWSTemplateFormatVersion',
  'Description',
  'Metadata',
  'Parameters',
  'Conditions',
  'Rules',
  'Resources',
  'Outputs',
];
const RESOURCE_ATTRIBUTES = [
  'Type',
  'Properties',
  'DependsOn',
  'Condition',
  'Metadata',
  'DeletionPolicy',
  'UpdateReplacePolicy',
];
const PARAMETER_ATTRIBUTES = ['Type', 'Default', 'Description', 'AllowedValues', 'NoEcho'];
const OUTPUT_ATTRIBUTES = ['Value', 'Description', 'Export', 'Condition'];

/** The one rule that synthesis adds: the account was bootstrapped, which the local cloud needs not be. */
const BOOTSTRAP_RULE = 'CheckBootstrapVersion';

/** Parameter in which a bootstrapped account keeps its version. */
const BOOTSTRAP_PARAMETER = /^\/cdk-bootstrap\/[a-z0-9]+\/version$/;
/** Newer than any version a template asks for. */
const BOOTSTRAP_VERSION = '1000';

/**
 * Reads a template's sections; whatever has no meaning here is reported and left out, so that one call finds
 * every problem. Source: AWS CloudFormation, template anatomy.
 */
export function readTemplate(stack: string, json: unknown, problems: Problems): Template {
  const parsed = templateModel.safeParse(json);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      problems.add(`${stack}: ${issue.path.join('.')}`, `not a template: ${issue.message}`);
    }
    return EMPTY;
  }
  const raw = parsed.data;
  refuseUnknown(raw, SECTIONS, { where: stack, what: 'template section', problems });
  for (const name of Object.keys(raw.Rules)) {
    if (name !== BOOTSTRAP_RULE) {
      problems.add(`${stack}/${name}`, 'the local cloud does not evaluate template rules');
    }
  }
  return {
    parameters: readParameters(stack, raw, problems),
    conditions: new Map(Object.entries(raw.Conditions)),
    resources: readResources(stack, raw, problems),
    outputs: readOutputs(stack, raw, problems),
  };
}

function readParameters(
  stack: string,
  raw: RawTemplate,
  problems: Problems,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [name, parameter] of Object.entries(raw.Parameters)) {
    const where = `${stack}/${name}`;
    refuseUnknown(parameter, PARAMETER_ATTRIBUTES, {
      where,
      what: 'parameter attribute',
      problems,
    });
    const value = String(parameter.Default ?? '');
    if (parameter.Default === undefined) {
      problems.add(where, 'the parameter has no default and the local cloud asks for none');
    } else if (parameter.Type === 'String' || parameter.Type === 'Number') {
      values.set(name, value);
    } else if (
      parameter.Type === 'AWS::SSM::Parameter::Value<String>' &&
      BOOTSTRAP_PARAMETER.test(value)
    ) {
      values.set(name, BOOTSTRAP_VERSION);
    } else {
      problems.add(where, `the local cloud cannot read a parameter of type ${parameter.Type}`);
    }
  }
  return values;
}

function readResources(
  stack: string,
  raw: RawTemplate,
  problems: Problems,
): ReadonlyMap<string, TemplateResource> {
  const resources = new Map<string, TemplateResource>();
  for (const [logicalId, resource] of Object.entries(raw.Resources)) {
    refuseUnknown(resource, RESOURCE_ATTRIBUTES, {
      where: `${stack}/${logicalId}`,
      what: 'resource attribute',
      problems,
    });
    resources.set(logicalId, {
      type: resource.Type,
      properties: resource.Properties,
      dependsOn: [resource.DependsOn].flat(),
      condition: resource.Condition ?? null,
      retained: resource.DeletionPolicy !== 'Delete',
    });
  }
  return resources;
}

function readOutputs(
  stack: string,
  raw: RawTemplate,
  problems: Problems,
): ReadonlyMap<string, TemplateOutput> {
  const outputs = new Map<string, TemplateOutput>();
  for (const [name, output] of Object.entries(raw.Outputs)) {
    refuseUnknown(output, OUTPUT_ATTRIBUTES, {
      where: `${stack}/${name}`,
      what: 'output attribute',
      problems,
    });
    outputs.set(name, {
      value: output.Value,
      exportName: output.Export?.Name ?? null,
      condition: output.Condition ?? null,
    });
  }
  return outputs;
}

function refuseUnknown(
  value: object,
  known: readonly string[],
  options: { readonly where: string; readonly what: string; readonly problems: Problems },
): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    options.problems.add(
      `${options.where}.${key}`,
      `the local cloud does not know this ${options.what}`,
    );
  }
}
