import { z } from 'zod';
import { pageOf, readMembers } from '#embedded/gateway/json-members.ts';
import { AwsError, type JsonOperation } from '#embedded/gateway/json-protocol.ts';
import type { NamedItems } from '#embedded/named-items.ts';
import { filterMatches, legacyFilters, parameterFilters } from './parameter-filters.ts';
import { splitSelector } from './parameter-name.ts';
import {
  describeParameter,
  newestVersion,
  type ParameterVersion,
  type StoredParameter,
  viewParameter,
} from './stored-parameter.ts';

const name = z.string().min(1).max(2048);
const decryption = z.boolean().default(false);

const getParameter = z.strictObject({ Name: name, WithDecryption: decryption });
const getParameters = z.strictObject({
  Names: z.array(name).min(1).max(10),
  WithDecryption: decryption,
});
const getByPath = z.strictObject({
  Path: name,
  Recursive: z.boolean().default(false),
  ParameterFilters: parameterFilters.optional(),
  WithDecryption: decryption,
  MaxResults: z.int().min(1).max(10).default(10),
  NextToken: z.string().optional(),
});
const describe = z.strictObject({
  Filters: legacyFilters.optional(),
  ParameterFilters: parameterFilters.optional(),
  MaxResults: z.int().min(1).max(50).default(50),
  NextToken: z.string().optional(),
});
const history = z.strictObject({
  Name: name,
  WithDecryption: decryption,
  MaxResults: z.int().min(1).max(50).default(50),
  NextToken: z.string().optional(),
});

/** Source: Systems Manager API reference, one page per operation. */
export function readOperations(
  parameters: NamedItems<StoredParameter>,
): Readonly<Record<string, JsonOperation>> {
  return {
    GetParameter(input) {
      const request = readMembers(getParameter, input);
      const found = findVersion(parameters, request.Name);
      if (found === null) throw notFound(request.Name);
      return { Parameter: viewFound(found, request.WithDecryption) };
    },
    GetParameters(input) {
      const request = readMembers(getParameters, input);
      const found = request.Names.map((each) => ({ each, found: findQuietly(parameters, each) }));
      return {
        Parameters: found.flatMap((entry) =>
          entry.found === null ? [] : [viewFound(entry.found, request.WithDecryption)],
        ),
        InvalidParameters: found.flatMap((entry) => (entry.found === null ? [entry.each] : [])),
      };
    },
    GetParametersByPath: (input) => byPath(parameters, readMembers(getByPath, input)),
    DescribeParameters(input) {
      const request = readMembers(describe, input);
      if (request.Filters !== undefined && request.ParameterFilters !== undefined) {
        throw new AwsError(
          'ValidationException',
          'You can use either Filters or ParameterFilters in a single request.',
        );
      }
      const filters = request.ParameterFilters ?? request.Filters ?? [];
      const matching = parameters
        .list()
        .filter((parameter) => filters.every((filter) => filterMatches(parameter, filter)));
      const { page, nextToken } = paged(matching, request);
      return { Parameters: page.map(describeParameter), ...nextToken };
    },
    GetParameterHistory(input) {
      const request = readMembers(history, input);
      const parameter = parameters.get(splitSelector(request.Name).name);
      if (parameter === null) throw notFound(request.Name);
      const { page, nextToken } = paged(parameter.versions, request);
      return {
        Parameters: page.map((version) => ({
          ...withoutArn(describeParameter({ ...parameter, versions: [version] })),
          Value: viewParameter(parameter, version, {
            decrypt: request.WithDecryption,
            selector: null,
          })['Value'],
          Labels: [],
        })),
        ...nextToken,
      };
    },
  };
}

function paged<T>(
  items: readonly T[],
  request: { readonly MaxResults: number; readonly NextToken?: string | undefined },
): { readonly page: readonly T[]; readonly nextToken: { readonly NextToken?: string } } {
  const { page, nextToken } = pageOf(
    items,
    { limit: request.MaxResults, token: request.NextToken },
    () => new AwsError('InvalidNextToken', 'The specified token is not valid.'),
  );
  return { page, nextToken: nextToken === undefined ? {} : { NextToken: nextToken } };
}

interface Found {
  readonly parameter: StoredParameter;
  readonly version: ParameterVersion;
  readonly selector: string | null;
}

/** Null for a parameter that does not exist. Throws ParameterVersionNotFound for a version that does not. */
function findVersion(parameters: NamedItems<StoredParameter>, written: string): Found | null {
  const { name: plain, selector } = splitSelector(written);
  const parameter = parameters.get(plain);
  if (parameter === null) return null;
  if (selector === null) return { parameter, version: newestVersion(parameter), selector };
  const version = parameter.versions.find((each) => `:${each.version}` === selector);
  if (version !== undefined) return { parameter, version, selector };
  throw new AwsError(
    'ParameterVersionNotFound',
    `Systems Manager could not find version ${selector.slice(1)} of ${plain}. Verify the version and try again.`,
  );
}

function findQuietly(parameters: NamedItems<StoredParameter>, written: string): Found | null {
  try {
    return findVersion(parameters, written);
  } catch (error) {
    if (error instanceof AwsError) return null;
    throw error;
  }
}

function viewFound({ parameter, version, selector }: Found, decrypt: boolean): unknown {
  return viewParameter(parameter, version, { decrypt, selector });
}

function byPath(
  parameters: NamedItems<StoredParameter>,
  request: z.infer<typeof getByPath>,
): unknown {
  if (!request.Path.startsWith('/')) {
    throw new AwsError(
      'ValidationException',
      'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/".',
    );
  }
  const prefix = request.Path.endsWith('/') ? request.Path : `${request.Path}/`;
  const below = parameters
    .list()
    .filter((parameter) => parameter.name.startsWith(prefix))
    .filter((parameter) => request.Recursive || !parameter.name.slice(prefix.length).includes('/'))
    .filter((parameter) =>
      (request.ParameterFilters ?? []).every((filter) => filterMatches(parameter, filter)),
    );
  const { page, nextToken } = paged(below, request);
  return {
    Parameters: page.map((parameter) =>
      viewParameter(parameter, newestVersion(parameter), {
        decrypt: request.WithDecryption,
        selector: null,
      }),
    ),
    ...nextToken,
  };
}

export function notFound(written: string): AwsError {
  return new AwsError('ParameterNotFound', `Parameter ${written} not found.`);
}

/** Source: Systems Manager API reference, ParameterHistory. */
function withoutArn({
  ARN: _arn,
  ...members
}: ReturnType<typeof describeParameter>): Readonly<Record<string, unknown>> {
  return members;
}
