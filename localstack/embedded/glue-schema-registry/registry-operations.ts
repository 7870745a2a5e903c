import { AwsError, type JsonOperation } from '../gateway/json-protocol.ts';
import { optionalString, refuseUnknownMembers, requiredStructure } from '../glue/check-input.ts';
import { paginateByName } from '../glue/paginate.ts';
import type { RegistryDeps } from './register-version.ts';
import {
  DEFAULT_REGISTRY,
  notFound,
  registryArn,
  registryOf,
  requiredResourceName,
} from './request-members.ts';
import type { StoredRegistry } from './schema-registry-store.ts';

/** Operations about registries. Source: AWS Glue API, Schema registry. */
export function registryOperations(deps: RegistryDeps): Readonly<Record<string, JsonOperation>> {
  const { store, nowMs } = deps;
  const required = (input: Record<string, unknown>): StoredRegistry => {
    const name = registryOf(requiredStructure(input, 'RegistryId'));
    const registry = store.registry(name);
    if (registry === null) throw notFound(`Registry ${name}`);
    return registry;
  };
  return {
    CreateRegistry(input) {
      refuseUnknownMembers(input, ['RegistryName', 'Description', 'Tags'], 'CreateRegistry');
      const name = requiredResourceName(input, 'RegistryName');
      if (store.registry(name) !== null) {
        throw new AwsError(
          'AlreadyExistsException',
          `Registry already exists. RegistryName: ${name}`,
        );
      }
      const registry = createRegistry(deps, name, optionalString(input, 'Description') ?? '');
      return {
        RegistryArn: registryArn(name),
        RegistryName: name,
        Description: registry.description,
        Tags: input['Tags'] ?? {},
      };
    },
    GetRegistry(input) {
      return { ...describe(required(input)), Description: required(input).description };
    },
    ListRegistries(input) {
      const { page, nextToken } = paginateByName(store.registries(), input);
      return { Registries: page.map(describe), NextToken: nextToken };
    },
    UpdateRegistry(input) {
      const registry = required(input);
      const description = optionalString(input, 'Description') ?? '';
      store.putRegistry({ ...registry, description, updatedMs: nowMs() });
      return { RegistryName: registry.name, RegistryArn: registryArn(registry.name) };
    },
    DeleteRegistry(input) {
      const { name } = required(input);
      store.deleteRegistry(name);
      return { RegistryName: name, RegistryArn: registryArn(name), Status: 'DELETING' };
    },
  };
}

export function createRegistry(
  { store, nowMs, quotas }: RegistryDeps,
  name: string,
  description: string,
): StoredRegistry {
  // The default registry is AWS's own and counts for nobody.
  const count = store.registries().filter((registry) => registry.name !== DEFAULT_REGISTRY).length;
  if (count >= quotas.registries) {
    throw new AwsError(
      'ResourceNumberLimitExceededException',
      `Registries per account exceed ${quotas.registries}.`,
    );
  }
  const registry = { name, description, createdMs: nowMs(), updatedMs: nowMs() };
  store.putRegistry(registry);
  return registry;
}

function describe(registry: StoredRegistry) {
  return {
    RegistryName: registry.name,
    RegistryArn: registryArn(registry.name),
    Description: registry.description,
    Status: 'AVAILABLE',
    CreatedTime: new Date(registry.createdMs).toISOString(),
    UpdatedTime: new Date(registry.updatedMs).toISOString(),
  };
}
