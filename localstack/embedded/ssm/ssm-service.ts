import { z } from 'zod';
import { readMembers } from '#embedded/gateway/json-members.ts';
import { type JsonOperation, serveJson } from '#embedded/gateway/json-protocol.ts';
import { type NamedItems, openNamedItems } from '#embedded/named-items.ts';
import type { SsmService } from '#embedded/services.ts';
import { splitSelector } from './parameter-name.ts';
import { checkValue, put } from './put-parameter.ts';
import { notFound, readOperations } from './read-parameters.ts';
import { newestVersion, type StoredParameter } from './stored-parameter.ts';
import type { TemplateParameter } from './template-parameter.ts';

export interface SsmOptions {
  /** Folder of this service alone. */
  readonly stateDir: string;
  /** Milliseconds since the epoch. @default Date.now */
  readonly nowMs?: () => number;
}

/** Parameter Store of AWS Systems Manager as JSON 1.1. Values stand unencrypted below the state folder, which only its user may read. */
export function createSsmService({ stateDir, nowMs = Date.now }: SsmOptions): SsmService {
  const parameters = openNamedItems<StoredParameter>(stateDir);
  const operations = {
    PutParameter: (input: Record<string, unknown>) => put(parameters, input, nowMs()),
    ...readOperations(parameters),
    ...deleteOperations(parameters),
  };
  return {
    handle: (request, response) =>
      serveJson(operations, request, { response, contentType: 'application/x-amz-json-1.1' }),
    // Every change is on disk when its call returns.
    close: async () => {},
    ensureParameter: (parameter) => ensureParameter(parameters, parameter, nowMs()),
    keyOf(written) {
      const parameter = parameters.get(splitSelector(written).name);
      return parameter === null ? null : newestVersion(parameter).keyId;
    },
  };
}

const name = z.string().min(1).max(2048);
const deleteOne = z.strictObject({ Name: name });
const deleteSeveral = z.strictObject({ Names: z.array(name).min(1).max(10) });

function deleteOperations(
  parameters: NamedItems<StoredParameter>,
): Readonly<Record<string, JsonOperation>> {
  return {
    DeleteParameter(input) {
      const { Name } = readMembers(deleteOne, input);
      if (parameters.get(Name) === null) throw notFound(Name);
      parameters.delete(Name);
      return {};
    },
    DeleteParameters(input) {
      const { Names } = readMembers(deleteSeveral, input);
      const known = Names.filter((each) => parameters.get(each) !== null);
      for (const each of known) parameters.delete(each);
      return {
        DeletedParameters: known,
        InvalidParameters: Names.filter((each) => !known.includes(each)),
      };
    },
  };
}

/** A value that a client changed goes back to the template's, as CloudFormation would with the next update. */
function ensureParameter(
  parameters: NamedItems<StoredParameter>,
  template: TemplateParameter,
  nowMs: number,
): void {
  const existing = parameters.get(template.name);
  if (existing !== null && existing.type !== template.type) {
    throw new Error(
      `AWS::SSM::Parameter Type: ${template.name} is ${existing.type}, and a type cannot be changed; delete it or choose another name`,
    );
  }
  const tier = template.tier === 'Advanced' ? 'Advanced' : 'Standard';
  const { value, description, allowedPattern } = template;
  checkValue({ value, tier, allowedPattern });
  const before = existing === null ? null : newestVersion(existing);
  const wanted = { value, description, keyId: null, allowedPattern, tier } as const;
  const isSame =
    before !== null &&
    Object.entries(wanted).every(([key, item]) => before[key as keyof typeof wanted] === item);
  const version = { ...wanted, version: (before?.version ?? 0) + 1, modifiedMs: nowMs };
  parameters.put({
    name: template.name,
    type: template.type,
    tags: Object.entries(template.tags).map(([Key, Value]) => ({ Key, Value })),
    versions: isSame ? (existing?.versions ?? []) : [...(existing?.versions ?? []), version],
  });
}
