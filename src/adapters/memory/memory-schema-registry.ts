import { SluiceError } from '#core/errors.ts';
import { definitionKey, parseDefinition } from '#core/schema/definition-text.ts';
import type { CompatibilityMode } from '#core/schema/evolution/compatibility-mode.ts';
import {
  describeRefusedDefinition,
  judgeDefinition,
} from '#core/schema/evolution/judge-definition.ts';
import { uuidV5 } from '#core/schema/schema-version-id.ts';
import type { WireFormat, WireSchemaId } from '#core/schema/wire-schema-id.ts';
import type { RegisteredSchemaVersion, SchemaRegistry } from '#ports/schema-registry.ts';

interface Subject {
  compatibility: CompatibilityMode;
  readonly versions: RegisteredSchemaVersion[];
}

/** Any namespace: ids of this registry are in nobody's records but a test's. */
const NAMESPACE = '5d2f8a34-1d6b-4a55-9a52-0c6b1f1f2b11';

/** SchemaRegistry in memory, with ids of either kind. */
export class MemorySchemaRegistry implements SchemaRegistry {
  readonly wireFormat: WireFormat;
  readonly #subjects = new Map<string, Subject>();
  readonly #byId = new Map<WireSchemaId, RegisteredSchemaVersion>();
  /** Definition to id: Confluent's registry gives one definition one id, under whatever subject. */
  readonly #ids = new Map<string, WireSchemaId>();

  constructor(wireFormat: WireFormat = 'glue') {
    this.wireFormat = wireFormat;
  }

  async register(
    subject: string,
    definition: string,
    options: { readonly compatibility?: CompatibilityMode } = {},
  ): Promise<RegisteredSchemaVersion> {
    const existing = this.#find(subject, definition);
    if (existing !== null) return existing;
    const next = parseDefinition(definition);
    const entry = this.#subjects.get(subject) ?? {
      compatibility: options.compatibility ?? 'BACKWARD',
      versions: [],
    };
    this.#check(subject, entry, next);
    const version = entry.versions.length + 1;
    const registered = {
      id: this.#idOf(subject, version, definition),
      subject,
      version,
      definition,
    };
    this.#subjects.set(subject, entry);
    entry.versions.push(registered);
    if (!this.#byId.has(registered.id)) this.#byId.set(registered.id, registered);
    return registered;
  }

  #check(subject: string, { compatibility, versions }: Subject, next: unknown): void {
    if (compatibility === 'DISABLED' && versions.length > 0) {
      throw incompatible(subject, 'it takes no new version');
    }
    const earlier = versions.map(({ definition }) => parseDefinition(definition));
    const [first] = judgeDefinition(compatibility, next, earlier);
    if (first === undefined) return;
    throw incompatible(subject, describeRefusedDefinition(first, first.against + 1));
  }

  #idOf(subject: string, version: number, definition: string): WireSchemaId {
    if (this.wireFormat === 'glue')
      return uuidV5(NAMESPACE, `${subject}/${version}\n${definition}`);
    const key = definitionKey(definition);
    const id = this.#ids.get(key) ?? String(this.#ids.size + 1);
    this.#ids.set(key, id);
    return id;
  }

  async lookup(subject: string, definition: string): Promise<WireSchemaId | null> {
    return this.#find(subject, definition)?.id ?? null;
  }

  #find(subject: string, definition: string): RegisteredSchemaVersion | null {
    const key = definitionKey(definition);
    const versions = this.#subjects.get(subject)?.versions ?? [];
    return versions.find((version) => definitionKey(version.definition) === key) ?? null;
  }

  async get(id: WireSchemaId): Promise<RegisteredSchemaVersion | null> {
    return this.#byId.get(id) ?? null;
  }

  async versions(subject: string): Promise<readonly RegisteredSchemaVersion[]> {
    return [...(this.#subjects.get(subject)?.versions ?? [])];
  }

  async compatibility(subject: string): Promise<CompatibilityMode | null> {
    return this.#subjects.get(subject)?.compatibility ?? null;
  }

  async setCompatibility(subject: string, mode: CompatibilityMode): Promise<void> {
    const entry = this.#subjects.get(subject);
    if (entry === undefined) {
      throw new SluiceError(
        'SCHEMA_UNKNOWN',
        `the registry has no subject ${subject}; register a version first`,
      );
    }
    entry.compatibility = mode;
  }
}

function incompatible(subject: string, reason: string): SluiceError {
  return new SluiceError(
    'SCHEMA_INCOMPATIBLE',
    `the registry refuses the definition of ${subject}: ${reason}; change it, or the subject's compatibility`,
  );
}
